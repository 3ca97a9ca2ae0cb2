// SPDX-License-Identifier: MIT
//
// Driving: shards get turns in any order with any budget, and time passes.
#pragma once

#include "../world.hpp"

namespace simulation {

class Driving final : public Feature {
public:
    using Feature::Feature;

    void add_actions(Actions& actions) override {
        actions.add(200, "a shard has a turn", &turn);
        actions.add(40, "time passes", &time_passes);
        actions.add(1, "a long time passes", &long_time_passes);
    }

private:
    static void turn(World& world) {
        std::size_t const index = world.random().below(world.shard_count());
        pumphouse::TurnBudget budget;
        if (world.random().one_in(2)) budget.units = world.random().between(1, 20);
        world.run_shard(index, budget);
    }
    static void time_passes(World& world) {
        virtual_now += static_cast<std::int64_t>(world.random().below(30) * 20'000'000);
    }
    static void long_time_passes(World& world) {
        world.run_dry();  // observers must have answered before a long while passes
        virtual_now += static_cast<std::int64_t>(world.random().below(60)) * 1'000'000'000;
    }
};

}  // namespace simulation
