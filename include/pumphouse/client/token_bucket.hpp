// SPDX-License-Identifier: MIT
//
// TokenBucket: how much somebody may do: `per_second` on average, `burst` at once. The clock is
// handed in. One number is all its state: the moment at which the bucket will be full again
// (GCRA, the "virtual scheduling algorithm" of ITU-T I.371; its TAT less the burst's time).
//
// SharedTokenBucket is the same for several threads at once: a user's devices on several shards.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include <pumphouse/fwd.hpp>

namespace pumphouse {

struct RateLimit {
    /// Tokens that come each second. 0: no limit.
    double per_second = 0;

    /// Tokens that a full bucket holds; at least 1 where there is a limit.
    double burst = 1;

    bool is_set() const noexcept { return per_second > 0; }

    std::int64_t nanoseconds_for(double tokens) const noexcept {
        return static_cast<std::int64_t>(tokens * 1e9 / per_second);
    }
};

namespace detail {

inline std::int64_t nanoseconds_of(Time time) noexcept {
    return std::chrono::nanoseconds{time.time_since_epoch()}.count();
}

/// Takes `cost` at `now`: moves the moment at which the bucket is full again. False, and not moved,
/// when there is not enough. More than the burst at once passes a full bucket, so that it is slow,
/// not impossible.
inline bool take_tokens(std::int64_t& full_at, std::int64_t now, RateLimit const& limit,
                        double cost) noexcept {
    std::int64_t const from = full_at > now ? full_at : now;
    std::int64_t const then = from + limit.nanoseconds_for(cost);
    if (then - now > limit.nanoseconds_for(limit.burst) && full_at > now) return false;
    full_at = then;
    return true;
}

}  // namespace detail

class TokenBucket {
public:
    /// False, and nothing taken, when there are not enough.
    bool take(Time now, RateLimit const& limit, double cost = 1) noexcept {
        if (!limit.is_set() || cost <= 0) return true;
        return detail::take_tokens(full_at_, detail::nanoseconds_of(now), limit, cost);
    }

private:
    std::int64_t full_at_ = INT64_MIN / 2;
};

class SharedTokenBucket {
public:
    /// Any thread. False, and nothing taken, when there are not enough.
    bool take(Time now, RateLimit const& limit, double cost = 1) noexcept {
        if (!limit.is_set() || cost <= 0) return true;
        std::int64_t before = full_at_.load(std::memory_order_relaxed);
        std::int64_t after = 0;
        do {
            after = before;
            if (!detail::take_tokens(after, detail::nanoseconds_of(now), limit, cost)) return false;
        } while (!full_at_.compare_exchange_weak(before, after, std::memory_order_relaxed));
        return true;
    }

private:
    std::atomic<std::int64_t> full_at_{INT64_MIN / 2};
};

}  // namespace pumphouse
