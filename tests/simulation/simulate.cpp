// SPDX-License-Identifier: MIT
//
// simulate --seeds A-B --steps N [--hash] [--stats]: runs the world of each seed. The first seed
// that breaks a guarantee is printed with the command that replays it; the exit code is 1 then.
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "world.hpp"

namespace {

struct Options {
    std::uint64_t first = 1;
    std::uint64_t last = 20;
    std::uint64_t steps = 10'000;
    bool hash = false;
    bool stats = false;
};

[[noreturn]] void usage(char const* problem) {
    std::fprintf(stderr, "simulate: %s\nusage: simulate --seeds A-B --steps N [--hash] [--stats]\n",
                 problem);
    std::exit(2);
}

std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) usage("not a number");
    return value;
}

Options parse(int count, char** words) {
    Options options;
    for (int i = 1; i < count; ++i) {
        std::string_view const word = words[i];
        auto const value = [&]() -> std::string_view {
            if (++i == count) usage("a value is missing");
            return words[i];
        };
        if (word == "--seeds") {
            auto const range = value();
            auto const dash = range.find('-');
            options.first = number(range.substr(0, dash));
            options.last = dash == range.npos ? options.first : number(range.substr(dash + 1));
        } else if (word == "--steps") {
            options.steps = number(value());
        } else if (word == "--hash") {
            options.hash = true;
        } else if (word == "--stats") {
            options.stats = true;
        } else {
            usage("unknown option");
        }
    }
    return options;
}

void add(simulation::Seen& all, simulation::Seen const& one) {
    all.delivered += one.delivered, all.excluded += one.excluded, all.skipped += one.skipped;
    all.evicted += one.evicted, all.gaps += one.gaps, all.closed += one.closed;
    all.torn += one.torn, all.full += one.full, all.reordered += one.reordered;
    all.shutdowns += one.shutdowns;
}

}  // namespace

int main(int count, char** words) {
    Options const options = parse(count, words);
    simulation::Seen all;
    for (std::uint64_t seed = options.first; seed <= options.last; ++seed) {
        std::uint64_t steps = 0;
        try {
            simulation::World world{seed};
            for (; steps < options.steps; ++steps) {
                world.step(steps);
                if (steps % 400 == 399) world.run_dry();
            }
            world.finish();
            add(all, world.seen);
            if (options.hash) {
                std::printf("%llu %016llx\n", static_cast<unsigned long long>(seed),
                            static_cast<unsigned long long>(world.hash()));
            }
        } catch (std::exception const& error) {
            std::printf("seed %llu, step %llu: %s\n"
                        "replay: simulate --seeds %llu-%llu --steps %llu\n",
                        static_cast<unsigned long long>(seed),
                        static_cast<unsigned long long>(steps), error.what(),
                        static_cast<unsigned long long>(seed),
                        static_cast<unsigned long long>(seed),
                        static_cast<unsigned long long>(options.steps));
            return 1;
        }
    }
    if (options.stats) {
        std::printf("delivered %llu, excluded %llu, skipped %llu, gap notices %llu, evicted %llu, "
                    "closed %llu, left with a torn frame %llu, full %llu, reordered between rooms "
                    "%llu, shutdowns from a hook %llu\n",
                    static_cast<unsigned long long>(all.delivered),
                    static_cast<unsigned long long>(all.excluded),
                    static_cast<unsigned long long>(all.skipped),
                    static_cast<unsigned long long>(all.gaps),
                    static_cast<unsigned long long>(all.evicted),
                    static_cast<unsigned long long>(all.closed),
                    static_cast<unsigned long long>(all.torn),
                    static_cast<unsigned long long>(all.full),
                    static_cast<unsigned long long>(all.reordered),
                    static_cast<unsigned long long>(all.shutdowns));
    }
    if (!options.hash) {
        std::printf("%llu seeds, %llu steps each: clean\n",
                    static_cast<unsigned long long>(options.last - options.first + 1),
                    static_cast<unsigned long long>(options.steps));
    }
    return 0;
}
