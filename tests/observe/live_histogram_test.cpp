// SPDX-License-Identifier: MIT
#include <pumphouse/observe/live_histogram.hpp>

#include <cstdint>
#include <numeric>
#include <stop_token>
#include <thread>

#include "support/catch.hpp"

using namespace pumphouse;

namespace {

std::uint64_t count_of(Histogram<ShortScale> const& histogram) {
    return std::accumulate(histogram.counts.begin(), histogram.counts.end(), std::uint64_t{0});
}

}  // namespace

TEST_CASE("live histogram: it reads as one that was counted in") {
    LiveHistogram<ShortScale> live;
    Histogram<ShortScale> plain;
    for (std::uint64_t value = 1; value < 10'000'000'000; value = value * 3 + 1) {
        live.observe(value);
        plain.observe(value);
    }
    live.observe(0);
    plain.observe(0);
    CHECK(live.read().counts == plain.counts);
    CHECK(live.read().sum == plain.sum);
}

TEST_CASE("live histogram: what counts for several is there so many times") {
    LiveHistogram<ShortScale> live;
    live.observe(1000, 16);
    live.observe(1000);
    CHECK(count_of(live.read()) == 17);
    CHECK(live.read().sum == 17'000);
}

TEST_CASE("live histogram: read while it counts, nothing goes back") {
    LiveHistogram<ShortScale> live;
    std::uint64_t times = 0;
    {
        std::jthread const counts{[&](std::stop_token const& stop) {
            while (!stop.stop_requested()) live.observe(times++);
        }};
        Histogram<ShortScale> last = live.read();
        for (int seen = 0; seen < 1000;) {
            Histogram<ShortScale> const now = live.read();
            for (std::size_t i = 0; i < now.counts.size(); ++i) {
                if (now.counts[i] < last.counts[i]) FAIL("bucket " << i << " goes back");
            }
            if (now.sum < last.sum) FAIL("the sum goes back");
            if (now.sum != last.sum) ++seen;
            last = now;
        }
    }
    CHECK(count_of(live.read()) == times);
    CHECK(live.read().sum == times * (times - 1) / 2);
}
