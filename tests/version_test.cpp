// SPDX-License-Identifier: MIT
//
// The version is stated in one header as text and as numbers; the build reads the numbers.
#include <string>

#include <pumphouse/version.hpp>

#include "support/catch.hpp"

TEST_CASE("version text, version numbers and the build's version agree") {
    const std::string numbers = std::to_string(PUMPHOUSE_VERSION_MAJOR) + "." +
                                std::to_string(PUMPHOUSE_VERSION_MINOR) + "." +
                                std::to_string(PUMPHOUSE_VERSION_PATCH);
    CHECK(pumphouse::version == numbers);
    CHECK(numbers == PUMPHOUSE_BUILD_VERSION);
}
