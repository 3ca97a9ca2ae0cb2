// SPDX-License-Identifier: MIT
// How a world begins, and what hooks and peers do.
#include "world.hpp"

#include "features.hpp"

namespace simulation {

// --- the host's policy ------------------------------------------------------------------------

void SimPolicy::on_open(Local& hub, ClientId client) {
    Person& person = world->person_of(client);
    if (person.is_observer) {
        hub.join(client, room_names[person.watched]);
        return;
    }
    World::Inside const inside{*world, person.random};
    for (std::uint64_t rooms = person.random.below(4); rooms-- != 0;) {
        std::string_view const name = room_names[person.random.below(room_names.size())];
        world->tell("person ", person.serial, " joins ", name);
        hub.join(client, name);
    }
    world->act_in_hook(hub, person);
}

void SimPolicy::on_message(Local& hub, ClientId client, Message) {
    world->require(hub.session(client)->check == 0x5e5510, "a session was lost");
    world->act_in_hook(hub, world->person_of(client));
}

void SimPolicy::on_joined(Local& hub, ClientId client, std::string_view room,
                          pumphouse::Joined const& joined) {
    Person& person = world->person_of(client);
    for (auto const& each : world->features_) each->joined(hub, person, room, joined);
    if (!person.is_observer) world->act_in_hook(hub, person);
}

void SimPolicy::on_close(Local& hub, ClientId client, pumphouse::CloseReason const&) {
    world->require(hub.session(client)->check == 0x5e5510, "a session ended before on_close");
    world->act_in_hook(hub, world->person_of(client));
}

// Anything a host may do inside any hook.
void World::act_in_hook(Local& hub, Person& person) {
    Inside const inside{*this, person.random};
    auto const& action = hook_actions_.draw(person.random);
    tell("person ", person.serial, ": ", action.name);
    action.act(*this, hub, person);
}

// --- the world ----------------------------------------------------------------------------------

World::World(std::uint64_t seed) : Simulation{seed, setup_of(seed), policy_of(this)} {
    features_ = all_features(*this);
    Actions actions;
    for (auto const& each : features_) {
        each->add_actions(actions);
        each->add_hook_actions(hook_actions_);
        check_each_step([&feature = *each] { feature.check_step(); });
        check_when_dry([&feature = *each] { feature.check_dry(); });
        check_at_end([&feature = *each] { feature.check_end(); });
    }
    for (auto const& each : actions.entries()) {
        add_action(each.weight, each.name, [this, act = each.act] { act(*this); });
    }
    for (std::uint16_t room = 0; room < watched_rooms; ++room) connect(true)->watched = room;
    run_dry();
}

pumphouse::simulation::Setup World::setup_of(std::uint64_t seed) {
    constexpr std::uint64_t options_stream = ~std::uint64_t{0} - 9;
    Random random = Random::sub(seed, options_stream);
    pumphouse::HubOptions options;
    options.max_clients = 30;
    options.max_inbox_messages = random.between(4, 60);
    options.max_inbox_bytes = random.between(500, 100'000);
    options.max_unflushed_bytes = random.between(500, 20'000);
    options.flush_slice_clients = random.between(1, 9);
    options.flush_slice_bytes = random.between(50, 20'000);
    options.max_rooms_per_client = 4;
    options.heartbeat.any_traffic = random.one_in(2);
    options.close_wait = std::chrono::seconds{random.below(8)};
    options.direct = {.max_lag_messages = 6, .max_lag_bytes = 5000};
    return {.hub = options, .draws_limits = false};
}

SimPolicy World::policy_of(World* world) {
    SimPolicy policy;
    policy.world = world;
    return policy;
}

void World::received(Person& person, pumphouse::Opcode opcode, std::string_view payload) {
    for (auto const& each : features_) {
        if (each->received(person, opcode, payload)) return;
    }
    fail("a peer got what nobody had sent");
}

bool World::is_gap_notice(Person const&, std::string_view payload) const {
    return payload.starts_with("gap ");
}

void World::closed(Person& person, pumphouse::CloseReason const& reason) {
    ++seen.closed;
    for (auto const& each : features_) each->closed(person, reason);
}

void World::add_to(pumphouse::simulation::Tally& tally) const {
    tally["delivered"] += seen.delivered;
    tally["excluded"] += seen.excluded;
    tally["skipped"] += seen.skipped;
    tally["evicted"] += seen.evicted;
    tally["gap notices"] += seen.gaps;
    tally["closed"] += seen.closed;
    tally["left with a torn frame"] += seen.torn;
    tally["full"] += seen.full;
    tally["reordered between rooms"] += seen.reordered;
    tally["shutdowns from a hook"] += seen.shutdowns;
}

}  // namespace simulation
