// SPDX-License-Identifier: MIT
//
// ConformanceCase: one case of a conformance suite. It needs no test framework:
//
//   for (auto const& each : suite) {
//       SECTION(std::string{each.name}) { CHECK(each.run() == ""); }
//   }
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace pumphouse::testing {

struct ConformanceCase {
    std::string_view name;
    std::function<std::string()> run;  // empty: it conforms; else what is wrong
};

/// What a case found wrong.
struct Broken {
    std::string what;
};

inline void require(bool holds, std::string what) {
    if (!holds) throw Broken{std::move(what)};
}

/// What a case found, or what was thrown at it.
template <typename Case>
std::string finding_of(Case&& run) {
    try {
        run();
    } catch (Broken const& broken) {
        return broken.what;
    } catch (std::exception const& error) {
        return std::string{"it threw: "} + error.what();
    }
    return {};
}

}  // namespace pumphouse::testing
