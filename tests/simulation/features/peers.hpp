// SPDX-License-Identifier: MIT
//
// Peers: people come, say something, read slowly, in bits or not at all, and vanish.
#pragma once

#include "../world.hpp"

namespace simulation {

class Peers final : public Feature {
public:
    using Feature::Feature;

    void add_actions(Actions& actions) override {
        actions.add(40, "somebody connects", &connect);
        actions.add(80, "a peer says something", &speak);
        actions.add(80, "a peer reads slowly, or all", &read_slowly);
    }

private:
    static void connect(World& world) {
        bool const is_room = world.people.size() < 400 &&
                             world.hub().client_count() < world.max_people + watched_rooms;
        if (is_room) world.add_person();
    }

    static void speak(World& world) {
        Person* const person = world.random_customer();
        if (person == nullptr) return;
        using What = SimPeer::Inbound::What;
        SimPeer& peer = *person->peer;
        Random& random = world.random();
        switch (random.below(60)) {
            case 0:
                if (random.one_in(6)) peer.vanish();
                return;
            case 1:
                if (random.one_in(6)) peer.push({What::close, {}});
                return;
            case 2:
                if (random.one_in(6)) peer.push({What::violation, {}});
                return;
            case 3:
            case 4: return peer.push({What::ping, "are you there?"});
            case 5: return peer.push({What::pong, {}});
            default: return peer.push({What::message, "something"});
        }
    }

    static void read_slowly(World& world) {
        Person* const person = world.random_customer();
        if (person == nullptr) return;
        Random& random = world.random();
        switch (random.below(6)) {
            case 0:
            case 5: return person->peer->release(0);
            case 1: return person->peer->release(random.below(200));
            case 2: return person->peer->release(random.below(4000));
            case 3:
                person->peer->holds = random.one_in(2);
                person->peer->per_write = random.between(1, 7);
                return;
            default: return person->peer->release(~std::uint64_t{0});
        }
    }
};

}  // namespace simulation
