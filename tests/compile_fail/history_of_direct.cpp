// SPDX-License-Identifier: MIT
// expect: Policy: options make no sense
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Postman : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    static constexpr HubOptions options{.direct = {.max_lag_messages = 10}};
#else
    static constexpr HubOptions options{.direct = {.history_messages = 10}};
#endif
};

Hub<Postman> hub;
