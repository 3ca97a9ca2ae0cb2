// SPDX-License-Identifier: MIT
#include <pumphouse/hub/spot_checks.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"

using pumphouse::SpotChecks;

TEST_CASE("spot checks: the first message is measured, and then one of about 16") {
    SpotChecks checks;
    constexpr std::uint32_t messages = 100'000;
    std::uint32_t measured = 0;
    std::uint32_t counted = 0;
    std::uint32_t last = 0;
    for (std::uint32_t i = 1; i <= messages; ++i) {
        if (!checks.is_due()) continue;
        std::uint32_t const distance = i - last;
        CHECK(checks.take() == distance);  // itself, and those that were not
        if (last != 0 && distance > 32) FAIL("a distance of " << distance);
        if (measured == 0) CHECK(i == 1);
        last = i;
        counted += distance;
        ++measured;
    }
    CHECK(counted == last);
    CHECK(messages - last <= 32);
    CHECK(measured > messages / 18);
    CHECK(measured < messages / 15);
}

TEST_CASE("spot checks: where types come in turn, each is measured as often as it comes") {
    for (std::size_t const types : {2U, 3U, 4U, 8U, 16U, 32U}) {
        INFO(types << " types in turn");
        SpotChecks checks;
        std::vector<std::uint32_t> seen(types);
        constexpr std::size_t messages = 400'000;
        for (std::size_t i = 0; i < messages; ++i) {
            if (checks.is_due()) seen[i % types] += checks.take();
        }
        for (std::uint32_t const each : seen) {
            CHECK(each > messages / types * 9 / 10);
            CHECK(each < messages / types * 11 / 10);
        }
    }
}
