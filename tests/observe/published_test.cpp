// SPDX-License-Identifier: MIT
#include <pumphouse/observe/published.hpp>

#include <array>
#include <thread>

#include "support/catch.hpp"
#include "support/sanitizers.hpp"

using namespace pumphouse;

namespace {
using Words = std::array<std::uint64_t, 40>;
}

TEST_CASE("published: nothing was published is a value of zeros") {
    Published<Words> const published;
    CHECK(published.read() == Words{});
}

TEST_CASE("published: what is read is the last that was published") {
    Published<Words> published;
    Words value{};
    value.fill(7);
    published.publish(value);
    value.fill(8);
    published.publish(value);
    CHECK(published.read() == value);
}

TEST_CASE("published: readers see whole values that never go back, while a writer goes on") {
    constexpr std::uint64_t last = support::fewer_under_sanitizers(200'000, 20'000);
    Published<Words> published;
    std::atomic<bool> is_torn{false};
    std::atomic<bool> goes_back{false};
    auto const watch = [&] {
        for (std::uint64_t seen = 0; seen < last;) {
            Words const value = published.read();
            for (std::uint64_t const each : value) {
                if (each != value[0]) is_torn = true;
            }
            if (value[0] < seen) goes_back = true;
            seen = value[0];
        }
    };
    std::thread first{watch};
    std::thread second{watch};
    Words value{};
    for (std::uint64_t i = 1; i <= last; ++i) {
        value.fill(i);
        published.publish(value);
    }
    first.join();
    second.join();
    CHECK_FALSE(is_torn);
    CHECK_FALSE(goes_back);
}
