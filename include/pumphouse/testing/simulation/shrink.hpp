// SPDX-License-Identifier: MIT
//
// Shrinker: makes a plan that finds something smaller, as long as it still finds something. Chunks
// of steps are left out, half of them at first, single ones at last, until none can be missed
// (Zeller, Hildebrandt: "Simplifying and isolating failure-inducing input", 2002, without the
// tests of chunks alone), and no two of a few. Bounded in steps done, not in time, so that it
// ends the same everywhere.
//
// Any finding counts: another guarantee that breaks with less is worth as much. What was found
// on the way is exchanged for what is found when everything ends only when it stays large else.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include <pumphouse/testing/simulation/run_apart.hpp>

namespace pumphouse::simulation {

class Shrinker {
public:
    /// Enough for some thousand runs of a plan that is nearly small; about 10 s.
    static constexpr std::uint64_t default_effort = 3'000'000;  // steps

    Shrinker(Make const& make, Plan plan, Outcome found, std::uint64_t effort = default_effort)
        : make_{make}, best_{std::move(plan)}, found_{std::move(found)}, effort_{effort} {
        if (best_.does_all) {
            best_.only.resize(best_.steps);
            std::iota(best_.only.begin(), best_.only.end(), std::uint64_t{0});
            best_.does_all = false;
        }
        end_where_found(best_, found_);
    }

    void shrink() {
        leave_out_all();
        if (best_.only.size() <= small_enough) return;
        takes_findings_at_end_ = true;
        leave_out_all();
    }

    Plan const& plan() const noexcept { return best_; }
    Outcome const& outcome() const noexcept { return found_; }
    std::size_t runs() const noexcept { return runs_; }

private:
    static constexpr std::uint64_t cost_of_a_run = 200;  // its beginning and end, in steps
    static constexpr std::size_t max_runs = 3000;
    static constexpr std::size_t most_for_pairs = 40;
    static constexpr std::size_t small_enough = 20;

    void leave_out_all() {
        std::size_t chunk = std::max<std::size_t>(best_.only.size() / 2, 1);
        for (;;) {
            bool is_smaller = leave_out_chunks(chunk);
            if (chunk == 1 && !is_smaller) is_smaller = leave_out_pairs();
            if (is_exhausted() || (chunk == 1 && !is_smaller)) return;
            if (chunk > 1) chunk /= 2;
        }
    }

    // Half is kept for the second attempt.
    bool is_exhausted() const noexcept {
        std::uint64_t const share = takes_findings_at_end_ ? 1 : 2;
        return spent_ >= effort_ / share || runs_ >= max_runs / share;
    }

    static bool was_found_at_end(Outcome const& found, Plan const& plan) noexcept {
        return found.step >= plan.steps;
    }

    // What comes after the finding was never done.
    static void end_where_found(Plan& plan, Outcome const& found) {
        if (was_found_at_end(found, plan)) return;
        std::erase_if(plan.only, [&](std::uint64_t each) { return each > found.step; });
        plan.steps = found.step + 1;
    }

    // From the end: what happened last is needed most rarely by what came before.
    bool leave_out_chunks(std::size_t chunk) {
        bool is_smaller = false;
        std::size_t end = best_.only.size();
        while (end != 0 && !is_exhausted()) {
            std::size_t const begin = end - std::min(chunk, end);
            is_smaller |= try_without(begin, end, end, end);
            end = std::min(begin, best_.only.size());
        }
        return is_smaller;
    }

    // Two that only go together: one who comes and another, where an even number is needed.
    bool leave_out_pairs() {
        if (best_.only.size() > most_for_pairs) return false;
        for (std::size_t second = best_.only.size(); second-- > 1 && !is_exhausted();) {
            for (std::size_t first = second; first-- > 0 && !is_exhausted();) {
                if (try_without(first, first + 1, second, second + 1)) return true;
            }
        }
        return false;
    }

    // Without what is from `begin` before `end`, and from `more` before `last`, which come after.
    bool try_without(std::size_t begin, std::size_t end, std::size_t more, std::size_t last) {
        Plan smaller = best_;
        auto const at = [&](std::size_t i) {
            return smaller.only.begin() + static_cast<std::ptrdiff_t>(i);
        };
        smaller.only.erase(at(more), at(last));
        smaller.only.erase(at(begin), at(end));
        Outcome outcome = run(make_, smaller);
        ++runs_;
        spent_ += smaller.only.size() + cost_of_a_run;
        if (outcome.is_clean || outcome.is_hang) return false;
        bool const was_on_the_way = !was_found_at_end(found_, best_);
        if (was_on_the_way && !takes_findings_at_end_ && was_found_at_end(outcome, smaller)) {
            return false;
        }
        end_where_found(smaller, outcome);
        best_ = std::move(smaller);
        found_ = std::move(outcome);
        return true;
    }

    Make const& make_;
    Plan best_;
    Outcome found_;
    std::uint64_t const effort_;
    std::uint64_t spent_ = 0;
    std::size_t runs_ = 0;
    bool takes_findings_at_end_ = false;
};

}  // namespace pumphouse::simulation
