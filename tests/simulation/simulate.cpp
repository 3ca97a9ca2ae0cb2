// SPDX-License-Identifier: MIT
//
// The simulator of the library's own tests as a program: see <pumphouse/testing/simulation/...>.
#include <pumphouse/testing/simulation/simulate.hpp>

#include "world.hpp"

int main(int count, char** words) {
    using namespace pumphouse::simulation;
    return simulate(count, words, make_of<::simulation::World>());
}
