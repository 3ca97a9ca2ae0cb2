// SPDX-License-Identifier: MIT
// expect: Policy: a room's flush_interval must not be negative
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;
using namespace std::chrono_literals;

struct Scores : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    static constexpr std::array room_kinds{RoomKind{"scores", {.flush_interval = 100ms}}};
#else
    static constexpr std::array room_kinds{RoomKind{"scores", {.flush_interval = -100ms}}};
#endif
};

Hub<Scores> hub;
