// SPDX-License-Identifier: MIT
//
// The seam to what runs a shard: a driver calls `turn`, waits as the result says, and is woken
// by producers through its waker. Models: `ConditionDriver` (own threads), `AsioDriver` (the
// host's io_context), and the host itself with `hub.poll(budget)`, which needs no waker.
#pragma once

#include <cstddef>

#include <pumphouse/fwd.hpp>

namespace pumphouse {

/// Woken by any thread; once per burst, because only a push to a sleeping shard wakes.
/// The hub's core keeps it until the core itself ends, so that a late producer is harmless.
class Waker {
public:
    virtual ~Waker() = default;
    virtual void wake() noexcept = 0;
};

struct TurnBudget {
    static constexpr std::size_t unlimited = ~std::size_t{0};

    /// Units of work: a command taken in, a batch read from a client, a client written to, a
    /// timer fired, a hook told of a join or a close.
    std::size_t units = unlimited;

    /// Stop when the policy's clock has passed this moment; looked at every 32 units.
    Time until = Time::max();
};

struct TurnResult {
    std::size_t units = 0;           // done
    bool more = false;               // call again without waiting
    bool finished = false;           // the hub was shut down and every client is gone
    Time next_deadline = Time::max();  // when to call again if nothing wakes
};

}  // namespace pumphouse
