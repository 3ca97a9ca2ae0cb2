// SPDX-License-Identifier: MIT
//
// Feature: one area of what a hub does, with what can happen in it, what it sees, and what must
// hold. Each is a file in features/ and a line in features.hpp; whatever it has to remember is a
// member of it.
#pragma once

#include <string_view>

#include <pumphouse/hub/hub.hpp>
#include <pumphouse/testing/simulation/weighted_table.hpp>

#include "policy.hpp"

namespace simulation {

struct Person;

using pumphouse::simulation::WeightedTable;

/// From outside: one is a step.
using Actions = WeightedTable<World&>;

/// Inside any hook of that person's client.
using HookActions = WeightedTable<World&, Local&, Person&>;

class Feature {
public:
    explicit Feature(World& its_world) : world{its_world} {}
    virtual ~Feature() = default;
    Feature(Feature const&) = delete;
    Feature& operator=(Feature const&) = delete;

    virtual void add_actions(Actions&) {}
    virtual void add_hook_actions(HookActions&) {}

    // Told by the world.
    virtual void opened(Local&, Person&) {}
    virtual void heard(Person&) {}    // a message has reached the host
    virtual void limited(Person&) {}  // one has not
    virtual void asked(Person&, std::string_view) {}  // for that room
    virtual void joined(Local&, Person&, std::string_view, pumphouse::Joined const&) {}
    virtual void taken_out(Person&, std::string_view, pumphouse::LeftBecause) {}
    virtual void left(Person&, std::string_view) {}   // that room, or asks for it no more
    virtual void presence_changed(Local&, std::string_view, pumphouse::PresenceChange const&) {}
    virtual void users_changed(pumphouse::UserChange const&) {}
    virtual void found_offline(std::string_view, std::string_view) {}
    virtual void closed(Person&, pumphouse::CloseReason const&) {}
    /// A message that a peer has got whole. True: it was this feature's, no other is asked.
    virtual bool received(Person&, pumphouse::Opcode, std::string_view) { return false; }

    // What must hold; each throws through `world.require`.
    virtual void check_step() {}
    virtual void check_dry() {}  // everybody reads, and nothing is left to do
    virtual void check_quiet() {}  // nor to be told
    virtual void check_end() {}  // everybody is gone

protected:
    World& world;
};

}  // namespace simulation
