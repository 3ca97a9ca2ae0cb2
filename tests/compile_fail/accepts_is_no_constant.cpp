// SPDX-License-Identifier: MIT
// expect: Policy: accepts must be a constant
#include <pumphouse/pumphouse.hpp>

struct Chat : pumphouse::DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    static constexpr pumphouse::Accepts accepts = pumphouse::Accepts::text;
#else
    pumphouse::Accepts accepts = pumphouse::Accepts::text;
#endif
};

pumphouse::Hub<Chat> hub;
