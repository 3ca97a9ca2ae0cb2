// SPDX-License-Identifier: MIT
//
// The only source of chance in a simulation: SplitMix64 (Steele, Lea, Flood: "Fast splittable
// pseudorandom number generators", OOPSLA 2014). Written out, because the standard library's
// distributions differ between implementations and a seed has to mean the same everywhere.
#pragma once

#include <cstdint>

namespace pumphouse::simulation {

class Random {
public:
    explicit Random(std::uint64_t seed = 0) noexcept : state_{seed} {}

    /// The stream with that number of a family: leaving one out changes none of the others.
    static Random sub(std::uint64_t seed, std::uint64_t number) noexcept {
        return Random{mix(mix(seed) ^ number * golden)};
    }

    std::uint64_t next() noexcept { return mix(state_ += golden); }

    /// 0 to n - 1.
    std::uint64_t below(std::uint64_t n) noexcept { return next() % n; }
    std::uint64_t between(std::uint64_t a, std::uint64_t b) noexcept {
        return a + below(b - a + 1);
    }
    /// True once in n.
    bool one_in(std::uint64_t n) noexcept { return below(n) == 0; }

    static std::uint64_t mix(std::uint64_t z) noexcept {
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
        return z ^ z >> 31;
    }

private:
    static constexpr std::uint64_t golden = 0x9e3779b97f4a7c15ULL;

    std::uint64_t state_;
};

}  // namespace pumphouse::simulation
