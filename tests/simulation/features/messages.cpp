// SPDX-License-Identifier: MIT
// Bodies of messages.hpp.
#include "messages.hpp"

#include <algorithm>
#include <cstring>

namespace simulation {

namespace {

std::uint16_t random_room(World& world) {
    return static_cast<std::uint16_t>(world.random().below(room_names.size()));
}

std::uint16_t room_number(std::string_view name) {
    for (std::uint16_t i = 0; i < room_names.size(); ++i) {
        if (name == room_names[i]) return i;
    }
    throw Broken{"an unknown room was named: " + std::string{name}};
}

void broadcast_without_itself(World& world, Local& hub, Person& person) {
    auto const room = random_room(world);
    auto const payload = world.feature<Messages>().make(room, world.producer_of(person),
                                                        person.serial + 1);
    auto const answer = hub.broadcast(room_names[room], text(payload), except(person.id));
    world.require(answer != Accepted::full, "a hook was told full");
    world.require((answer == Accepted::needs_key) == is_keyed(room_names[room]),
                  "a message without a key was not refused, or one was that needs none");
}

void broadcast_burst(World& world, Local& hub, Person& person) {
    auto const room = random_room(world);
    for (std::uint64_t more = world.random().below(20); more-- != 0;) {
        auto const payload = world.feature<Messages>().make(room, world.producer_of(person));
        hub.broadcast(room_names[room], text(payload));
    }
}

void broadcast_to_all(World& world, Local& hub, Person& person) {
    auto const payload = world.feature<Messages>().make(everybody, world.producer_of(person));
    hub.broadcast_all(text(payload));
}

void send_to_somebody(World& world, Local& hub, Person& person) {
    Person* const to = world.pick_any();
    if (to == nullptr) return;
    auto const payload = world.feature<Messages>().make(direct, world.producer_of(person));
    hub.send(to->id, text(payload));
}

}  // namespace

void Messages::add_actions(Actions& actions) {
    actions.add(120, "the host broadcasts", &Messages::broadcast);
    actions.add(40, "the host sends to somebody", &Messages::send);
}

void Messages::add_hook_actions(HookActions& actions) {
    actions.add(1800, "a hook broadcasts to all but its client", &broadcast_without_itself);
    actions.add(300, "a hook broadcasts a burst", &broadcast_burst);
    actions.add(300, "a hook broadcasts to everybody", &broadcast_to_all);
    actions.add(600, "a hook sends to somebody", &send_to_somebody);
}

void Messages::broadcast(World& world) {
    for (std::uint64_t more = world.random().between(1, 5); more-- != 0;) {
        world.feature<Messages>().broadcast_once();
    }
}

void Messages::broadcast_once() {
    Random& random = world.random();
    auto const producer = static_cast<std::uint16_t>(random.below(World::producers));
    auto const room = static_cast<std::uint16_t>(random.below(room_names.size() + 1));
    Person* const left_out = random.one_in(3) ? world.pick() : nullptr;
    pumphouse::Delivery how;
    if (left_out != nullptr) how.excluded = left_out->id;
    auto const payload = make(room, producer, left_out != nullptr ? left_out->serial + 1 : 0);
    auto const answer = room == everybody
                            ? world.hub().broadcast_all(text(payload), how)
                            : world.hub().broadcast(room_names[room], text(payload), how);
    if (answer == Accepted::full) {
        world.tell("refused");
        ++world.seen.full;
    }
    world.require(answer != Accepted::closed || world.is_shutting_down(),
                  "closed before any shutdown");
}

void Messages::send(World& world) {
    Person* const to = world.pick_any();
    if (to == nullptr) return;
    auto const producer = static_cast<std::uint16_t>(world.random().below(World::producers));
    auto const payload = world.feature<Messages>().make(direct, producer);
    static_cast<void>(world.hub().send(to->id, text(payload)));
}

std::string Messages::make(std::uint16_t room, std::uint16_t producer, std::uint32_t excluded) {
    Header const header{excluded_.size(), ++next_number_[producer], excluded, producer, room};
    excluded_.push_back(excluded);
    Random& random = world.random();
    std::size_t const padding = random.one_in(150)  ? random.between(60'000, 140'000)
                                : random.one_in(10) ? random.between(100, 3000)
                                                    : random.below(40);
    world.tell("message ", header.id, " of ", sizeof header + padding, " bytes to ",
               room == everybody ? "everybody" : room == direct ? "one" : room_names[room]);
    std::string payload(sizeof header + padding, static_cast<char>(header.id));
    std::memcpy(payload.data(), &header, sizeof header);
    return payload;
}

void Messages::ended(Person& person, std::uint16_t room, bool is_torn) {
    if (is_torn) {
        person.stale_room = room;
        ++world.seen.torn;
    }
    person.received[room] = 0;
    person.receipts[room].push_back({0, 0, true});
}

// --- what peers get ---------------------------------------------------------------------------

bool Messages::received(Person& person, pumphouse::Opcode, std::string_view payload) {
    if (payload.starts_with("gap ")) {
        received_gap(person, payload);
        return true;
    }
    Header header;
    world.require(payload.size() >= sizeof header, "a message was cut");
    std::memcpy(&header, payload.data(), sizeof header);
    auto const padding = payload.substr(sizeof header);
    bool const is_whole =
        padding.empty() || (padding[0] == static_cast<char>(header.id) &&
                            std::memcmp(padding.data(), padding.data() + 1,
                                        padding.size() - 1) == 0);  // each is as the next
    world.require(is_whole, "a message was mixed with another");
    world.mix(header.id);
    world.require(header.excluded != person.serial + 1, "an excluded client was not left out");
    if (person.stale_room == header.room) {
        person.stale_room = no_room;  // the rest of what was in flight when it left
        return true;
    }
    ++person.received[header.room];
    person.receipts[header.room].push_back({header.id, 0, false});
    check_producer_order(person, header);
    if (person.watched == header.room) order_[header.room].push_back(header.id);
    return true;
}

void Messages::received_gap(Person& person, std::string_view notice) {
    ++world.seen.gaps;
    auto const space = notice.rfind(' ');
    std::uint16_t const room = room_number(notice.substr(4, space - 4));
    person.receipts[room].push_back(
        {0, std::stoull(std::string{notice.substr(space + 1)}), false});
}

// Per producer and room: FIFO. On one shard a direct message is a barrier for the host's
// messages to rooms, too.
void Messages::check_producer_order(Person& person, Header const& header) {
    auto& rooms = person.last;
    auto& last = rooms[header.room][header.producer];
    world.require(header.number > last,
                  "two messages of one producer to one room changed places");
    last = header.number;
    for (auto const& [room, by_producer] : rooms) {
        if (room == header.room) continue;
        auto const other = by_producer.find(header.producer);
        if (other == by_producer.end() || other->second < header.number) continue;
        bool const is_barrier = room == direct || header.room == direct;
        ++world.seen.reordered;
        bool const may_be = !is_barrier || world.shard_count() != 1 ||
                            header.producer >= World::producers;
        world.require(may_be, "a direct message changed places with a room's");
    }
}

// --- checks -----------------------------------------------------------------------------------

void Messages::check_step() {
    for (Person const* each : world.living()) {
        Person const& person = *each;
        if (person.opened == 0 || !world.had_turn(person.shard)) continue;
        auto& shard = world.shard_of(person);
        for (std::uint16_t room = 0; room < room_names.size(); ++room) {
            if (!shard.is_member(person.id, room_names[room])) continue;
            if (takes_out(room_names[room])) continue;
            world.require(shard.ledger(person.id, room_names[room]).delivered ==
                              person.received[room],
                          "delivered is not what the peer has got");
        }
        if (!shard.is_member(person.id, {})) continue;
        world.require(shard.ledger(person.id, {}).delivered == person.received[everybody],
                      "delivered is not what the peer has got, hub-wide");
        world.require(shard.direct_ledger(person.id).delivered == person.received[direct],
                      "delivered is not what the peer has got, direct");
    }
}

// All is quiet and everybody reads: each stream must be its room's order, but for what left the
// reader out and what was announced as lost.
void Messages::check_dry() {
    for (auto const& person : world.people()) {
        for (std::uint16_t room = 0; room < person->receipts.size(); ++room) {
            bool const is_watched = room < watched_rooms && world.people()[room]->closed == 0;
            if (is_watched && !person->is_observer) check_stream(*person, room);
            person->receipts[room].clear();
        }
    }
    for (auto& order : order_) order.clear();  // what follows is checked from head on
}

void Messages::check_stream(Person& person, std::uint16_t room) {
    auto const& order = order_[room];
    bool const is_silent = room_names[room].starts_with("silent");
    bool has_joined = false;  // within these receipts, so that the beginning is not known
    std::size_t next = 0;
    std::uint64_t announced = 0;
    for (Receipt const& receipt : person.receipts[room]) {
        if (receipt.is_break) has_joined = true;
        announced += receipt.gap;
        if (receipt.id == 0) continue;
        auto const at = std::find(order.begin() + static_cast<std::ptrdiff_t>(next), order.end(),
                                  receipt.id);
        world.require(at != order.end(), "a message came twice, or out of its room's order");
        auto const position = static_cast<std::size_t>(at - order.begin());
        bool const is_whole = due_between(person, room, next, position) <= announced;
        world.require(next == 0 || has_joined || is_silent || is_whole,
                      "messages are missing unannounced");
        has_joined = false;
        announced = 0;
        next = position + 1;
    }
    bool const is_member = person.closed == 0 &&
                           world.shard_of(person).is_member(person.id, room_names[room]);
    if (!is_member || next == 0) return;
    bool const is_whole = due_between(person, room, next, order.size()) <= announced;
    world.require(has_joined || is_silent || is_whole, "the last messages never came");
}

std::uint64_t Messages::due_between(Person const& person, std::uint16_t room, std::size_t from,
                                    std::size_t to) const {
    std::uint64_t due = 0;
    for (std::size_t i = from; i < to; ++i) {
        due += excluded_[order_[room][i]] != person.serial + 1;
    }
    return due;
}

void Messages::check_end() {
    for (std::size_t i = 0; i < world.shard_count(); ++i) {
        auto const& ledger = world.hub().shard(i).stats().ledger;
        world.seen.delivered += ledger.delivered;
        world.seen.excluded += ledger.excluded;
        world.seen.skipped += ledger.skipped;
        world.seen.conflated += ledger.conflated;
    }
}

}  // namespace simulation
