// SPDX-License-Identifier: MIT
//
// Feature: one area of what a hub does, with what can happen in it, what it sees, and what must
// hold. Each is a file in features/ and a line in features.hpp; whatever it has to remember is a
// member of it.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <pumphouse/hub/hub.hpp>

#include "policy.hpp"
#include "random.hpp"

namespace simulation {

struct Person;

/// Things that may happen, each with a weight: twice the weight, twice as often.
template <typename... Arguments>
class Table {
public:
    struct Entry {
        unsigned weight;
        std::string_view name;  // what happens, as a sentence for whoever reads a failure
        void (*act)(Arguments...);
    };

    void add(unsigned weight, std::string_view name, void (*act)(Arguments...)) {
        entries_.push_back({weight, name, act});
        total_ += weight;
    }

    Entry const& draw(Random& random) const {
        std::uint64_t at = random.below(total_);
        for (Entry const& each : entries_) {
            if (at < each.weight) return each;
            at -= each.weight;
        }
        return entries_.back();
    }

private:
    std::vector<Entry> entries_;
    std::uint64_t total_ = 0;
};

using Actions = Table<World&>;                      // from outside: one is a step
using HookActions = Table<World&, Local&, Person&>;  // inside any hook of that person's client

class Feature {
public:
    explicit Feature(World& its_world) : world{its_world} {}
    virtual ~Feature() = default;
    Feature(Feature const&) = delete;
    Feature& operator=(Feature const&) = delete;

    virtual void add_actions(Actions&) {}
    virtual void add_hook_actions(HookActions&) {}

    // Told by the world.
    virtual void joined(Local&, Person&, std::string_view, pumphouse::Joined const&) {}
    virtual void closed(Person&, pumphouse::CloseReason const&) {}
    /// A message that a peer has got whole. True: it was this feature's, no other is asked.
    virtual bool received(Person&, pumphouse::Opcode, std::string_view) { return false; }

    // What must hold; each throws through `world.require`.
    virtual void check_step() {}
    virtual void check_dry() {}  // everybody reads, and nothing is left to do
    virtual void check_end() {}  // everybody is gone

protected:
    World& world;
};

}  // namespace simulation
