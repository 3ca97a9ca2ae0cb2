// SPDX-License-Identifier: MIT
// expect: unsubscribe needs a kind of its own in room_kinds
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Feed : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    static constexpr std::array room_kinds{RoomKind{"feed/", {.overflow = Overflow::unsubscribe}}};
#else
    static constexpr RoomOptions room{.overflow = Overflow::unsubscribe};
#endif
};

Hub<Feed> hub;
