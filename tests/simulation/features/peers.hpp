// SPDX-License-Identifier: MIT
//
// Peers: they say something, so that hooks run.
#pragma once

#include "../world.hpp"

namespace simulation {

class Peers final : public Feature {
public:
    using Feature::Feature;

    void add_actions(Actions& actions) override {
        actions.add(72, "a peer says something", [](World& world) {
            Person* const person = world.pick();
            if (person == nullptr) return;
            world.tell("person ", person->serial);
            world.says(*person, "something");
        });
    }
};

}  // namespace simulation
