// SPDX-License-Identifier: MIT
// Bodies of history.hpp.
#include "history.hpp"

#include <algorithm>
#include <cstring>

#include "../places.hpp"

namespace simulation {

using pumphouse::HistoryPage;
using pumphouse::HistoryRange;
using pumphouse::Joined;
using pumphouse::Position;
using pumphouse::Since;

History::History(World& its_world) : Feature{its_world} { places = {}; }

std::size_t History::number_of(std::string_view room) noexcept {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), room) - names.begin());
}

// --- what happens -----------------------------------------------------------------------------

void History::add_actions(Actions& actions) {
    actions.add(60, "the host broadcasts to a room with history",
                [](World& world) { world.feature<History>().broadcast_from_outside(); });
    actions.add(15, "the host reads a page",
                [](World& world) { world.feature<History>().read_page(); });
}

void History::add_hook_actions(HookActions& actions) {
    actions.add(900, "a hook joins a room with history", [](World& world, Local& hub, Person& who) {
        auto const room = world.random().below(names.size());
        Since const since = world.random().one_in(2) ? pumphouse::from_history : Since{};
        world.feature<History>().join(hub, who, room, since);
    });
    actions.add(1800, "a hook joins after a bookmark", [](World& world, Local& hub, Person& who) {
        auto& self = world.feature<History>();
        if (self.bookmarks_.empty()) return;
        auto const recent = std::min<std::size_t>(self.bookmarks_.size(), 12);
        auto const& [room, at] =
            self.bookmarks_[self.bookmarks_.size() - 1 - world.random().below(recent)];
        self.join(hub, who, room, after(at));
    });
    actions.add(900, "a hook leaves a room with history",
                [](World& world, Local& hub, Person& who) {
                    world.feature<History>().leave(hub, who);
                });
    actions.add(600, "a hook broadcasts to a room with history",
                [](World& world, Local& hub, Person&) {
                    auto& self = world.feature<History>();
                    auto const room = world.random().below(names.size());
                    for (auto more = world.random().below(6); more-- != 0;) {
                        std::uint32_t excluded = 0;
                        auto const how = self.draw_delivery(excluded);
                        hub.broadcast(names[room], text(self.make(room, excluded)), how);
                    }
                });
}

void History::join(Local& hub, Person& person, std::size_t room, Since since) {
    if (person.is_observer) return;
    world.tell("joins ", names[room], " with offset ", since.position.offset);
    if (hub.join(person.id, names[room], since) != pumphouse::JoinRequest::requested) return;
    stays_[person.serial][room] = {.since = since, .asked_at = virtual_now};
}

void History::leave(Local& hub, Person& person) {
    auto const room = world.random().below(names.size());
    bool const is_torn = hub.ledger(person.id, names[room]).in_flight != 0;
    world.tell("leaves ", names[room]);
    if (!hub.leave(person.id, names[room])) return;
    Stay& stay = stays_[person.serial][room];
    if (is_torn) torn_[person.serial] = {room, {stay.epoch, stay.next}};
    if (stay.is_told) bookmarks_.push_back({room, {stay.epoch, stay.next - 1}});
    stay = {};
}

void History::closed(Person& person, pumphouse::CloseReason const&) {
    Stays& stays = stays_[person.serial];
    for (std::size_t room = 0; room < names.size(); ++room) {
        if (!stays[room].is_told) continue;
        bookmarks_.push_back({room, {stays[room].epoch, stays[room].next - 1}});
    }
    stays = {};
}

pumphouse::Delivery History::draw_delivery(std::uint32_t& excluded) {
    Person* const left_out = world.random().one_in(4) ? world.pick() : nullptr;
    if (left_out == nullptr) return {};
    excluded = left_out->serial + 1;
    return pumphouse::except(left_out->id);
}

std::string History::make(std::size_t room, std::uint32_t excluded) {
    Body const body{++next_id_, excluded, static_cast<std::uint32_t>(room)};
    std::string payload(sizeof body + world.random().below(40), static_cast<char>(body.id));
    if (world.random().one_in(12)) payload.resize(payload.size() + world.random().below(2000), '.');
    std::memcpy(payload.data(), &body, sizeof body);
    return payload;
}

void History::broadcast_from_outside() {
    auto const room = world.random().below(names.size());
    for (auto more = world.random().between(1, 4); more-- != 0;) {
        std::uint32_t excluded = 0;
        auto const how = draw_delivery(excluded);
        static_cast<void>(world.hub().broadcast(names[room], text(make(room, excluded)), how));
    }
}

void History::read_page() {
    auto const room = world.random().below(names.size());
    HistoryRange range;
    range.limit = world.random().below(20);
    if (world.random().one_in(2) && !bookmarks_.empty()) {
        range.after_offset = bookmarks_.back().second.offset;
    }
    static_cast<void>(world.hub().history(
        names[room], range, [this, room, range, asked_at = virtual_now](HistoryPage const& page) {
            check_page(room, range, page, asked_at);
        }));
}

// --- what is seen -----------------------------------------------------------------------------

// What a place is seen to hold, it holds for everybody.
void History::see(Place place, std::string_view rest) {
    Body body;
    world.require(rest.size() >= sizeof body, "a message with history was cut");
    std::memcpy(&body, rest.data(), sizeof body);
    auto const [at, is_new] = seen_.try_emplace(place, Sighting{body.id, body.excluded});
    world.require(is_new || at->second.id == body.id, "one place holds two messages");
    auto const claim = claims_.find(place);
    if (claim == claims_.end()) return;
    for (std::uint32_t const serial : claim->second) {
        world.require(body.excluded == serial + 1, "a message of the past was left out");
    }
    claims_.erase(claim);
}

// The person has been passed over from what was due to it up to there: it was excluded.
void History::pass(Person const& person, Stay& stay, std::uint64_t offset) {
    for (; stay.next < offset; ++stay.next) {
        if (stay.next < stay.sure_from) continue;
        Place const place{stay.epoch, stay.next};
        auto const at = seen_.find(place);
        if (at == seen_.end()) {
            claims_[place].push_back(person.serial);
        } else {
            world.require(at->second.excluded == person.serial + 1, "a message was left out");
        }
    }
}

bool History::received(Person& person, pumphouse::Opcode, std::string_view payload) {
    if (!payload.starts_with(envelope_mark)) return false;
    Place place;
    std::memcpy(&place.first, payload.data() + 4, 8);
    std::memcpy(&place.second, payload.data() + 12, 8);
    Body body;
    world.require(payload.size() >= envelope_bytes + sizeof body, "a message was cut");
    std::memcpy(&body, payload.data() + envelope_bytes, sizeof body);
    world.mix(place.second);
    see(place, payload.substr(envelope_bytes));
    world.require(body.excluded != person.serial + 1, "an excluded client was not left out");
    auto const torn = torn_.find(person.serial);
    if (torn != torn_.end() && torn->second.first == body.room) {
        torn_.erase(torn);  // the rest of what was in flight when it left
        return true;
    }
    Stay& stay = stays_[person.serial][body.room];
    if (!stay.is_told) {  // of a client that is being closed, which is not told any more
        ++stay.received;
        return true;
    }
    world.require(place.first == stay.epoch, "a message of another epoch");
    world.require(place.second >= stay.next, "a message came twice");
    pass(person, stay, place.second);
    ++stay.next;
    ++stay.received;
    return true;
}

// The oldest offset that a room keeps when that is its newest one.
std::uint64_t History::kept_from(std::size_t room, Position newest, std::int64_t now) const {
    auto const& options = SimPolicy::options_of(names[room]);
    std::uint64_t const most = options.history_messages;
    std::uint64_t from = newest.offset > most ? newest.offset - most + 1 : 1;
    if (options.history_age == pumphouse::Duration::zero()) return from;
    auto const given = places.given.find(newest.epoch);
    while (from <= newest.offset &&
           given->second[from - 1] <= now - options.history_age.count()) {
        ++from;
    }
    return from;
}

void History::joined(Local&, Person& person, std::string_view name, Joined const& outcome) {
    std::size_t const room = number_of(name);
    if (room == names.size()) return;
    Stay& stay = stays_[person.serial][room];
    if (!outcome) {
        stay = {};
        return;
    }
    world.require(!stay.is_told, "on_joined was told twice");
    world.require(stay.received == 0, "a message came before on_joined");
    Position const newest = outcome.position;
    stay.is_told = true;
    stay.epoch = newest.epoch;
    // The home decided some time between asking and telling.
    std::uint64_t const earliest = kept_from(room, newest, stay.asked_at);
    std::uint64_t const latest = kept_from(room, newest, virtual_now);
    std::uint64_t const end = newest.offset + 1;
    stay.next = end;
    if (stay.since.from == Since::From::position) {
        Position const last = stay.since.position;
        auto const limit = SimPolicy::options_of(name).max_replay_messages;
        bool const is_near = last.epoch == newest.epoch && last.offset <= newest.offset &&
                             (limit == 0 || newest.offset - last.offset <= limit);
        bool const may_be = is_near && last.offset + 1 >= earliest;
        bool const must_be = is_near && last.offset + 1 >= latest;
        world.require(!outcome.recovered || may_be, "recovered what is not kept");
        world.require(outcome.recovered || !must_be, "not recovered, though all is kept");
        if (outcome.recovered) stay.next = last.offset + 1;
        ++(outcome.recovered ? world.seen.recovered : world.seen.not_recovered);
    } else if (stay.since.from == Since::From::history) {
        // What leaves this person out is not counted.
        world.require(outcome.replayed <= end - earliest, "more was replayed than is kept");
        stay.next = earliest;
        stay.sure_from = latest;
    }
    world.require(outcome.replayed <= end - stay.next, "more is replayed than was missed");
    world.seen.replayed += outcome.replayed;
}

void History::check_page(std::size_t room, HistoryRange const& range, HistoryPage const& page,
                         std::int64_t asked_at) {
    if (page.position.epoch == 0) {
        world.require(page.messages.empty(), "a page of no room has messages");
        return;
    }
    Position const newest{page.position.epoch, page.newest};
    std::uint64_t const earliest = kept_from(room, newest, asked_at);
    std::uint64_t const latest = kept_from(room, newest, virtual_now);
    world.require(page.messages.size() <= range.limit, "a page is longer than it may be");
    std::uint64_t next = 0;
    for (auto const& each : page.messages) {
        world.require(next == 0 || each.offset == next, "a page has a hole");
        world.require(each.offset >= earliest, "a page holds what is not kept");
        next = each.offset + 1;
        see({newest.epoch, each.offset}, std::string_view{each.payload}.substr(envelope_bytes));
    }
    world.require(next == 0 || page.position.offset == next - 1, "a page ends elsewhere");
    if (!range.after_offset && page.messages.size() < range.limit) {
        world.require(page.newest + 1 - page.messages.size() <= latest, "a page lacks messages");
    }
    bookmarks_.push_back({room, page.position});
    ++world.seen.pages;
}

// --- checks -----------------------------------------------------------------------------------

void History::check_step() {
    world.require(!places.has_hole, "a home gave out places with a hole");
    for (Person const* person : world.living()) {
        if (!world.had_turn(person->shard)) continue;
        auto const at = stays_.find(person->serial);
        if (at == stays_.end()) continue;
        for (std::size_t room = 0; room < names.size(); ++room) {
            auto const& shard = world.shard_of(*person);
            if (!shard.is_member(person->id, names[room])) continue;
            world.require(shard.ledger(person->id, names[room]).delivered ==
                              at->second[room].received,
                          "delivered is not what the peer has got of a room with history");
        }
    }
}

// All is quiet and everybody reads: who is in has everything.
void History::check_dry() {
    for (Person const* person : world.living()) {
        auto const at = stays_.find(person->serial);
        if (at == stays_.end()) continue;
        for (std::size_t room = 0; room < names.size(); ++room) {
            Stay& stay = at->second[room];
            bool const is_member = world.shard_of(*person).is_member(person->id, names[room]);
            if (!is_member) continue;
            world.require(stay.is_told, "a member was never told");
            pass(*person, stay, places.given[stay.epoch].size() + 1);
        }
    }
}

}  // namespace simulation
