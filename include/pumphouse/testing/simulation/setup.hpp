// SPDX-License-Identifier: MIT
//
// Setup: what a simulation is made of, and how often what happens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <pumphouse/hub/options.hpp>
#include <pumphouse/testing/simulation/random.hpp>

namespace pumphouse::simulation {

/// How often each thing happens that a simulation brings along. 0: never.
struct Weights {
    std::uint64_t turn = 200;       // of one shard, half of the time with a small budget
    std::uint64_t time = 40;        // up to 0.6 s pass
    std::uint64_t long_time = 1;    // all runs dry, then up to a minute passes
    std::uint64_t dry = 2;          // everybody reads until all is quiet, and all is checked
    std::uint64_t connect = 40;
    std::uint64_t slow = 80;        // a peer stalls, reads in bits, or reads all
    std::uint64_t control = 7;      // a peer sends a ping, or a pong unasked
    std::uint64_t go = 1;           // a peer vanishes, closes, or breaks the protocol
    std::uint64_t unregister = 1;   // the host closes a client from outside
};

struct Setup {
    /// Empty: the policy's.
    std::optional<HubOptions> hub = {};

    /// Whether the limits of inbox and flush are drawn for each seed, small enough to be met.
    bool draws_limits = true;

    /// Each seed has 1 to so many shards. 0: as many as `hub` says.
    std::size_t max_shards = 4;

    /// People who may be there at once, besides observers: 3 to so many, drawn for each seed.
    std::size_t max_people = 14;

    /// People who may ever come; a run of many steps goes on without newcomers then.
    std::size_t max_visitors = 400;

    /// Clients who always read and answer, connected first, and left alone by what a simulation
    /// brings along: what they see is the whole.
    std::size_t observers = 0;

    Weights weights = {};
};

/// Limits that a run of some thousand steps meets.
inline void draw_limits(HubOptions& options, Random& random) {
    options.max_inbox_messages = random.between(8, 100);
    options.max_inbox_bytes = random.between(16 << 10, 512 << 10);
    options.max_unflushed_bytes = random.between(500, 20'000);
    options.flush_slice_clients = random.between(1, 9);
    options.flush_slice_bytes = random.between(50, 20'000);
}

}  // namespace pumphouse::simulation
