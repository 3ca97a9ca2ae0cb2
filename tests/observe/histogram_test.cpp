// SPDX-License-Identifier: MIT
#include <pumphouse/observe/histogram.hpp>

#include "support/catch.hpp"

using namespace pumphouse;

TEST_CASE("histogram: a value on a bound belongs to that bound, one above to the next") {
    using Sizes = Histogram<SizeScale>;
    CHECK(Sizes::bucket_of(0) == 0);
    CHECK(Sizes::bucket_of(64) == 0);
    CHECK(Sizes::bucket_of(65) == 1);
    CHECK(Sizes::bucket_of(256) == 1);
    CHECK(Sizes::bucket_of(std::uint64_t{64} << 18) == 9);
    CHECK(Sizes::bucket_of((std::uint64_t{64} << 18) + 1) == 10);
}

TEST_CASE("histogram: counts and sum are of all that was observed") {
    Histogram<CountScale> one;
    one.observe(1);
    one.observe(3, 4);
    one.observe(5000);
    CHECK(one.count() == 6);
    CHECK(one.sum == 5013);
    Histogram<CountScale> two;
    two.observe(2);
    two += one;
    CHECK(two.count() == 7);
    CHECK(two.counts[1] == 1);
    CHECK(two.counts[2] == 4);
    CHECK(two.counts.back() == 1);
}

TEST_CASE("histogram: every scale ascends") {
    auto const ascends = [](auto const& bounds) {
        for (std::size_t i = 1; i < bounds.size(); ++i) {
            if (bounds[i] <= bounds[i - 1]) return false;
        }
        return true;
    };
    CHECK(ascends(SizeScale::bounds));
    CHECK(ascends(LongScale::bounds));
    CHECK(ascends(ShortScale::bounds));
    CHECK(ascends(CountScale::bounds));
}
