// SPDX-License-Identifier: MIT
#include <pumphouse/client/token_bucket.hpp>

#include <thread>
#include <vector>

#include "support/catch.hpp"

using namespace pumphouse;
using namespace std::chrono_literals;

namespace {
constexpr Time start{1000s};
}

TEST_CASE("token bucket: a burst at once, then the rate, for ever") {
    RateLimit const limit{.per_second = 10, .burst = 5};
    TokenBucket bucket;
    for (int i = 0; i < 5; ++i) CHECK(bucket.take(start, limit));
    CHECK_FALSE(bucket.take(start, limit));
    CHECK_FALSE(bucket.take(start + 99ms, limit));
    CHECK(bucket.take(start + 100ms, limit));
    CHECK_FALSE(bucket.take(start + 100ms, limit));
    int taken = 0;
    for (int i = 0; i < 10'000; ++i) taken += bucket.take(start + 100ms + i * 1ms, limit);
    CHECK(taken == 99);
}

TEST_CASE("token bucket: a rest fills it up to the burst and no further") {
    RateLimit const limit{.per_second = 10, .burst = 5};
    TokenBucket bucket;
    for (int i = 0; i < 5; ++i) CHECK(bucket.take(start, limit));
    Time const later = start + 1h;
    for (int i = 0; i < 5; ++i) CHECK(bucket.take(later, limit));
    CHECK_FALSE(bucket.take(later, limit));
}

TEST_CASE("token bucket: a refused take costs nothing, and more than the burst passes when full") {
    RateLimit const limit{.per_second = 100, .burst = 10};
    TokenBucket bucket;
    CHECK(bucket.take(start, limit, 8));
    for (int i = 0; i < 50; ++i) CHECK_FALSE(bucket.take(start, limit, 3));
    CHECK(bucket.take(start, limit, 2));
    CHECK_FALSE(bucket.take(start + 50ms, limit, 1000));
    CHECK(bucket.take(start + 100ms, limit, 1000));
    CHECK_FALSE(bucket.take(start + 5s, limit));
    CHECK(bucket.take(start + 10s + 110ms, limit));
}

TEST_CASE("token bucket: what takes less than a nanosecond passes") {
    RateLimit const limit{.per_second = 1e12, .burst = 1e6};
    TokenBucket bucket;
    SharedTokenBucket shared;
    for (int i = 0; i < 1000; ++i) {
        CHECK(bucket.take(start, limit));
        CHECK(shared.take(start, limit));
    }
}

TEST_CASE("token bucket: without a limit everything passes") {
    TokenBucket bucket;
    for (int i = 0; i < 1000; ++i) CHECK(bucket.take(start, {}, 1e9));
}

TEST_CASE("token bucket: threads together take no more than one would") {
    RateLimit const limit{.per_second = 1, .burst = 1000};
    SharedTokenBucket bucket;
    std::atomic<int> taken{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 1000; ++n) taken += bucket.take(start, limit);
        });
    }
    for (auto& each : threads) each.join();
    CHECK(taken == 1000);
}
