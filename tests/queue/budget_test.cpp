// SPDX-License-Identifier: MIT
//
// What queue/budget.hpp guarantees: both limits hold, and a refused take takes nothing.
#include <atomic>
#include <thread>
#include <vector>

#include <pumphouse/queue/budget.hpp>

#include "support/catch.hpp"

using pumphouse::Budget;

TEST_CASE("budget: no more messages than its limit, and a refusal takes nothing") {
    Budget budget{3, 1000};
    for (int i = 0; i < 3; ++i) CHECK(budget.try_take(1));
    CHECK_FALSE(budget.try_take(1));
    CHECK(budget.messages() == 3);
    CHECK(budget.bytes() == 3);
    budget.give_back(1, 1);
    CHECK(budget.try_take(1));
}

TEST_CASE("budget: no more bytes than its limit, and a refusal takes nothing") {
    Budget budget{100, 1000};
    CHECK(budget.try_take(600));
    CHECK_FALSE(budget.try_take(401));
    CHECK(budget.messages() == 1);
    CHECK(budget.bytes() == 600);
    CHECK(budget.try_take(400));
    CHECK_FALSE(budget.try_take(1));
    CHECK(budget.try_take(0));
}

TEST_CASE("budget: a message larger than the whole byte limit passes when it is alone") {
    Budget budget{100, 1000};
    CHECK(budget.try_take(5000));
    CHECK_FALSE(budget.try_take(1));
    budget.give_back(1, 5000);
    CHECK(budget.try_take(1));
    CHECK_FALSE(budget.try_take(5000));
    CHECK(budget.bytes() == 1);
}

TEST_CASE("budget: a shard's own work is never refused, and counts") {
    Budget budget{2, 10};
    budget.take(5, 50);
    CHECK(budget.messages() == 5);
    CHECK_FALSE(budget.try_take(1));
    budget.give_back(5, 50);
    CHECK(budget.try_take(1));
}

TEST_CASE("budget: under four producers no more than the limits is ever held") {
    constexpr std::int64_t most_messages = 7;
    constexpr std::int64_t most_bytes = 500;
    Budget budget{most_messages, most_bytes};
    std::atomic<std::int64_t> held_messages{0};
    std::atomic<std::int64_t> held_bytes{0};
    std::atomic<bool> is_over{false};
    std::vector<std::thread> threads;
    for (std::int64_t p = 0; p < 4; ++p) {
        threads.emplace_back([&, size = 90 + 10 * p] {
            for (int i = 0; i < 20'000; ++i) {
                if (!budget.try_take(static_cast<std::size_t>(size))) continue;
                bool const over = held_messages.fetch_add(1) + 1 > most_messages ||
                                  held_bytes.fetch_add(size) + size > most_bytes;
                if (over) is_over = true;
                held_messages.fetch_sub(1);
                held_bytes.fetch_sub(size);
                budget.give_back(1, static_cast<std::size_t>(size));
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK_FALSE(is_over.load());
    CHECK(budget.messages() == 0);
    CHECK(budget.bytes() == 0);
}
