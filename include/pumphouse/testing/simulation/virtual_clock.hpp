// SPDX-License-Identifier: MIT
//
// VirtualClock: time that passes when a simulation says so. A policy that asks the time outside
// of hooks uses it as its `clock`; what runs in turns is given the simulation's time anyhow.
#pragma once

#include <chrono>
#include <cstdint>

#include <pumphouse/fwd.hpp>

namespace pumphouse::simulation {

inline thread_local std::int64_t virtual_now = 0;  // nanoseconds

struct VirtualClock {
    static Time now() noexcept { return Time{std::chrono::nanoseconds{virtual_now}}; }
};

}  // namespace pumphouse::simulation
