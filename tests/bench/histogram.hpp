// SPDX-License-Identifier: MIT
//
// Latencies in logarithmic buckets: 32 per power of two, so a percentile is at most 3 % too high
// and adding one is a few instructions, whatever the range. The idea is that of HdrHistogram.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace pumphouse::bench {

namespace buckets {

constexpr int fine_bits = 5;
constexpr std::uint64_t fine = 1u << fine_bits;
constexpr std::size_t count = 60 * fine;

/// Values below 32 have their own bucket; above, the exponent and the next five bits choose it.
constexpr std::size_t of(std::uint64_t value) {
    if (value < fine) return value;
    const auto shift = static_cast<std::size_t>(std::bit_width(value)) - 1 - fine_bits;
    return shift * fine + (value >> shift);
}

constexpr std::uint64_t upper_edge(std::size_t bucket) {
    if (bucket < 2 * fine) return bucket;
    const std::size_t shift = bucket / fine - 1;
    return ((bucket % fine + fine + 1) << shift) - 1;
}

static_assert(of(31) == 31 && of(32) == 32 && of(64) == 64 && of(~std::uint64_t{0}) < count);
static_assert(upper_edge(of(1000)) >= 1000 && upper_edge(of(1000)) < 1032);

}  // namespace buckets

class Histogram {
public:
    void add(std::uint64_t value) {
        ++counts_[buckets::of(value)];
        ++total_;
        max_ = std::max(max_, value);
    }

    std::uint64_t total() const { return total_; }
    std::uint64_t max() const { return max_; }

    /// The smallest bucket edge that `share` (0 to 1) of the values do not exceed; 0 when empty.
    std::uint64_t percentile(double share) const {
        const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total_));
        std::uint64_t seen = 0;
        for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
            seen += counts_[bucket];
            if (seen > wanted) return std::min(buckets::upper_edge(bucket), max_);
        }
        return max_;
    }

private:
    std::array<std::uint64_t, buckets::count> counts_{};
    std::uint64_t total_ = 0;
    std::uint64_t max_ = 0;
};

}  // namespace pumphouse::bench
