// SPDX-License-Identifier: MIT
//
// UpgradeStats: what a server has done with those who came: clients made, and refusals by reason.
// Counted on the server's strand, read from any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include <pumphouse/server/upgrade/refusal.hpp>

namespace pumphouse {

/// A snapshot.
struct UpgradeStats {
    std::uint64_t upgraded = 0;
    std::array<std::uint64_t, refusal_rows.size()> refused{};  // by RefusedBecause
    std::uint64_t handshakes = 0;               // now, and the next too
    std::uint64_t authentications_pending = 0;
    std::uint64_t authentications_abandoned = 0;  // the client had gone before the answer

    std::uint64_t refused_because(RefusedBecause because) const noexcept {
        return refused[static_cast<std::size_t>(because)];
    }
    std::uint64_t refused_in_all() const noexcept {
        return std::accumulate(refused.begin(), refused.end(), std::uint64_t{0});
    }
};

class UpgradeCounters {
public:
    void count_upgraded() noexcept { add(upgraded_); }
    void set_handshakes(std::size_t now) noexcept {
        handshakes_.store(now, std::memory_order_relaxed);
    }
    void count_abandoned() noexcept { add(abandoned_); }
    void count(RefusedBecause because) noexcept {
        add(refused_[static_cast<std::size_t>(because)]);
    }

    UpgradeStats stats() const noexcept {
        UpgradeStats now;
        now.upgraded = upgraded_.load(std::memory_order_relaxed);
        now.handshakes = handshakes_.load(std::memory_order_relaxed);
        now.authentications_abandoned = abandoned_.load(std::memory_order_relaxed);
        for (std::size_t i = 0; i < refused_.size(); ++i) {
            now.refused[i] = refused_[i].load(std::memory_order_relaxed);
        }
        return now;
    }

private:
    using Counter = std::atomic<std::uint64_t>;
    // One writer: no read-modify-write is needed.
    static void add(Counter& counter) noexcept {
        auto const before = counter.load(std::memory_order_relaxed);
        counter.store(before + 1, std::memory_order_relaxed);
    }

    Counter upgraded_{0};
    Counter handshakes_{0};
    Counter abandoned_{0};
    std::array<Counter, refusal_rows.size()> refused_{};
};

}  // namespace pumphouse
