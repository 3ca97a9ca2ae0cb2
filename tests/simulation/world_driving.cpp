// SPDX-License-Identifier: MIT
// How a world's shards are driven, and what must hold whatever the features are.
#include "world.hpp"

namespace simulation {

// As a driver does: who sleeps is run when woken or when its deadline has come, not else.
void World::run_shard(std::size_t index, pumphouse::TurnBudget budget) {
    Driven& driven = driven_[index];
    bool const is_due = driven.deadline <= hub_->now();
    if (!driven.waker->is_awake && !is_due) return;
    auto& shard = hub_->shard(index);
    auto const result = shard.turn(hub_->now(), budget);
    require(result.units <= budget.units, "a turn did more than its budget");
    driven.is_finished = result.finished;
    driven.deadline = result.next_deadline;
    driven.waker->is_awake = result.more || !shard.sleep();
}

bool World::is_any_awake() const {
    for (auto const& each : driven_) {
        if (each.waker->is_awake || each.deadline <= hub_->now()) return true;
    }
    return false;
}

void World::run_dry() {
    for (auto const& person : people) {
        person->peer->release(~std::uint64_t{0});
        person->peer->per_write = ~std::uint64_t{0};
    }
    // In turns of any order; a shard may wake one that ran before it.
    for (int rounds = 0; is_any_awake(); ++rounds) {
        require(rounds < 100'000, "the hub does not come to rest");
        std::size_t const first = random().below(driven_.size());
        for (std::size_t i = 0; i < driven_.size(); ++i) {
            run_shard((first + i) % driven_.size(), {});
        }
    }
    check_step();
    check_heartbeats();
    if (is_shutting_down) return;
    for (auto const& each : features_) each->check_dry();
}

void World::check_step() {
    if (!finding_.empty()) throw Broken{finding_};
    for (Person const* person : living) {
        if (!person->peer->broken.empty()) throw Broken{"a stream: " + person->peer->broken};
    }
    require(hub_->core()->budget.messages() >= 0, "more of the budget was given back than taken");
    for (std::size_t i = 0; i < hub_->shard_count(); ++i) {
        auto const finding = pumphouse::Audit::of(hub_->shard(i));
        if (!finding.empty()) throw Broken{finding};
    }
    for (auto const& each : features_) each->check_step();
}

// Who is there has been pinged, or is being waited for: nobody who is dead stays.
void World::check_heartbeats() {
    auto const& beat = hub_->core()->options.heartbeat;
    // Turns with a small budget may be late for a timer.
    constexpr std::chrono::seconds lateness{10};
    auto const most = std::chrono::nanoseconds{beat.ping_interval + beat.pong_wait + lateness};
    for (Person const* person : living) {
        if (person->opened == 0) continue;
        bool const is_closing = !shard_of(*person).is_member(person->id, {});
        require(is_closing || virtual_now - person->pinged_at <= most.count(),
                "a client is neither pinged nor given up");
    }
}

}  // namespace simulation
