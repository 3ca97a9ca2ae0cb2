// SPDX-License-Identifier: MIT
//
// What looking at a hub now and then tells of it.
#include <pumphouse/server/hub_pulse.hpp>

#include <memory>
#include <optional>

#include <pumphouse/hub/hub.hpp>

#include "support/catch.hpp"

using namespace pumphouse;

TEST_CASE("hub pulse: one that stands still is waited for, and at once well when it goes on") {
    HubOptions options;
    options.shards = 2;
    Hub<DefaultPolicy> hub{options};
    HubPulse pulse{hub.core()};
    auto const first = pulse.look();
    CHECK_FALSE(first.is_waiting);
    CHECK(first.took == Duration::zero());
    auto const second = pulse.look();
    auto const third = pulse.look();
    CHECK(second.is_waiting);
    CHECK(third.is_waiting);
    CHECK(third.took >= second.took);
    hub.poll();
    auto const then = pulse.look();
    CHECK_FALSE(then.is_waiting);
    CHECK(then.took >= third.took);  // it says how long it was
    hub.poll();
    CHECK_FALSE(pulse.look().is_waiting);
}

TEST_CASE("hub pulse: of two shards both have to go on") {
    HubOptions options;
    options.shards = 2;
    Hub<DefaultPolicy> hub{options};
    HubPulse pulse{hub.core()};
    static_cast<void>(pulse.look());
    hub.shard(0).turn(hub.now(), TurnBudget{});
    CHECK(pulse.look().is_waiting);
    hub.shard(1).turn(hub.now(), TurnBudget{});
    CHECK_FALSE(pulse.look().is_waiting);
}

TEST_CASE("hub pulse: a hub that has ended keeps nobody waiting") {
    std::optional<Hub<DefaultPolicy>> hub{std::in_place};
    HubPulse pulse{hub->core()};
    static_cast<void>(pulse.look());
    hub.reset();
    CHECK_FALSE(pulse.look().is_waiting);
    CHECK_FALSE(pulse.look().is_waiting);
}
