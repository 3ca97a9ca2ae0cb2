// SPDX-License-Identifier: MIT
//
// Published<T>: the latest copy of a plain value that one thread publishes and any thread reads,
// whole or not at all. Neither waits for a lock; a reader that meets a writer tries again.
//
// A sequence lock over atomic words (H.-J. Boehm, "Can seqlocks get along with programming language
// memory models?", MSPC 2012). Each word's release pairs with its acquire: a reader that saw a word
// of a later value sees the odd sequence number that was stored before it, and tries again.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace pumphouse {

template <typename T>
class Published {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % sizeof(std::uint64_t) == 0,
                  "it is copied word by word");

public:
    /// One thread only.
    void publish(T const& value) noexcept {
        std::uint64_t const before = sequence_.load(std::memory_order_relaxed);
        sequence_.store(before + 1, std::memory_order_relaxed);  // odd: being written
        auto const* from = reinterpret_cast<unsigned char const*>(&value);
        for (auto& word : words_) {
            std::uint64_t copy = 0;
            std::memcpy(&copy, from, sizeof copy);
            word.store(copy, std::memory_order_release);
            from += sizeof copy;
        }
        sequence_.store(before + 2, std::memory_order_release);
    }

    /// Any thread. A value-initialized T before the first `publish`.
    T read() const noexcept {
        T value{};
        for (;;) {
            std::uint64_t const before = sequence_.load(std::memory_order_acquire);
            auto* to = reinterpret_cast<unsigned char*>(&value);
            for (auto const& word : words_) {
                std::uint64_t const copy = word.load(std::memory_order_acquire);
                std::memcpy(to, &copy, sizeof copy);
                to += sizeof copy;
            }
            bool const is_whole = sequence_.load(std::memory_order_relaxed) == before;
            if (is_whole && before % 2 == 0) return before != 0 ? value : T{};
        }
    }

private:
    std::atomic<std::uint64_t> sequence_{0};
    std::array<std::atomic<std::uint64_t>, sizeof(T) / sizeof(std::uint64_t)> words_{};
};

}  // namespace pumphouse
