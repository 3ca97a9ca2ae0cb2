// SPDX-License-Identifier: MIT
// expect: Policy: must not be final
#include <pumphouse/pumphouse.hpp>

#ifdef PUMPHOUSE_CONTROL
struct Chat : pumphouse::DefaultPolicy {};
#else
struct Chat final : pumphouse::DefaultPolicy {};
#endif

pumphouse::Hub<Chat> hub;
