// SPDX-License-Identifier: MIT
//
// WeightedTable: things that may happen, each with a weight: twice the weight, twice as often.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <pumphouse/testing/simulation/random.hpp>

namespace pumphouse::simulation {

template <typename... Arguments>
class WeightedTable {
public:
    struct Entry {
        std::uint64_t weight;
        std::string name;  // what happens, for whoever reads a failing seed
        std::function<void(Arguments...)> act;
    };

    /// Weight 0: never.
    void add(std::uint64_t weight, std::string name, std::function<void(Arguments...)> act) {
        entries_.push_back({weight, std::move(name), std::move(act)});
        total_ += weight;
    }

    /// Needs an entry of some weight.
    Entry const& draw(Random& random) const {
        std::uint64_t at = random.below(total_);
        for (Entry const& each : entries_) {
            if (at < each.weight) return each;
            at -= each.weight;
        }
        return entries_.back();
    }

    std::vector<Entry> const& entries() const noexcept { return entries_; }

private:
    std::vector<Entry> entries_;
    std::uint64_t total_ = 0;
};

}  // namespace pumphouse::simulation
