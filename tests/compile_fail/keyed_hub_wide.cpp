// SPDX-License-Identifier: MIT
// expect: keyed and conflate need a kind of their own in room_kinds
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Prices : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    static constexpr std::array room_kinds{RoomKind{"", {.keyed = true}}};
#else
    static constexpr RoomOptions room{.keyed = true};
#endif
};

Hub<Prices> hub;
