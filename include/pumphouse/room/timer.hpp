// SPDX-License-Identifier: MIT
//
// Timer: a place in a shard's timer wheel, part of whatever it is the deadline of.
#pragma once

#include <pumphouse/fwd.hpp>

namespace pumphouse {

struct Timer {
    bool is_set() const noexcept { return previous != nullptr; }

    Timer* next = nullptr;
    Timer* previous = nullptr;
    Time due = Time::max();
};

}  // namespace pumphouse
