// SPDX-License-Identifier: MIT
//
// simulate: a simulation as a program.
//
//   int main(int count, char** words) {
//       return pumphouse::simulation::simulate(count, words, make_of<GameSimulation>());
//   }
//
//   --seeds A-B    which seeds (1-20)        --only LIST    these steps of one seed: a replay
//   --steps N      of each (10000)           --no-shrink    do not look for a smaller replay
//   --hash         a hash of each seed       --stats        how often things happened
//   --here         replays in this process, for a debugger
//
// Exits with 0 when all seeds were clean, 1 after printing the first that was not, 2 when the
// arguments make no sense.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <pumphouse/testing/simulation/find.hpp>

namespace pumphouse::simulation {

/// The arguments of `simulate`. Throws std::invalid_argument.
class Arguments {
public:
    Arguments(int count, char** words) {
        for (int i = 1; i < count; ++i) {
            std::string_view const word = words[i];
            auto const value = [&]() -> std::string_view {
                if (++i == count) throw std::invalid_argument{"a value is missing"};
                return words[i];
            };
            if (word == "--seeds") {
                std::tie(seeds.first, seeds.last) = range(value());
            } else if (word == "--steps") {
                seeds.steps = number(value());
            } else if (word == "--only") {
                has_only = true;
                read_list(value());
            } else if (word == "--here") {
                is_here = true;
            } else if (word == "--no-shrink") {
                seeds.effort = 0;
            } else if (word == "--hash") {
                prints_hashes = true;
            } else if (word == "--stats") {
                prints_stats = true;
            } else {
                throw std::invalid_argument{"unknown option " + std::string{word}};
            }
        }
    }

    Seeds seeds{.first = 1, .last = 20};
    bool has_only = false;
    std::vector<std::uint64_t> only;
    bool is_here = false;
    bool prints_hashes = false;
    bool prints_stats = false;

private:
    static std::uint64_t number(std::string_view text) {
        std::uint64_t value = 0;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size()) {
            throw std::invalid_argument{"not a number: " + std::string{text}};
        }
        return value;
    }
    static std::pair<std::uint64_t, std::uint64_t> range(std::string_view text) {
        auto const dash = text.find('-');
        std::uint64_t const first = number(text.substr(0, dash));
        return {first, dash == text.npos ? first : number(text.substr(dash + 1))};
    }
    void read_list(std::string_view list) {
        if (list == "none") return;
        for (std::size_t at = 0; at <= list.size();) {
            auto const comma = std::min(list.find(',', at), list.size());
            auto const [first, last] = range(list.substr(at, comma - at));
            for (std::uint64_t each = first; each <= last; ++each) only.push_back(each);
            at = comma + 1;
        }
    }
};

inline int replay(Arguments const& arguments, std::string const& program, Make const& make) {
    Plan const plan{arguments.seeds.first, arguments.seeds.steps, false, arguments.only};
    Story::Sink const print = [](std::string_view text) {
        std::fwrite(text.data(), 1, text.size(), stdout);
    };
    Outcome const outcome = arguments.is_here ? run_here(make, plan, print)
                                              : run(make, plan, print);
    if (outcome.is_clean) {
        std::printf("%zu steps of seed %llu: clean\n", plan.only.size(),
                    static_cast<unsigned long long>(plan.seed));
        return 0;
    }
    std::printf("%s\nreplay: %s %s\n", outcome.sentence(plan).c_str(), program.c_str(),
                plan.arguments().c_str());
    return 1;
}

inline int search(Arguments const& arguments, std::string const& program, Make const& make) {
    Tally all;
    auto const on_clean = [&](Plan const& plan, Outcome const& outcome) {
        if (arguments.prints_hashes) {
            std::printf("%llu %016llx\n", static_cast<unsigned long long>(plan.seed),
                        static_cast<unsigned long long>(outcome.hash));
        }
        for (auto const& [name, count] : outcome.tally) all[name] += count;
    };
    if (auto const failure = find(make, arguments.seeds, on_clean)) {
        std::printf("%s", failure->report(program).c_str());
        return 1;
    }
    if (arguments.prints_stats) {
        for (auto const& [name, count] : all) {
            std::printf("%12llu  %s\n", static_cast<unsigned long long>(count), name.c_str());
        }
    }
    if (!arguments.prints_hashes) {
        std::printf("%llu seeds, %llu steps each: clean\n",
                    static_cast<unsigned long long>(arguments.seeds.last + 1 -
                                                    arguments.seeds.first),
                    static_cast<unsigned long long>(arguments.seeds.steps));
    }
    return 0;
}

/// `program` is what replays call; empty: the last part of words[0].
inline int simulate(int count, char** words, Make const& make, std::string program = {}) {
    std::string const path = count > 0 ? words[0] : "simulate";
    if (program.empty()) program = path.substr(path.rfind('/') + 1);
    try {
        Arguments const arguments{count, words};
        return arguments.has_only ? replay(arguments, program, make)
                                  : search(arguments, program, make);
    } catch (std::invalid_argument const& problem) {
        std::fprintf(stderr,
                     "%s: %s\nusage: %s [--seeds A-B] [--steps N] [--only LIST] [--here] "
                     "[--no-shrink] [--hash] [--stats]\n",
                     program.c_str(), problem.what(), program.c_str());
        return 2;
    }
}

}  // namespace pumphouse::simulation
