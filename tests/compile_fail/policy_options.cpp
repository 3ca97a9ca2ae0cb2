// SPDX-License-Identifier: MIT
// expect: Policy: options make no sense
#include <pumphouse/pumphouse.hpp>

struct Chat : pumphouse::DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    static constexpr pumphouse::HubOptions options{.shards = 2};
#else
    static constexpr pumphouse::HubOptions options{.shards = 0};
#endif
};

pumphouse::Hub<Chat> hub;
