// SPDX-License-Identifier: MIT
// Bodies of world.hpp: what happens.
#include "world.hpp"

#include <algorithm>
#include <cstring>

namespace simulation {

using pumphouse::text;

// --- the host's policy ------------------------------------------------------------------------

void SimPolicy::on_open(auto& hub, ClientId client) {
    auto& person = world->person_of(client);
    ++person.opened;
    person.pinged_at = virtual_now;
    person.shard = static_cast<std::uint16_t>(world->hub_->core()->shard_of(client));
    if (person.is_observer) {
        hub.join(client, World::room_names[person.stale_room]);
        person.stale_room = 0xffff;
    } else {
        for (std::uint64_t rooms = world->random_.below(4); rooms-- != 0;) {
            hub.join(client, World::room_names[world->random_.below(World::room_names.size())]);
        }
        world->act_in_hook(hub, client);
    }
}

void SimPolicy::on_message(auto& hub, ClientId client, Message) {
    world->require(hub.session(client)->check == 0x5e5510, "a session was lost");
    world->act_in_hook(hub, client);
}

void SimPolicy::on_joined(auto& hub, ClientId client, std::string_view,
                          pumphouse::Joined const&) {
    if (!world->person_of(client).is_observer) world->act_in_hook(hub, client);
}

void SimPolicy::on_close(auto& hub, ClientId client, pumphouse::CloseReason const& reason) {
    auto& person = world->person_of(client);
    world->require(++person.closed == 1, "on_close ran twice");
    person.received.clear();
    std::erase(world->living_, &person);
    ++world->seen_.closed;
    using Cause = pumphouse::CloseCause;
    if (reason.cause == Cause::lag || reason.cause == Cause::write_deadline) {
        ++world->seen_.evicted;
    }
    world->mix(static_cast<std::uint64_t>(reason.code));
    world->require(reason.cause != Cause::host || person.is_to_be_closed,
                   "a client was closed that nobody had asked to close");
    world->require(hub.session(client)->check == 0x5e5510, "a session ended before on_close");
    world->act_in_hook(hub, client);
}

// --- beginning and end ------------------------------------------------------------------------

World::World(std::uint64_t seed) : random_{seed * 2 + 1} {
    virtual_now = 1'000'000'000;
    excluded_.push_back(0);
    max_people_ = 3 + random_.below(12);
    SimPolicy policy;
    policy.world = this;
    auto options = random_options();
    options.shards = 1 + seed % 2;
    hub_ = std::make_unique<pumphouse::Hub<SimPolicy>>(options, policy);
    for (std::size_t i = 0; i < options.shards; ++i) {
        driven_.push_back({.waker = std::make_shared<SimWaker>()});
        hub_->core()->set_waker(i, driven_.back().waker);
    }
    for (std::uint16_t room = 0; room < watched_rooms; ++room) add_person(true, room);
    run_dry();
    is_watched_.fill(true);
}

World::~World() {
    hub_.reset();  // while the peers of whoever is left are still there
}

pumphouse::HubOptions World::random_options() {
    pumphouse::HubOptions options;
    options.max_clients = 30;
    options.max_inbox_messages = random_.between(4, 60);
    options.max_inbox_bytes = random_.between(500, 100'000);
    options.max_unflushed_bytes = random_.between(500, 20'000);
    options.flush_slice_clients = random_.between(1, 9);
    options.flush_slice_bytes = random_.between(50, 20'000);
    options.max_rooms_per_client = 4;
    options.heartbeat.any_traffic = random_.one_in(2);
    options.close_wait = std::chrono::seconds{random_.below(8)};
    options.direct = {.max_lag_messages = 6, .max_lag_bytes = 5000};
    return options;
}

void World::add_person(bool is_observer, std::uint16_t watched) {
    auto person = std::make_unique<Person>();
    Person& who = *person;
    who.serial = static_cast<std::uint32_t>(people_.size());
    who.is_observer = is_observer;
    if (is_observer) who.stale_room = watched;  // until it has joined
    auto const on_frame = [this, &who](auto opcode, auto payload) {
        received(who, opcode, payload);
    };
    who.peer = std::make_unique<SimPeer>(random_.one_in(2), on_frame);
    auto client = std::make_unique<pumphouse::Client<SimTransport>>(*who.peer);
    auto const answer = hub_->register_channel().push(std::move(client));
    if (!answer) {
        require(client != nullptr, "a refused client was not handed back");
        return;
    }
    who.id = answer.id;
    by_id_[who.id.value()] = &who;
    living_.push_back(&who);
    people_.push_back(std::move(person));
}

void World::finish() {
    run_dry();
    if (!is_shutting_down_) hub_->shutdown();
    is_shutting_down_ = true;
    for (auto const& person : people_) person->peer->release(~std::uint64_t{0});
    for (int i = 0; i < 50; ++i) {
        run_dry();
        virtual_now += std::int64_t{1'000'000'000};
    }
    for (Driven const& each : driven_) require(each.is_finished, "shutdown did not finish");
    for (auto const& person : people_) {
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
        seen_.delivered += shard.stats().ledger.delivered;
        seen_.excluded += shard.stats().ledger.excluded;
        seen_.skipped += shard.stats().ledger.skipped;
    }
}

// --- what peers see ---------------------------------------------------------------------------

void World::received(Person& person, pumphouse::Opcode opcode, std::string_view payload) {
    mix(person.serial * 31 + static_cast<std::uint64_t>(opcode));
    mix(payload.size());
    if (opcode == pumphouse::Opcode::ping) {
        person.pinged_at = virtual_now;
        bool const answers = person.is_observer || !random_.one_in(5);
        if (answers) person.peer->push({SimPeer::Inbound::What::pong, {}});
    } else if (opcode == pumphouse::Opcode::close) {
        if (!random_.one_in(3)) person.peer->push({SimPeer::Inbound::What::close, {}});
    } else if (!pumphouse::is_control(opcode)) {
        received_message(person, payload);
    }
}

void World::received_message(Person& person, std::string_view payload) {
    if (payload.starts_with("gap ")) {
        ++seen_.gaps;
        auto const space = payload.rfind(' ');
        std::uint16_t const room = room_number(payload.substr(4, space - 4));
        auto const lost = std::stoull(std::string{payload.substr(space + 1)});
        person.receipts[room].push_back({0, lost, false});
        return;
    }
    Header header;
    require(payload.size() >= sizeof header, "a message was cut");
    std::memcpy(&header, payload.data(), sizeof header);
    for (char const each : payload.substr(sizeof header)) {
        require(each == static_cast<char>(header.id), "a message was mixed with another");
    }
    mix(header.id);
    require(header.excluded != person.serial + 1, "an excluded client was not left out");
    if (person.stale_room == header.room) {
        person.stale_room = 0xffff;  // the rest of what was in flight when it left
        return;
    }
    ++person.received[header.room];
    person.receipts[header.room].push_back({header.id, 0, false});
    check_producer_order(person, header);
    if (person.is_observer && header.room < watched_rooms &&
        person.serial == header.room) {
        order_[header.room].push_back(header.id);
    }
}

// Per producer and room: FIFO. On one shard a direct message is a barrier for the host's
// messages to rooms, too.
void World::check_producer_order(Person& person, Header const& header) {
    auto& rooms = person.last;
    auto& last = rooms[header.room][header.producer];
    require(header.number > last, "two messages of one producer to one room changed places");
    last = header.number;
    for (auto const& [room, by_producer] : rooms) {
        if (room == header.room) continue;
        auto const other = by_producer.find(header.producer);
        if (other == by_producer.end() || other->second < header.number) continue;
        bool const is_barrier = room == direct || header.room == direct;
        ++seen_.reordered;
        require(!is_barrier || driven_.size() != 1 || header.producer >= producers,
                "a direct message changed places with a room's");
    }
}

std::uint16_t World::room_number(std::string_view name) const {
    for (std::uint16_t i = 0; i < room_names.size(); ++i) {
        if (name == room_names[i]) return i;
    }
    throw Broken{"an unknown room was named: " + std::string{name}};
}

std::string World::make_payload(std::uint16_t room, std::uint16_t producer,
                                std::uint32_t excluded) {
    Header const header{excluded_.size(), ++next_number_[producer], excluded, producer, room};
    excluded_.push_back(excluded);
    std::size_t const padding = random_.one_in(150)  ? random_.between(60'000, 140'000)
                                : random_.one_in(10) ? random_.between(100, 3000)
                                                     : random_.below(40);
    std::string payload(sizeof header + padding, static_cast<char>(header.id));
    std::memcpy(payload.data(), &header, sizeof header);
    return payload;
}

// --- things that happen -----------------------------------------------------------------------

void World::step() {
    ++steps_;
    switch (random_.below(16)) {
        case 0:
            if (by_id_.size() < 400 && people_.size() < 400 &&
                hub_->client_count() < max_people_ + watched_rooms) {
                add_person(false, 0);
            }
            break;
        case 1:
        case 2:
        case 3:
            for (std::uint64_t more = random_.between(1, 5); more-- != 0;) {
                broadcast_from_outside();
            }
            break;
        case 4: send_from_outside(); break;
        case 5:
        case 6: peer_does_something(); break;
        case 7:
        case 8: peer_is_slow(); break;
        case 9:
            if (random_.one_in(40)) unregister_somebody();
            break;
        case 10: time_passes(); break;
        default: turn_some_shard(); break;
    }
    if (steps_ % 400 == 0) run_dry();
    check_step();
}

void World::broadcast_from_outside() {
    auto const producer = static_cast<std::uint16_t>(random_.below(producers));
    auto const room = static_cast<std::uint16_t>(random_.below(room_names.size() + 1));
    bool const to_all = room == room_names.size();
    Person* const left_out = random_.one_in(3) ? random_person() : nullptr;
    pumphouse::Delivery how;
    std::uint32_t serial = 0;
    if (left_out != nullptr && !left_out->is_observer) {
        how.excluded = left_out->id;
        serial = left_out->serial + 1;
    }
    auto const payload = make_payload(to_all ? everybody : room, producer, serial);
    auto const answer = to_all ? hub_->broadcast_all(text(payload), how)
                               : hub_->broadcast(room_names[room], text(payload), how);
    if (answer == Accepted::full) ++seen_.full;
    require(answer != Accepted::closed || is_shutting_down_, "closed before any shutdown");
}

void World::send_from_outside() {
    Person* const to = random_person();
    if (to == nullptr) return;
    auto const producer = static_cast<std::uint16_t>(random_.below(producers));
    auto const payload = make_payload(direct, producer, 0);
    static_cast<void>(hub_->send(to->id, text(payload)));
}

void World::peer_does_something() {
    Person* const person = random_person();
    if (person == nullptr || person->is_observer) return;
    using What = SimPeer::Inbound::What;
    SimPeer& peer = *person->peer;
    switch (random_.below(60)) {
        case 0:
            if (random_.one_in(6)) peer.vanish();
            return;
        case 1:
            if (random_.one_in(6)) peer.push({What::close, {}});
            return;
        case 2:
            if (random_.one_in(6)) peer.push({What::violation, {}});
            return;
        case 3:
        case 4: return peer.push({What::ping, "are you there?"});
        case 5: return peer.push({What::pong, {}});
        default: return peer.push({What::message, "something"});
    }
}

void World::peer_is_slow() {
    Person* const person = random_person();
    if (person == nullptr || person->is_observer) return;
    switch (random_.below(6)) {
        case 0:
        case 5: return person->peer->release(0);
        case 1: return person->peer->release(random_.below(200));
        case 2: return person->peer->release(random_.below(4000));
        case 3:
            person->peer->holds = random_.one_in(2);
            person->peer->per_write = random_.between(1, 7);
            return;
        default: return person->peer->release(~std::uint64_t{0});
    }
}

void World::unregister_somebody() {
    Person* const person = random_person();
    if (person == nullptr || person->is_observer) return;
    person->is_to_be_closed = true;
    for (std::uint64_t times = random_.between(1, 2); times-- != 0;) {
        static_cast<void>(hub_->unregister_channel().push(person->id));
    }
}

void World::time_passes() {
    virtual_now += static_cast<std::int64_t>(random_.below(30) * 20'000'000);
    if (!random_.one_in(40)) return;
    run_dry();  // observers must have answered before a long while passes
    virtual_now += static_cast<std::int64_t>(random_.below(60)) * 1'000'000'000;
}

void World::turn_some_shard() {
    std::size_t const index = random_.below(driven_.size());
    pumphouse::TurnBudget budget;
    if (random_.one_in(2)) budget.units = random_.between(1, 20);
    run_shard(index, budget);
}

// Anything a host may do inside any hook.
void World::act_in_hook(Local& hub, ClientId client) {
    Person& person = person_of(client);
    auto const producer = static_cast<std::uint16_t>(producers + person.shard);
    auto const room = static_cast<std::uint16_t>(random_.below(room_names.size()));
    switch (random_.below(30)) {
        case 0:
            if (random_.one_in(8)) throw std::runtime_error{"the host's own trouble"};
            break;
        case 1:
            if (random_.one_in(8)) {
                person.is_to_be_closed = true;
                hub.close(client, pumphouse::CloseCode::kicked, "enough");
            }
            break;
        case 2:
        case 3:
        case 4:
        case 5:
        case 6:
        case 7: hub.join(client, room_names[room]); break;
        case 8:
        case 9: left(hub, person, room_names[room]); break;
        case 11:
        case 12:
        case 13:
        case 14:
        case 15:
        case 16: {
            auto const payload = make_payload(room, producer, person.serial + 1);
            auto const answer = hub.broadcast(room_names[room], text(payload), except(client));
            require(answer != Accepted::full, "a hook was told full");
            break;
        }
        case 10: {  // a burst in one turn
            for (std::uint64_t more = random_.below(20); more-- != 0;) {
                hub.broadcast(room_names[room], text(make_payload(room, producer, 0)));
            }
            break;
        }
        case 17:
            hub.broadcast_all(text(make_payload(everybody, producer, 0)));
            break;
        case 18:
        case 19:
            if (Person* const to = random_person()) {
                hub.send(to->id, text(make_payload(direct, producer, 0)));
            }
            break;
        case 20:
            if (Person* const other = random_person();
                other && !other->is_observer && random_.one_in(8)) {
                other->is_to_be_closed = true;
                hub.close(other->id);
            }
            break;
        case 21:
            if (random_.one_in(300)) {
                hub.shutdown();
                is_shutting_down_ = true;
                ++seen_.shutdowns;
            }
            break;
        default: break;
    }
}

void World::left(Local& hub, Person& person, std::string_view name) {
    std::uint16_t const room = room_number(name);
    bool const was_member = hub.is_member(person.id, name);
    bool const is_torn = hub.ledger(person.id, name).in_flight != 0;
    if (!hub.leave(person.id, name) || !was_member) return;
    if (is_torn) {
        person.stale_room = room;
        ++seen_.torn;
    }
    person.received[room] = 0;
    person.receipts[room].push_back({0, 0, true});
}

// --- driving ----------------------------------------------------------------------------------

// As a driver does: who sleeps is run when woken or when its deadline has come, not else.
void World::run_shard(std::size_t index, pumphouse::TurnBudget budget) {
    Driven& driven = driven_[index];
    bool const is_due = driven.deadline <= hub_->now();
    if (!driven.waker->is_awake && !is_due) return;
    auto& shard = hub_->shard(index);
    auto const result = shard.turn(hub_->now(), budget);
    require(result.units <= budget.units, "a turn did more than its budget");
    driven.is_finished = result.finished;
    driven.deadline = result.next_deadline;
    driven.waker->is_awake = result.more || !shard.sleep();
}

void World::run_dry() {
    for (auto const& person : people_) {
        person->peer->release(~std::uint64_t{0});
        person->peer->per_write = ~std::uint64_t{0};
    }
    for (int rounds = 0;; ++rounds) {
        require(rounds < 100'000, "the hub does not come to rest");
        for (std::size_t i = 0; i < driven_.size(); ++i) run_shard(i, {});
        bool is_awake = false;  // a shard may have woken one that ran before it
        for (auto const& each : driven_) {
            is_awake |= each.waker->is_awake || each.deadline <= hub_->now();
        }
        if (!is_awake) break;
    }
    check_step();
    check_heartbeats();
    if (!is_shutting_down_) check_streams();
}

// --- checks -----------------------------------------------------------------------------------

void World::check_step() {
    if (!finding_.empty()) throw Broken{finding_};
    for (Person const* person : living_) {
        if (!person->peer->broken.empty()) throw Broken{"a stream: " + person->peer->broken};
    }
    require(hub_->core()->budget.messages() >= 0, "more of the budget was given back than taken");
    for (std::size_t i = 0; i < hub_->shard_count(); ++i) {
        auto& shard = hub_->shard(i);
        if (auto const finding = pumphouse::Audit::of(shard); !finding.empty()) {
            throw Broken{finding};
        }
        check_ledgers(shard);
    }
}

void World::check_ledgers(Shard& shard) {
    for (Person const* each : living_) {
        Person const& person = *each;
        if (person.shard != shard.index() || person.opened == 0) continue;
        auto const count = [&](std::uint16_t room) {
            auto const at = person.received.find(room);
            return at != person.received.end() ? at->second : 0;
        };
        for (std::uint16_t room = 0; room < room_names.size(); ++room) {
            if (!shard.is_member(person.id, room_names[room])) continue;
            require(shard.ledger(person.id, room_names[room]).delivered == count(room),
                    "delivered is not what the peer has got");
        }
        if (!shard.is_member(person.id, {})) continue;
        require(shard.ledger(person.id, {}).delivered == count(everybody),
                "delivered is not what the peer has got, hub-wide");
        require(shard.direct_ledger(person.id).delivered == count(direct),
                "delivered is not what the peer has got, direct");
    }
}

// Who is there has been pinged, or is being waited for: nobody who is dead stays.
void World::check_heartbeats() {
    auto const& beat = hub_->core()->options.heartbeat;
    // Turns with a small budget may be late for a timer.
    constexpr std::chrono::seconds lateness{10};
    auto const most = std::chrono::nanoseconds{beat.ping_interval + beat.pong_wait + lateness};
    for (Person const* person : living_) {
        if (person->opened == 0) continue;
        bool const is_closing = !hub_->shard(person->shard).is_member(person->id, {});
        require(is_closing || virtual_now - person->pinged_at <= most.count(),
                "a client is neither pinged nor given up");
    }
}

// All is quiet and everybody reads: each stream must be its room's order, but for what left the
// reader out and what was announced as lost.
void World::check_streams() {
    for (std::uint16_t room = 0; room < watched_rooms; ++room) {
        if (people_[room]->closed != 0) is_watched_[room] = false;
    }
    for (auto const& person : people_) {
        for (auto& [room, receipts] : person->receipts) {
            if (room < watched_rooms && is_watched_[room] && !person->is_observer) {
                check_stream(*person, room, receipts);
            }
            receipts.clear();
        }
        // What follows is checked from head on.
    }
    for (auto& order : order_) order.clear();
}

void World::check_stream(Person& person, std::uint16_t room,
                         std::vector<Receipt> const& receipts) {
    auto const& order = order_[room];
    bool const is_silent = std::string_view{room_names[room]}.starts_with("silent");
    bool has_joined = false;  // within these receipts, so that the beginning is not known
    std::size_t next = 0;
    std::uint64_t announced = 0;
    for (Receipt const& receipt : receipts) {
        if (receipt.is_break) has_joined = true;
        announced += receipt.gap;
        if (receipt.id == 0) continue;
        auto const at = std::find(order.begin() + static_cast<std::ptrdiff_t>(next), order.end(),
                                  receipt.id);
        require(at != order.end(), "a message came twice, or out of its room's order");
        auto const position = static_cast<std::size_t>(at - order.begin());
        std::uint64_t missing = 0;
        for (std::size_t i = next; i < position; ++i) {
            missing += excluded_[order[i]] != person.serial + 1;
        }
        bool const is_first = next == 0 || has_joined;
        require(is_first || is_silent || missing <= announced, "messages are missing unannounced");
        has_joined = false;
        announced = 0;
        next = position + 1;
    }
    auto& shard = hub_->shard(person.shard);
    if (person.closed != 0 || next == 0 || !shard.is_member(person.id, room_names[room])) return;
    std::uint64_t missing = 0;
    for (std::size_t i = next; i < order.size(); ++i) {
        missing += excluded_[order[i]] != person.serial + 1;
    }
    require(has_joined || is_silent || missing <= announced, "the last messages never came");
}

World::Person* World::random_person() {
    if (people_.empty()) return nullptr;
    // Mostly those who came last: the others are gone.
    std::size_t const recent = std::min<std::size_t>(people_.size(), max_people_ + 6);
    bool const any = random_.one_in(8);
    std::size_t const from = any ? 0 : people_.size() - recent;
    return people_[from + random_.below(people_.size() - from)].get();
}

}  // namespace simulation
