// SPDX-License-Identifier: MIT
//
// Budget: what producers may have accepted and not yet fanned out, in messages and bytes. It is
// what turns "the hub is behind" into the answer `full` instead of into memory.
//
// Any thread takes, shards give back. A take either gets both shares or neither.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pumphouse {

class Budget {
public:
    Budget(std::size_t max_messages, std::size_t max_bytes) noexcept
        : max_messages_{static_cast<std::int64_t>(max_messages)},
          max_bytes_{static_cast<std::int64_t>(max_bytes)} {}

    /// False, and nothing taken, when either limit is reached. One message larger than the whole
    /// byte limit is let through when nothing else is held, so that it is slow, not impossible.
    [[nodiscard]] bool try_take(std::size_t bytes) noexcept {
        auto const size = static_cast<std::int64_t>(bytes);
        if (messages_.fetch_add(1, std::memory_order_relaxed) >= max_messages_) {
            messages_.fetch_sub(1, std::memory_order_relaxed);
            return false;
        }
        auto const before = bytes_.fetch_add(size, std::memory_order_relaxed);
        if (before == 0 || before + size <= max_bytes_) return true;
        give_back(1, bytes);
        return false;
    }

    /// More bytes for a message that has its place; false, and nothing taken, past the limit.
    [[nodiscard]] bool try_add(std::size_t bytes) noexcept {
        auto const size = static_cast<std::int64_t>(bytes);
        if (bytes_.fetch_add(size, std::memory_order_relaxed) + size <= max_bytes_) return true;
        give_back(0, bytes);
        return false;
    }

    /// For those who must not be refused: a shard's own work.
    void take(std::size_t messages, std::size_t bytes) noexcept {
        messages_.fetch_add(static_cast<std::int64_t>(messages), std::memory_order_relaxed);
        bytes_.fetch_add(static_cast<std::int64_t>(bytes), std::memory_order_relaxed);
    }

    void give_back(std::size_t messages, std::size_t bytes) noexcept {
        messages_.fetch_sub(static_cast<std::int64_t>(messages), std::memory_order_relaxed);
        bytes_.fetch_sub(static_cast<std::int64_t>(bytes), std::memory_order_relaxed);
    }

    std::int64_t messages() const noexcept { return messages_.load(std::memory_order_relaxed); }
    std::int64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

private:
    std::int64_t const max_messages_;
    std::int64_t const max_bytes_;
    alignas(64) std::atomic<std::int64_t> messages_{0};
    std::atomic<std::int64_t> bytes_{0};
};

}  // namespace pumphouse
