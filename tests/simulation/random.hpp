// SPDX-License-Identifier: MIT
//
// The only source of chance in a simulation: SplitMix64 (Steele, Lea, Flood: "Fast splittable
// pseudorandom number generators", OOPSLA 2014). Written out, because the standard library's
// distributions differ between implementations and a seed has to mean the same everywhere.
#pragma once

#include <cstdint>

namespace simulation {

class Random {
public:
    explicit Random(std::uint64_t seed) noexcept : state_{seed} {}

    std::uint64_t next() noexcept {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
        return z ^ z >> 31;
    }
    /// 0 to n - 1.
    std::uint64_t below(std::uint64_t n) noexcept { return next() % n; }
    std::uint64_t between(std::uint64_t a, std::uint64_t b) noexcept {
        return a + below(b - a + 1);
    }
    /// True once in n.
    bool one_in(std::uint64_t n) noexcept { return below(n) == 0; }

private:
    std::uint64_t state_;
};

}  // namespace simulation
