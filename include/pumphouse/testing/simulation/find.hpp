// SPDX-License-Identifier: MIT
//
// find: runs seeds until one breaks a guarantee, and says so with a replay that is as small as it
// could be made. For a test of any framework:
//
//   auto const failure = find(make_of<GameSimulation>(), {.first = 1, .last = 100});
//   if (failure) FAIL(failure->report("my_simulation"));
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <pumphouse/testing/simulation/run_apart.hpp>
#include <pumphouse/testing/simulation/shrink.hpp>

namespace pumphouse::simulation {

struct Seeds {
    std::uint64_t first = 1;
    std::uint64_t last = 100;
    std::uint64_t steps = 10'000;
    std::uint64_t effort = Shrinker::default_effort;  // of shrinking, in steps; 0: not at all
};

template <typename S>
Make make_of() {
    return [](std::uint64_t seed) { return std::make_unique<S>(seed); };
}

/// What was found, and how to see it again.
struct Failure {
    Plan plan;
    Outcome outcome;
    std::optional<Plan> shrunk;  // of which the rest is:
    Outcome shrunk_outcome;
    std::size_t runs = 0;
    std::string story;

    /// `program` is what runs `simulate` with the arguments.
    std::string report(std::string const& program) const {
        std::string text = outcome.sentence(plan) + "\nreplay: " + program + ' ' +
                           plan.arguments() + (plan.does_all ? " --no-shrink" : "") + '\n';
        if (!shrunk) return text;
        return text + "shrunk to " + std::to_string(shrunk->only.size()) + " of " +
               std::to_string(plan.steps) + " steps in " + std::to_string(runs) + " runs:\n" +
               story + shrunk_outcome.sentence(*shrunk) + "\nreplay: " + program + ' ' +
               shrunk->arguments() + '\n';
    }
};

inline Failure shrink(Make const& make, Plan plan, Outcome found, std::uint64_t effort) {
    Failure failure;
    failure.plan = std::move(plan);
    failure.outcome = std::move(found);
    if (failure.outcome.step < failure.plan.steps) failure.plan.steps = failure.outcome.step + 1;
    if (effort == 0 || failure.outcome.is_hang) return failure;
    Shrinker shrinker{make, failure.plan, failure.outcome, effort};
    shrinker.shrink();
    failure.shrunk = shrinker.plan();
    failure.shrunk_outcome =
        run(make, shrinker.plan(), [&](std::string_view text) { failure.story += text; });
    failure.runs = shrinker.runs();
    return failure;
}

/// `on_clean` hears of each seed that was clean.
inline std::optional<Failure> find(Make const& make, Seeds const& seeds,
                                   std::function<void(Plan const&, Outcome const&)> on_clean = {}) {
    for (std::uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
        Plan const plan{.seed = seed, .steps = seeds.steps};
        Outcome outcome = run(make, plan);
        if (!outcome.is_clean) return shrink(make, plan, std::move(outcome), seeds.effort);
        if (on_clean) on_clean(plan, outcome);
    }
    return std::nullopt;
}

}  // namespace pumphouse::simulation
