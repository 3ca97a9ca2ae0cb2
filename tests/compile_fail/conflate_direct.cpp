// SPDX-License-Identifier: MIT
// expect: Policy: options make no sense
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Prices : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    static constexpr HubOptions options{.direct = {.max_lag_messages = 10}};
#else
    static constexpr HubOptions options{.direct = {.overflow = Overflow::conflate}};
#endif
};

Hub<Prices> hub;
