// SPDX-License-Identifier: MIT
//
// What holds in every simulation when all is quiet, and at its end.
#pragma once

#include <chrono>
#include <cstddef>

#include <pumphouse/fwd.hpp>
#include <pumphouse/testing/simulation/virtual_clock.hpp>

namespace pumphouse::simulation::invariants {

/// Who is there has been pinged, or is being waited for: nobody who is dead stays.
template <typename S>
void check_heartbeats(S& simulation) {
    auto const& beat = simulation.hub().core()->options.heartbeat;
    if (beat.ping_interval == Duration::zero() || beat.pong_wait == Duration::zero()) return;
    // A pong's deadline may pass while a shard has no turn, and whatever is read first in its next
    // one proves life. Turns with a small budget may be late for a timer.
    constexpr auto lateness = longest_pause + std::chrono::seconds{10};
    auto const most = std::chrono::nanoseconds{beat.ping_interval + beat.pong_wait + lateness};
    for (auto const* person : simulation.living()) {
        if (!person->can_be_pinged || !simulation.is_open(*person)) continue;
        simulation.require(virtual_now - person->pinged_at <= most.count(),
                           "a client is neither pinged nor given up");
    }
}

/// Everybody was told of its end, and all was given back.
template <typename S>
void check_nothing_is_left(S& simulation) {
    for (auto const& person : simulation.people()) {
        simulation.require(person->opened == 1, "on_open did not run exactly once");
        simulation.require(person->closed == 1, "on_close did not run exactly once");
        simulation.require(person->peer->is_closed(), "a transport was not closed");
    }
    auto const& budget = simulation.hub().core()->budget;
    simulation.require(budget.messages() == 0, "messages of the budget were not given back");
    simulation.require(budget.bytes() == 0, "bytes of the budget were not given back");
    simulation.require(simulation.hub().client_count() == 0, "a slot was not given back");
    for (std::size_t i = 0; i < simulation.shard_count(); ++i) {
        auto const& shard = simulation.hub().shard(i);
        simulation.require(shard.logs().memory.in_use_bytes() == 0,
                           "memory of a log was not given back");
        simulation.require(shard.logs().unflushed_bytes == 0, "unflushed bytes are left over");
        simulation.require(shard.room_count() == 0, "a room was left over");
    }
}

}  // namespace pumphouse::simulation::invariants
