// SPDX-License-Identifier: MIT
//
// SimDriver: gives a hub's shards their turns, in any order and with any budget, as a driver does:
// a shard that sleeps is run when it was woken or its deadline has come, not else. Audits those
// that had a turn: nothing else changes a shard.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <pumphouse/hub/audit.hpp>
#include <pumphouse/hub/hub_base.hpp>
#include <pumphouse/testing/simulation/broken.hpp>
#include <pumphouse/testing/simulation/random.hpp>
#include <pumphouse/testing/simulation/virtual_clock.hpp>

namespace pumphouse::simulation {

class SimDriver {
public:
    explicit SimDriver(HubBase& hub) : hub_{hub} {
        for (std::size_t i = 0; i < hub.shard_count(); ++i) {
            driven_.push_back({.waker = std::make_shared<SimWaker>()});
            hub.core()->set_waker(i, driven_.back().waker);
        }
    }

    std::size_t shard_count() const noexcept { return driven_.size(); }

    void run(std::size_t index, TurnBudget const& budget) {
        Driven& driven = driven_[index];
        if (!driven.is_awake()) return;
        auto& shard = hub_.shard(index);
        auto const result = shard.turn(VirtualClock::now(), budget);
        if (result.units > budget.units) throw Broken{"a turn did more than its budget"};
        driven.is_finished = result.finished;
        driven.deadline = result.next_deadline;
        driven.waker->is_awake = result.more || !shard.sleep();
        driven.had_turn = true;
    }

    /// Turns until all sleep; a shard may wake one that ran before it.
    void run_dry(Random& random) {
        for (int rounds = 0; is_any_awake(); ++rounds) {
            if (rounds == 100'000) throw Broken{"the hub does not come to rest"};
            std::size_t const first = random.below(driven_.size());
            for (std::size_t i = 0; i < driven_.size(); ++i) {
                run((first + i) % driven_.size(), {});
            }
        }
    }

    /// Since turns were last forgotten.
    bool had_turn(std::size_t index) const noexcept { return driven_[index].had_turn; }
    void forget_turns() noexcept {
        for (Driven& each : driven_) each.had_turn = false;
    }

    void audit() const {
        for (std::size_t i = 0; i < driven_.size(); ++i) {
            if (!driven_[i].had_turn) continue;
            auto const finding = Audit::of(hub_.shard(i));
            if (!finding.empty()) throw Broken{finding};
        }
    }

    bool is_finished() const noexcept {
        for (Driven const& each : driven_) {
            if (!each.is_finished) return false;
        }
        return true;
    }

private:
    struct SimWaker final : Waker {
        void wake() noexcept override { is_awake = true; }
        bool is_awake = true;
    };
    struct Driven {
        std::shared_ptr<SimWaker> waker;
        Time deadline = Time::max();
        bool is_finished = false;
        bool had_turn = true;

        bool is_awake() const noexcept {
            return waker->is_awake || deadline <= VirtualClock::now();
        }
    };

    bool is_any_awake() const noexcept {
        for (Driven const& each : driven_) {
            if (each.is_awake()) return true;
        }
        return false;
    }

    HubBase& hub_;
    std::vector<Driven> driven_;
};

}  // namespace pumphouse::simulation
