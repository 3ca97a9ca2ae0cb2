// SPDX-License-Identifier: MIT
// How a world begins, what a step is, what hooks and peers do, and how it ends.
#include "world.hpp"

#include "features.hpp"

namespace simulation {

// --- the host's policy ------------------------------------------------------------------------

void SimPolicy::on_open(Local& hub, ClientId client) {
    Person& person = world->person_of(client);
    ++person.opened;
    person.pinged_at = virtual_now;
    if (person.is_observer) {
        hub.join(client, room_names[person.watched]);
        return;
    }
    World::Inside const inside{*world, person};
    for (std::uint64_t rooms = person.random.below(4); rooms-- != 0;) {
        hub.join(client, room_names[person.random.below(room_names.size())]);
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

void SimPolicy::on_close(Local& hub, ClientId client, pumphouse::CloseReason const& reason) {
    Person& person = world->person_of(client);
    world->require(++person.closed == 1, "on_close ran twice");
    std::erase(world->living, &person);
    ++world->seen.closed;
    world->mix(static_cast<std::uint64_t>(reason.code));
    for (auto const& each : world->features_) each->closed(person, reason);
    world->require(hub.session(client)->check == 0x5e5510, "a session ended before on_close");
    world->act_in_hook(hub, person);
}

// Anything a host may do inside any hook.
void World::act_in_hook(Local& hub, Person& person) {
    Inside const inside{*this, person};
    hook_actions_.draw(person.random).act(*this, hub, person);
}

// --- beginning, steps, end --------------------------------------------------------------------

World::World(std::uint64_t seed) : seed_{seed}, step_{Random::sub(seed, ~std::uint64_t{0})} {
    virtual_now = 1'000'000'000;
    max_people = 3 + step_.below(12);
    features_ = all_features(*this);
    for (auto const& each : features_) {
        each->add_actions(actions_);
        each->add_hook_actions(hook_actions_);
    }
    SimPolicy policy;
    policy.world = this;
    auto const options = random_options();
    hub_ = std::make_unique<pumphouse::Hub<SimPolicy>>(options, policy);
    for (std::size_t i = 0; i < options.shards; ++i) {
        driven_.push_back({.waker = std::make_shared<SimWaker>()});
        hub_->core()->set_waker(i, driven_.back().waker);
    }
    for (std::uint16_t room = 0; room < watched_rooms; ++room) add_person(room);
    run_dry();
}

World::~World() {
    hub_.reset();  // while the peers of whoever is left are still there
}

pumphouse::HubOptions World::random_options() {
    pumphouse::HubOptions options;
    options.shards = 1 + seed_ % 4;
    options.max_clients = 30;
    options.max_inbox_messages = step_.between(4, 60);
    options.max_inbox_bytes = step_.between(500, 100'000);
    options.max_unflushed_bytes = step_.between(500, 20'000);
    options.flush_slice_clients = step_.between(1, 9);
    options.flush_slice_bytes = step_.between(50, 20'000);
    options.max_rooms_per_client = 4;
    options.heartbeat.any_traffic = step_.one_in(2);
    options.close_wait = std::chrono::seconds{step_.below(8)};
    options.direct = {.max_lag_messages = 6, .max_lag_bytes = 5000};
    return options;
}

void World::step(std::uint64_t number) {
    step_ = Random::sub(seed_, number);
    actions_.draw(step_).act(*this);
    check_step();
}

void World::finish() {
    step_ = Random::sub(seed_, ~std::uint64_t{1});
    run_dry();
    if (!is_shutting_down) hub_->shutdown();
    is_shutting_down = true;
    for (auto const& person : people) person->peer->release(~std::uint64_t{0});
    for (int i = 0; i < 50; ++i) {
        run_dry();
        virtual_now += std::int64_t{1'000'000'000};
    }
    for (Driven const& each : driven_) require(each.is_finished, "shutdown did not finish");
    for (auto const& person : people) {
        require(person->opened == 1, "on_open did not run exactly once");
        require(person->closed == 1, "on_close did not run exactly once");
        require(person->peer->hub_has_closed, "a transport was not closed");
    }
    require(hub_->core()->budget.messages() == 0, "messages of the budget were not given back");
    require(hub_->core()->budget.bytes() == 0, "bytes of the budget were not given back");
    require(hub_->client_count() == 0, "a slot was not given back");
    for (std::size_t i = 0; i < hub_->shard_count(); ++i) {
        auto const& shard = hub_->shard(i);
        require(shard.logs().memory.in_use_bytes() == 0, "memory of a log was not given back");
        require(shard.logs().unflushed_bytes == 0, "unflushed bytes are left over");
        require(shard.room_count() == 0, "a room was left over");
    }
    for (auto const& each : features_) each->check_end();
}

// --- people -----------------------------------------------------------------------------------

void World::add_person(std::uint16_t watched) {
    auto person = std::make_unique<Person>();
    Person& who = *person;
    who.serial = static_cast<std::uint32_t>(people.size());
    who.is_observer = watched != no_room;
    who.watched = watched;
    who.key = random().next();
    who.random = Random{random().next()};
    auto const on_frame = [this, &who](auto opcode, auto payload) {
        received(who, opcode, payload);
    };
    who.peer = std::make_unique<SimPeer>(random().one_in(2), on_frame);
    auto client = std::make_unique<pumphouse::Client<SimTransport>>(*who.peer);
    auto const answer = hub_->register_channel().push(std::move(client));
    if (!answer) return require(client != nullptr, "a refused client was not handed back");
    who.id = answer.id;
    who.shard = static_cast<std::uint16_t>(hub_->core()->shard_of(who.id));
    by_id_[who.id.value()] = &who;
    living.push_back(&who);
    people.push_back(std::move(person));
}

void World::received(Person& person, pumphouse::Opcode opcode, std::string_view payload) {
    Inside const inside{*this, person};
    mix(person.serial * 31 + static_cast<std::uint64_t>(opcode));
    mix(payload.size());
    if (opcode == pumphouse::Opcode::ping) {
        person.pinged_at = virtual_now;
        bool const answers = person.is_observer || !random().one_in(5);
        if (answers) person.peer->push({SimPeer::Inbound::What::pong, {}});
    } else if (opcode == pumphouse::Opcode::close) {
        if (!random().one_in(3)) person.peer->push({SimPeer::Inbound::What::close, {}});
    } else if (!pumphouse::is_control(opcode)) {
        for (auto const& each : features_) {
            if (each->received(person, opcode, payload)) return;
        }
        throw Broken{"a peer got what nobody had sent"};
    }
}

// Each candidate draws a lot from its key, and the highest is picked, so that who is picked stays
// the same when others are not there.
Person* World::random_person() {
    if (people.empty()) return nullptr;
    // Mostly those who came last: the others are gone.
    std::size_t const recent = std::min<std::size_t>(people.size(), max_people + 6);
    std::size_t const from = random().one_in(8) ? 0 : people.size() - recent;
    std::uint64_t const lot = random().next();
    Person* picked = nullptr;
    std::uint64_t highest = 0;
    for (std::size_t i = from; i < people.size(); ++i) {
        std::uint64_t const drawn = Random::mix(people[i]->key ^ lot);
        if (picked != nullptr && drawn < highest) continue;
        picked = people[i].get();
        highest = drawn;
    }
    return picked;
}

Person* World::random_customer() {
    Person* const person = random_person();
    return person == nullptr || person->is_observer ? nullptr : person;
}

std::uint16_t World::producer_of(Person const& person) const noexcept {
    return static_cast<std::uint16_t>(producers + person.shard);
}

}  // namespace simulation
