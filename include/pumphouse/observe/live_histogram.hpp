// SPDX-License-Identifier: MIT
//
// LiveHistogram: a histogram that one thread counts in and any thread reads, without a lock or an
// atomic addition. For what is counted so rarely that copies of it are not worth publishing.
//
// Each word by itself is the latest or a little older; none goes back. So a reader may have a value
// in its bucket and not in the sum yet.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <pumphouse/observe/histogram.hpp>

namespace pumphouse {

template <typename Scale>
class LiveHistogram {
public:
    /// One thread only.
    void observe(std::uint64_t value, std::uint64_t times = 1) noexcept {
        add(counts_[Histogram<Scale>::bucket_of(value)], times);
        add(sum_, value * times);
    }

    /// Any thread.
    Histogram<Scale> read() const noexcept {
        Histogram<Scale> copy;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            copy.counts[i] = counts_[i].load(std::memory_order_relaxed);
        }
        copy.sum = sum_.load(std::memory_order_relaxed);
        return copy;
    }

private:
    using Word = std::atomic<std::uint64_t>;

    // Nobody else writes: a load and a store are enough.
    static void add(Word& word, std::uint64_t more) noexcept {
        word.store(word.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }

    std::array<Word, Scale::bounds.size() + 1> counts_{};
    Word sum_{0};
};

}  // namespace pumphouse
