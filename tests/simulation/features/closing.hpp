// SPDX-License-Identifier: MIT
//
// Closing: the host closes clients and hubs, and hooks throw. Nobody
// is closed unasked.
#pragma once

#include "../world.hpp"

namespace simulation {

class Closing final : public Feature {
public:
    using Feature::Feature;

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
            Person* const other = world.pick();
            if (other == nullptr) return;
            other->is_to_be_closed = true;
            hub.close(other->id);
        });
        actions.add(1, "a hook shuts the hub down", [](World& world, Local& hub, Person&) {
            hub.shutdown();
            ++world.seen.shutdowns;
        });
    }

    void closed(Person& person, pumphouse::CloseReason const& reason) override {
        using Cause = pumphouse::CloseCause;
        if (reason.cause == Cause::lag || reason.cause == Cause::write_deadline) {
            ++world.seen.evicted;
        }
        auto const rule = world.hub().core()->options.device_rule;
        bool const gives_place = rule == pumphouse::DeviceRule::close_oldest &&
                                 !person.user.empty() &&
                                 reason.code == pumphouse::CloseCode::kicked;
        world.require(reason.cause != Cause::host || person.is_to_be_closed || gives_place,
                      "a client was closed that nobody had asked to close");
    }
};

}  // namespace simulation
