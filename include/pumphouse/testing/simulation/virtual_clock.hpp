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

/// Less than this passes at a time, without a turn.
inline constexpr std::chrono::seconds longest_pause{60};

struct VirtualClock {
    static Time now() noexcept { return Time{std::chrono::nanoseconds{virtual_now}}; }
};

}  // namespace pumphouse::simulation
