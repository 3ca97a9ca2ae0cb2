// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

namespace support {

/// What is wrong with an argument, in the words of what refuses it; empty: nothing is.
inline std::string problem_of(auto&& what) {
    try {
        what();
    } catch (std::invalid_argument const& problem) {
        return problem.what();
    }
    return {};
}

}  // namespace support
