// SPDX-License-Identifier: MIT
// expect: Policy: history_age needs history_messages, and must not be negative
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Forgetful : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    static constexpr RoomOptions room{.history_messages = 100,
                                      .history_age = std::chrono::seconds{60}};
#else
    static constexpr RoomOptions room{.history_age = std::chrono::seconds{60}};
#endif
};

Hub<Forgetful> hub;
