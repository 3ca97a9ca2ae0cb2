// SPDX-License-Identifier: MIT
//
// Closing: the host closes clients and hubs, from outside and in hooks, and hooks throw. Nobody
// is closed unasked.
#pragma once

#include "../world.hpp"

namespace simulation {

class Closing final : public Feature {
public:
    using Feature::Feature;

    void add_actions(Actions& actions) override {
        actions.add(1, "the host unregisters somebody", &unregister);
    }

    void add_hook_actions(HookActions& actions) override {
        actions.add(3500, "a hook does nothing", [](World&, Local&, Person&) {});
        actions.add(40, "a hook throws", [](World&, Local&, Person&) {
            throw std::runtime_error{"the host's own trouble"};
        });
        actions.add(40, "a hook closes its client", [](World&, Local& hub, Person& person) {
            person.is_to_be_closed = true;
            hub.close(person.id, pumphouse::CloseCode::kicked, "enough");
        });
        actions.add(40, "a hook closes another client", [](World& world, Local& hub, Person&) {
            Person* const other = world.random_customer();
            if (other == nullptr) return;
            other->is_to_be_closed = true;
            hub.close(other->id);
        });
        actions.add(1, "a hook shuts the hub down", [](World& world, Local& hub, Person&) {
            hub.shutdown();
            world.is_shutting_down = true;
            ++world.seen.shutdowns;
        });
    }

    void closed(Person& person, pumphouse::CloseReason const& reason) override {
        using Cause = pumphouse::CloseCause;
        if (reason.cause == Cause::lag || reason.cause == Cause::write_deadline) {
            ++world.seen.evicted;
        }
        world.require(reason.cause != Cause::host || person.is_to_be_closed,
                      "a client was closed that nobody had asked to close");
    }

private:
    static void unregister(World& world) {
        Person* const person = world.random_customer();
        if (person == nullptr) return;
        person->is_to_be_closed = true;
        for (std::uint64_t times = world.random().between(1, 2); times-- != 0;) {
            static_cast<void>(world.hub().unregister_channel().push(person->id));
        }
    }
};

}  // namespace simulation
