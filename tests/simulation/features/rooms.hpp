// SPDX-License-Identifier: MIT
//
// Rooms: hooks join and leave.
#pragma once

#include "../world.hpp"
#include "messages.hpp"

namespace simulation {

class Rooms final : public Feature {
public:
    using Feature::Feature;

    void add_hook_actions(HookActions& actions) override {
        actions.add(1800, "a hook joins a room", &join);
        actions.add(600, "a hook leaves a room", &leave);
    }

private:
    static void join(World& world, Local& hub, Person& person) {
        std::string_view const name = room_names[world.random().below(room_names.size())];
        world.tell("joins ", name);
        world.join(hub, person, name);
    }

    static void leave(World& world, Local& hub, Person& person) {
        auto const room = static_cast<std::uint16_t>(world.random().below(room_names.size()));
        std::string_view const name = room_names[room];
        world.tell("leaves ", name);
        bool const was_member = hub.is_member(person.id, name);
        bool const is_torn = hub.ledger(person.id, name).in_flight != 0;
        if (!hub.leave(person.id, name)) return;
        world.tell_left(person, name);
        if (!was_member) return;
        world.feature<Messages>().ended(person, room, is_torn);
    }
};

}  // namespace simulation
