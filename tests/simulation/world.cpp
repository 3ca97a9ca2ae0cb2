// SPDX-License-Identifier: MIT
// How a world begins, and what hooks and peers do.
#include "world.hpp"

#include "features.hpp"

namespace simulation {

// --- the host's policy ------------------------------------------------------------------------

void SimPolicy::on_open(Local& hub, ClientId client) {
    Person& person = world->person_of(client);
    ++world->hooks_run;
    if (person.is_observer) {
        hub.join(client, room_names[person.watched]);
        return;
    }
    World::Inside const inside{*world, person.random};
    for (auto const& each : world->features_) each->opened(hub, person);
    for (std::uint64_t rooms = person.random.below(4); rooms-- != 0;) {
        std::string_view const name = room_names[person.random.below(room_names.size())];
        world->tell("person ", person.serial, " joins ", name);
        world->join(hub, person, name);
    }
    world->act_in_hook(hub, person);
}

void SimPolicy::on_message(Local& hub, ClientId client, Message) {
    world->require(hub.session(client)->check == 0x5e5510, "a session was lost");
    Person& person = world->person_of(client);
    for (auto const& each : world->features_) each->heard(person);
    world->act_in_hook(hub, person);
}

void SimPolicy::on_joined(Local& hub, ClientId client, std::string_view room,
                          pumphouse::Joined const& joined) {
    Person& person = world->person_of(client);
    ++world->hooks_run;
    {
        World::Inside const inside{*world, person.random};
        for (auto const& each : world->features_) each->joined(hub, person, room, joined);
    }
    if (!person.is_observer) world->act_in_hook(hub, person);
}

void SimPolicy::on_left(Local& hub, ClientId client, std::string_view room,
                        pumphouse::LeftBecause because) {
    Person& person = world->person_of(client);
    for (auto const& each : world->features_) each->taken_out(person, room, because);
    world->act_in_hook(hub, person);
}

void SimPolicy::on_close(Local& hub, ClientId client, pumphouse::CloseReason const&) {
    world->require(hub.session(client)->check == 0x5e5510, "a session ended before on_close");
    world->act_in_hook(hub, world->person_of(client));
}

pumphouse::JoinDecision SimPolicy::may_join(Local&, ClientId, std::string_view room) {
    using pumphouse::JoinDecision;
    return room.starts_with("later") ? JoinDecision::later : JoinDecision::allow;
}

void SimPolicy::on_presence(Local& hub, std::string_view room,
                            pumphouse::PresenceChange const& change) {
    ++world->hooks_run;
    for (auto const& each : world->features_) each->presence_changed(hub, room, change);
}

void SimPolicy::on_users(Local&, pumphouse::UserChange const& change) {
    ++world->hooks_run;
    for (auto const& each : world->features_) each->users_changed(change);
}

void SimPolicy::on_offline(Local&, std::string_view user, Message message) {
    for (auto const& each : world->features_) each->found_offline(user, message.payload);
}

void SimPolicy::on_rate_limited(Local& hub, ClientId client) {
    Person& person = world->person_of(client);
    for (auto const& each : world->features_) each->limited(person);
    world->act_in_hook(hub, person);
}

void World::join(Local& hub, Person& person, std::string_view room, pumphouse::Since since) {
    if (hub.join(person.id, room, since) != pumphouse::JoinRequest::requested) return;
    for (auto const& each : features_) each->asked(person, room);
}

void World::tell_left(Person& person, std::string_view room) {
    for (auto const& each : features_) each->left(person, room);
}

// Anything a host may do inside any hook.
void World::act_in_hook(Local& hub, Person& person) {
    ++hooks_run;
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
    add_action(2, "all is quiet, and everybody has been told", [this] { fall_quiet(); });
    for (std::uint16_t room = 0; room < watched_rooms; ++room) connect(true)->watched = room;
    for (std::uint16_t room = first_keyed_room; room < room_names.size(); ++room) {
        connect(true)->watched = room;
    }
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
    options.permission_deadline = std::chrono::seconds{random.between(1, 10)};
    if (random.one_in(2)) options.device_rule = pumphouse::DeviceRule::close_oldest;
    Rates::draw(options, random);
    options.close_wait = std::chrono::seconds{random.below(8)};
    options.max_lingering_rooms = random.below(4);
    options.max_replay_bytes = random.between(1, 2000);
    options.direct = {.max_lag_messages = 6, .max_lag_bytes = 5000};
    return {.hub = options, .draws_limits = false};
}

// What changes is collected before it is told. Who is closed for a violation leaves rooms without a
// hook: its going is told in the round after that.
void World::fall_quiet() {
    constexpr int most_rounds = 10;
    int quiet_rounds = 0;
    for (int i = 0; i < most_rounds && quiet_rounds != 2; ++i) {
        std::uint64_t const before = hooks_run;
        pass(std::chrono::milliseconds{220});
        run_dry();
        quiet_rounds = before == hooks_run ? quiet_rounds + 1 : 0;
    }
    if (quiet_rounds != 2 || is_shutting_down()) return;
    ++seen.quiet;
    for (auto const& each : features_) each->check_quiet();
}

// What waits for a flush interval is to be there too.
void World::dry() {
    Simulation::dry();
    pass(std::chrono::milliseconds{20});
    Simulation::dry();
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
    tally["conflated"] += seen.conflated;
    tally["taken out of a room"] += seen.taken_out;
    tally["evicted"] += seen.evicted;
    tally["gap notices"] += seen.gaps;
    tally["closed"] += seen.closed;
    tally["left with a torn frame"] += seen.torn;
    tally["full"] += seen.full;
    tally["reordered between rooms"] += seen.reordered;
    tally["refused to join"] += seen.refused;
    tally["limited"] += seen.limited;
    tally["quiet"] += seen.quiet;
    tally["shutdowns from a hook"] += seen.shutdowns;
    tally["recovered"] += seen.recovered;
    tally["not recovered"] += seen.not_recovered;
    tally["replayed"] += seen.replayed;
    tally["pages"] += seen.pages;
}

}  // namespace simulation
