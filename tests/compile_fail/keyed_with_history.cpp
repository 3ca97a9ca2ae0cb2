// SPDX-License-Identifier: MIT
// expect: a keyed room keeps the newest value of each key and no history
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Prices : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    static constexpr std::array room_kinds{RoomKind{"prices", {.keyed = true}}};
#else
    static constexpr std::array room_kinds{
        RoomKind{"prices", {.keyed = true, .history_messages = 100}}};
#endif
};

Hub<Prices> hub;
