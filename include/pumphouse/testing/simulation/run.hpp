// SPDX-License-Identifier: MIT
//
// run_here: does what a Plan says, from the beginning to the end or to the first finding.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pumphouse/testing/simulation/simulation_base.hpp>

namespace pumphouse::simulation {

/// Makes the simulation of a seed.
using Make = std::function<std::unique_ptr<SimulationBase>(std::uint64_t seed)>;

/// One seed, and which of its steps are done: all, or those of `only`, in ascending order.
struct Plan {
    std::uint64_t seed = 1;
    std::uint64_t steps = 10'000;
    bool does_all = true;
    std::vector<std::uint64_t> only = {};

    /// As arguments of a program that calls `simulate`.
    std::string arguments() const {
        auto const one = std::to_string(seed);
        std::string text = "--seeds " + one + '-' + one + " --steps " + std::to_string(steps);
        if (does_all) return text;
        text += " --only ";
        for (std::size_t i = 0; i < only.size();) {
            std::size_t end = i + 1;
            while (end < only.size() && only[end] == only[end - 1] + 1) ++end;
            if (i != 0) text += ',';
            text += std::to_string(only[i]);
            if (end - i > 1) text += '-' + std::to_string(only[end - 1]);
            i = end;
        }
        return only.empty() ? text + "none" : text;
    }
};

struct Outcome {
    bool is_clean = true;
    bool is_hang = false;    // it did not come to an end
    std::uint64_t step = 0;  // in which it was found; the plan's `steps`: at the end
    std::string what;        // was broken
    std::uint64_t hash = 0;
    Tally tally;

    std::string sentence(Plan const& plan) const {
        return "seed " + std::to_string(plan.seed) + ", step " + std::to_string(step) + ": " + what;
    }
};

/// Puts what happens into words, a line for each step, as it happens.
class Story {
public:
    using Sink = std::function<void(std::string_view)>;

    explicit Story(Sink sink) : sink_{std::move(sink)} {}

    void begin(std::uint64_t step) {
        std::string number = std::to_string(step);
        constexpr std::size_t width = 8;
        number.insert(0, width - std::min(width, number.size()), ' ');
        sink_(number);
        told_ = 0;
    }
    void tell(std::string_view what) {
        if (told_ > most_told) return;
        sink_(told_ == 0 ? "  " : told_ == 1 ? ": " : "; ");
        sink_(told_ < most_told ? what : "and more");
        ++told_;
    }
    void end() { sink_("\n"); }

private:
    static constexpr std::size_t most_told = 12;
    Sink sink_;
    std::size_t told_ = 0;
};

/// In this process. `story` may be null; `step` is always the one that is being done.
inline Outcome run_here(Make const& make, Plan const& plan, Story* story, std::uint64_t& step) {
    Outcome outcome;
    std::unique_ptr<SimulationBase> simulation;
    auto const do_one = [&](std::uint64_t number, auto&& what) {
        step = number;
        if (story != nullptr) story->begin(number);
        what();
        if (story != nullptr) story->end();
    };
    auto const do_step = [&](std::uint64_t number) {
        do_one(number, [&] { simulation->step(number); });
    };
    try {
        simulation = make(plan.seed);
        if (story != nullptr) simulation->listen([story](auto what) { story->tell(what); });
        for (std::uint64_t i = 0; plan.does_all && i < plan.steps; ++i) do_step(i);
        for (std::uint64_t const each : plan.only) do_step(each);
        do_one(plan.steps, [&] { simulation->finish(); });
        outcome.hash = simulation->hash();
        simulation->add_to(outcome.tally);
    } catch (std::exception const& error) {
        outcome.is_clean = false;
        outcome.what = error.what();
        if (story != nullptr) story->end();
    }
    outcome.step = step;
    return outcome;
}

/// The same without the step; a `sink` gets the story.
inline Outcome run_here(Make const& make, Plan const& plan, Story::Sink const& sink = {}) {
    Story story{sink};
    std::uint64_t step = 0;
    return run_here(make, plan, sink ? &story : nullptr, step);
}

}  // namespace pumphouse::simulation
