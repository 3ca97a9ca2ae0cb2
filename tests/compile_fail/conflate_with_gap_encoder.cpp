// SPDX-License-Identifier: MIT
// expect: a room that conflates announces no gaps
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Prices : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    static constexpr std::array room_kinds{RoomKind{"prices", {.overflow = Overflow::conflate}}};
#else
    static constexpr std::array room_kinds{
        RoomKind{"prices", {.overflow = Overflow::conflate, .gap_encoder = silent}}};
#endif
};

Hub<Prices> hub;
