// SPDX-License-Identifier: MIT
//
// Histogram: how often values fell between fixed bounds, and their sum, in whole units (bytes,
// nanoseconds). A plain value: one thread counts, copies can be added up.
//
// `Scale` has the upper bounds, ascending, in the unit of the values; what is larger than the last
// is counted too.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace pumphouse {

/// `count` bounds: first, first × factor, ...
template <std::size_t count>
constexpr std::array<std::uint64_t, count> growing(std::uint64_t first, std::uint64_t factor) {
    std::array<std::uint64_t, count> bounds{};
    for (std::uint64_t& each : bounds) each = first, first *= factor;
    return bounds;
}

/// Bytes of a message: 64 B to 16 MiB.
struct SizeScale {
    static constexpr auto bounds = growing<10>(64, 4);
};

/// Nanoseconds of what takes long: 0.1 s to 51.2 s.
struct LongScale {
    static constexpr auto bounds = growing<10>(100'000'000, 2);
};

/// Nanoseconds of what should be quick: 1 µs to 0.5 s, with the guides' 1 ms × 2ⁿ from there on.
struct ShortScale {
    static constexpr std::array<std::uint64_t, 16> bounds{
        1'000,       4'000,       16'000,      64'000,      250'000,      500'000,
        1'000'000,   2'000'000,   4'000'000,   8'000'000,   16'000'000,   32'000'000,
        64'000'000,  128'000'000, 256'000'000, 512'000'000};
};

/// A number of things: 1 to 512.
struct CountScale {
    static constexpr auto bounds = growing<10>(1, 2);
};

template <typename Scale>
struct Histogram {
    static constexpr std::size_t bucket_of(std::uint64_t value) noexcept {
        std::size_t bucket = 0;
        while (bucket < Scale::bounds.size() && value > Scale::bounds[bucket]) ++bucket;
        return bucket;
    }

    void observe(std::uint64_t value, std::uint64_t times = 1) noexcept {
        counts[bucket_of(value)] += times;
        sum += value * times;
    }

    std::uint64_t count() const noexcept {
        std::uint64_t all = 0;
        for (std::uint64_t const each : counts) all += each;
        return all;
    }

    Histogram& operator+=(Histogram const& other) noexcept {
        for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
        sum += other.sum;
        return *this;
    }

    std::array<std::uint64_t, Scale::bounds.size() + 1> counts{};  // not cumulative
    std::uint64_t sum = 0;
};

}  // namespace pumphouse
