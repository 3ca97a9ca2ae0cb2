// SPDX-License-Identifier: MIT
// expect: Policy: a room that skips needs a gap_encoder, or says silent
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Ticker : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    static constexpr std::array room_kinds{
        RoomKind{"ticker", {.overflow = Overflow::skip, .gap_encoder = silent}}};
#else
    static constexpr std::array room_kinds{RoomKind{"ticker", {.overflow = Overflow::skip}}};
#endif
};

Hub<Ticker> hub;
