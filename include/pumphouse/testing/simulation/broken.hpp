// SPDX-License-Identifier: MIT
//
// Broken: what a check of a simulation throws: the guarantee that did not hold, as a sentence.
#pragma once

#include <stdexcept>

namespace pumphouse::simulation {

struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace pumphouse::simulation
