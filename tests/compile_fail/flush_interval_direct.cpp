// SPDX-License-Identifier: MIT
// expect: Policy: options make no sense
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;
using namespace std::chrono_literals;

struct Scores : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    static constexpr RoomOptions room{.flush_interval = 100ms};
#else
    static constexpr HubOptions options{.direct = {.flush_interval = 100ms}};
#endif
};

Hub<Scores> hub;
