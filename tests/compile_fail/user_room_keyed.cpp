// SPDX-License-Identifier: MIT
// expect: `user_room` is a user's devices
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Prices : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    static constexpr RoomOptions user_room{.max_members = 3};
#else
    static constexpr RoomOptions user_room{.keyed = true};
#endif
};

Hub<Prices> hub;
