// SPDX-License-Identifier: MIT
// expect: Policy: a room needs max_lag_messages, max_lag_bytes or max_room_bytes
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Endless : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    static constexpr RoomOptions room{.max_lag_messages = 0, .max_lag_bytes = 0};
#else
    static constexpr RoomOptions room{
        .max_lag_messages = 0, .max_lag_bytes = 0, .max_room_bytes = 0};
#endif
};

Hub<Endless> hub;
