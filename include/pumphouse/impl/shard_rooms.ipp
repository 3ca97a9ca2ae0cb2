// SPDX-License-Identifier: MIT
// Bodies of hub/shard.hpp: rooms and their logs, joining and leaving.
#pragma once

#include <cstring>
#include <utility>

#include <pumphouse/hub/shard.hpp>
#include <pumphouse/hub/shard_commands.hpp>

namespace pumphouse {

// --- rooms and their logs ---------------------------------------------------------------------

PUMPHOUSE_DECL Room* Shard::find_room(std::string_view name) const noexcept {
    return rooms_.find(name);
}

PUMPHOUSE_DECL Room& Shard::room_for(std::string_view name) {
    if (Room* const room = find_room(name)) return *room;
    Room& room = rooms_.add(name);
    room.options = &hooks_.room_options(room.name);
    if (room.options->is_keyed()) {
        room.make_extra().live = std::make_unique<LiveIndex>(logs_.memory);
    }
    if (core_->home_of(name) != index_) return room;
    if (!user_rooms::is_reserved(name)) core_->rooms.fetch_add(1, std::memory_order_relaxed);
    begin_incarnation(room);
    if (core_->shard_count() > 1) {
        room.home = std::make_unique<RoomHome>();
        room.home->replicas = std::make_unique<RoomHome::Replica[]>(core_->shard_count());
    }
    return room;
}

PUMPHOUSE_DECL Log& Shard::log_of(Room& room) {
    if (room.log == nullptr) {
        std::uint32_t const bytes = Log::smallest_segment_bytes << 2 * room.segment_class;
        std::uint32_t const walkers = room.live() != nullptr ? room.live()->walkers : 0;
        room.log = &log_slab_.make(logs_, room.idle_head, room.members.size() - walkers, bytes);
        room.log->bound_segments(room.options->max_room_bytes);
        if (room.options->history_messages != 0) room.log->keep_payloads();
        if (room.keeps_history()) room.log->keep_history(room.options->history_messages);
    }
    return *room.log;
}

PUMPHOUSE_DECL void Shard::note_settling(Room& room) {
    if (!room.log->wants_settling() || std::exchange(room.is_settling, true)) return;
    settling_.push_back(&room);
}

PUMPHOUSE_DECL void Shard::settle() {
    while (!settling_.empty()) {
        Room& room = *settling_.back();
        settling_.pop_back();
        room.is_settling = false;
        if (room.log != nullptr) room.log->settle();
        maybe_end_room(room);
    }
}

// A caught-up room has no log; a room that nobody is in is no room.
PUMPHOUSE_DECL void Shard::maybe_end_room(Room& room) {
    if (room.is_settling || room.is_dirty) return;
    if (room.log != nullptr && room.log->is_empty()) {
        room.idle_head = room.log->head();
        room.segment_class = 0;
        while (Log::smallest_segment_bytes << 2 * room.segment_class < room.log->segment_bytes()) {
            ++room.segment_class;
        }
        log_slab_.end(*std::exchange(room.log, nullptr));
    }
    bool const has_members = room.use != Room::Use::named || !room.members.empty() ||
                             (room.home && room.home->members != 0);
    bool const is_needed = room.log != nullptr && !room.keeps_history();
    if (has_members || is_needed || has_untold_presence(room) || linger(room)) return;
    if (core_->home_of(room.name) == index_ && !user_rooms::is_reserved(room.name)) {
        core_->rooms.fetch_sub(1, std::memory_order_relaxed);
    }
    stop_waiting(room);
    if (room.keeps_history() && history_wheel_) history_wheel_->clear(room.extra->history->timer);
    if (room.log != nullptr) log_slab_.end(*room.log);
    rooms_.erase(room);
}

// --- joining and leaving ----------------------------------------------------------------------

PUMPHOUSE_DECL Membership* Shard::membership(ClientBase const& client,
                                             std::string_view name) const noexcept {
    Room const* const room = name.empty() ? &everybody_ : find_room(name);
    if (room == nullptr) return nullptr;
    if (room->members.size() < client.room_count) {  // look where there is less to look at
        for (std::uint32_t i = 0; i < room->members.size(); ++i) {
            if (room->members[i].client == &client) return &room->members[i];
        }
        return nullptr;
    }
    Membership* each = client.rooms;
    if (each == nullptr) return nullptr;
    do {
        if (each->room == room) return each;
        each = each->next;
    } while (each != client.rooms);
    return nullptr;
}

PUMPHOUSE_DECL bool Shard::is_open(ClientId id) const noexcept {
    ClientBase const* const client = find(id);
    return client != nullptr && client->phase == ClientBase::Phase::open;
}

PUMPHOUSE_DECL JoinRequest Shard::join(ClientId id, std::string_view name, Since since,
                                       JoinDecision decision) {
    ClientBase* const client = find(id);
    if (client == nullptr || client->phase != ClientBase::Phase::open) return JoinRequest::gone;
    if (!core_->is_room_name(name)) return JoinRequest::bad_name;
    if (membership(*client, name) != nullptr) return JoinRequest::already;
    std::uint32_t asked = 0;
    for (PendingJoin const* each = client->joins.get(); each != nullptr; each = each->next.get()) {
        if (each->room == name) return JoinRequest::already;
        asked += !each->is_answered && !user_rooms::is_reserved(each->room);
    }
    std::uint32_t const most = core_->options.max_rooms_per_client;
    if (most != 0 && client->room_count - client->own_rooms + asked >= most) {
        return JoinRequest::too_many_rooms;
    }
    remember_join(*client, name);
    PendingJoin& pending = *client->joins;
    pending.since = since;
    if (decision == JoinDecision::later) {
        wait_for_permission(*client, pending);
    } else {
        request_join(*client, pending);
    }
    return JoinRequest::requested;
}

PUMPHOUSE_DECL JoinWish Shard::wish_of(ClientBase const& client, std::string_view room,
                                       RoomOptions const& options) const {
    JoinWish wish;
    wish.client = client.id;
    wish.room = room;
    wish.from = index_;
    wish.lane = client.lane;
    wish.who = identity_in(client, room, options);
    return wish;
}

// Everything of the client's shard has said yes; the rest is the home's.
PUMPHOUSE_DECL void Shard::request_join(ClientBase& client, PendingJoin& pending) {
    JoinWish wish = wish_of(client, pending.room, hooks_.room_options(pending.room));
    wish.ticket = pending.ticket;
    wish.since = pending.since;
    std::size_t const home = core_->home_of(pending.room);
    if (home != index_) {
        auto* const command = new JoinCommand;
        command->wish = std::move(wish);
        return core_->forward(home, command);
    }
    Room& room = room_for(pending.room);
    JoinVerdict verdict = admit(room, wish);
    if (verdict.outcome) {
        enter(client, room, verdict.start);
    } else {
        maybe_end_room(room);
    }
    pending.is_answered = true;
    events_.push_back(JoinedEvent{client.id, wish.ticket, std::move(verdict.outcome)});
}

PUMPHOUSE_DECL std::uint64_t Shard::remember_join(ClientBase& client, std::string_view name) {
    auto pending = std::make_unique<PendingJoin>();
    pending->room = name;
    pending->ticket = next_ticket_++;
    pending->next = std::move(client.joins);
    client.joins = std::move(pending);
    return client.joins->ticket;
}

// Null when it was taken back.
PUMPHOUSE_DECL std::unique_ptr<PendingJoin>& Shard::find_join(ClientBase& client,
                                                              std::uint64_t ticket) {
    auto* at = &client.joins;
    while (*at && (*at)->ticket != ticket) at = &(*at)->next;
    return *at;
}

PUMPHOUSE_DECL void JoinCommand::run(Shard& home) {
    home.admit_or_wait(wish);
}

PUMPHOUSE_DECL void JoinAnswerCommand::run(Shard& shard) {
    shard.answer_join(wish, verdict);
}

PUMPHOUSE_DECL void LeaveCommand::run(Shard& home) {
    Room* const here = home.find_room(wish.room);
    if (here == nullptr) return;
    home.forget(*here, wish);
    home.maybe_end_room(*here);
}

// On the home shard, of a client that is counted: what it is told, and where it begins.
PUMPHOUSE_DECL JoinVerdict Shard::begin_membership(Room& room, JoinWish const& wish) {
    JoinVerdict verdict;
    if (room.options->presence) verdict.outcome.members = presence_of(room).users.show(wish.who);
    verdict.start = start_of(room, wish, verdict.outcome);
    return verdict;
}

// On the home shard: capacity, the place to begin, and the replica, in one step.
PUMPHOUSE_DECL JoinVerdict Shard::admit(Room& room, JoinWish const& wish) {
    JoinVerdict verdict;
    verdict.start = room.head();
    std::uint32_t const most = room.options->max_members;
    std::uint32_t const now = room.home ? room.home->members : room.members.size();
    if (most != 0 && now >= most && !make_place(room)) {
        verdict.outcome.result = JoinResult::full;
        return verdict;
    }
    stats_.room_members.observe(now + 1);
    if (room.home) {
        ++room.home->members;
        ++room.home->replicas[wish.from].members;
        ++room.home->replicas[wish.from].lane_users[wish.lane];
    }
    stop_lingering(room);
    came(room, wish);
    return begin_membership(room, wish);
}

PUMPHOUSE_DECL void Shard::forget(Room& room, JoinWish const& wish) {
    went(room, wish);
    if (!room.home) return;
    --room.home->members;
    --room.home->replicas[wish.from].members;
    --room.home->replicas[wish.from].lane_users[wish.lane];
}

PUMPHOUSE_DECL void Shard::answer_join(JoinWish const& wish, JoinVerdict& verdict) {
    Joined& outcome = verdict.outcome;
    ClientBase* const client = find(wish.client);
    PendingJoin* const pending =
        client != nullptr ? find_join(*client, wish.ticket).get() : nullptr;
    bool const is_wanted = pending != nullptr && client->takes_data();
    if (std::size_t const bytes = verdict.bytes()) {
        auto* const command = new ReplayTakenCommand;
        command->bytes = bytes;
        core_->forward(core_->home_of(wish.room), command);
    }
    if (outcome && is_wanted && lacks_values(wish, verdict)) {
        auto* const command = new JoinCommand;
        command->wish = wish;
        command->wish.is_admitted = true;
        return core_->forward(core_->home_of(wish.room), command);
    }
    if (outcome && is_wanted) {
        Room& room = room_for(wish.room);
        bool const was_empty = room.members.empty();
        step_to(room, outcome.position.offset + 1);
        if (verdict.values && was_empty) room.live()->load(*verdict.values, ++sequence_);
        if (room.live() == nullptr && verdict.start < room.head()) {
            log_of(room).prepend(verdict.missing);
        }
        enter(*client, room, verdict.start);
    }
    if (outcome && !is_wanted) {  // left or closed before the answer came: the home takes it back
        auto* const command = new LeaveCommand;
        command->wish = wish;
        core_->forward(core_->home_of(wish.room), command);
    }
    if (!is_wanted) return;
    pending->is_answered = true;
    events_.push_back(JoinedEvent{wish.client, wish.ticket, std::move(outcome)});
}

// `from`: head, or an older record that the log holds, or the live index of a keyed room.
PUMPHOUSE_DECL Membership& Shard::enter(ClientBase& client, Room& room, std::uint64_t from) {
    std::uint64_t const head = room.head();
    Membership& member = member_slab_.make();
    member.room = &room;
    member.client = &client;
    member.cursor = member.start = from;
    if (from != head) {
        member.losses = new Losses;
        member.losses->replay_end = head;
        stats_.ledger.due += head - from;
    }
    // The library's own rooms are not told of.
    member.is_held = room.use == Room::Use::named && !user_rooms::is_reserved(room.name);
    room.members.add(member);
    if (from != head && room.live() != nullptr) Visit::start_walk(member);
    bool const is_new_lane = room.lane_users[client.lane]++ == 0;
    if (room.log != nullptr) {
        if (is_new_lane && !room.log->keeps_payloads()) room.log->seal();
        if (!member.is_walking()) room.log->enter(from);
    }
    if (client.rooms == nullptr) {
        client.rooms = member.next = member.previous = &member;
    } else {
        member.next = client.rooms;
        member.previous = client.rooms->previous;
        member.previous->next = member.next->previous = &member;
    }
    ++client.room_count;
    client.own_rooms += user_rooms::is_reserved(room.name);
    if (client.is_stalled) stall_member(member);
    return member;
}

PUMPHOUSE_DECL bool Shard::leave(ClientId id, std::string_view name) {
    ClientBase* const client = find(id);
    if (client == nullptr || name.empty() || user_rooms::is_reserved(name)) return false;
    auto* at = &client->joins;
    while (*at && (*at)->room != name) at = &(*at)->next;
    bool const was_asked = *at != nullptr;
    if (was_asked) *at = std::move((*at)->next);  // `on_joined` will not be told
    Membership* const member = membership(*client, name);
    if (member == nullptr) return was_asked;
    take_out(*member, stats_.ledger.discarded_leave);
    return true;
}

// For a thread of the host: what a hook knows by itself, the host is told.
PUMPHOUSE_DECL void Shard::leave_for_host(ClientId id, std::string_view name) {
    ClientBase* const client = find(id);
    if (client == nullptr) return;
    PendingJoin const* asked = client->joins.get();
    while (asked != nullptr && asked->room != name) asked = asked->next.get();
    bool const was_told = asked == nullptr;
    if (leave(id, name) && was_told) {
        events_.push_back(LeftEvent{id, std::string{name}, LeftBecause::host});
    }
}

PUMPHOUSE_DECL void Shard::take_out(Membership& member, std::uint64_t& discarded) {
    Room& room = *member.room;
    member.client->rooms = member.next != &member ? member.next : nullptr;
    part(member, discarded);
    maybe_end_room(room);
}

// Takes a membership out of its room; the client's ring is mended by whoever calls.
PUMPHOUSE_DECL void Shard::part(Membership& member, std::uint64_t& discarded) {
    Room& room = *member.room;
    ClientBase& client = *member.client;
    discarded += room.head() - member.cursor;
    if (member.is_walking()) {
        --room.live()->walkers;
    } else if (room.log != nullptr) {
        bool const is_stalled = member.is_stalled();
        if (is_stalled) unstall_member(member);
        room.log->leave(member.cursor, false);
        note_settling(room);
    }
    room.members.remove(member);
    bool const was_last_of_lane = --room.lane_users[client.lane] == 0;
    if (was_last_of_lane && room.log != nullptr && room.log->keeps_payloads()) {
        room.log->drop_lane(client.lane);
    }
    if (client.in_flight.membership == &member) client.in_flight.membership = nullptr;
    member.next->previous = member.previous;
    member.previous->next = member.next;
    --client.room_count;
    client.own_rooms -= user_rooms::is_reserved(room.name);
    if (room.use == Room::Use::named) {
        std::size_t const home = core_->home_of(room.name);
        JoinWish wish = wish_of(client, room.name, *room.options);
        if (home == index_) {
            forget(room, wish);
        } else {
            auto* const command = new LeaveCommand;
            command->wish = std::move(wish);
            core_->forward(home, command);
        }
    }
    delete member.losses;
    member_slab_.end(member);
}

PUMPHOUSE_DECL void Shard::part_from_all(ClientBase& client) {
    client.joins.reset();
    while (Membership* const member = client.rooms) {
        Room& room = *member->room;
        client.rooms = member->next != member ? member->next : nullptr;
        part(*member, stats_.ledger.discarded_close);
        maybe_end_room(room);
    }
    if (client.direct == nullptr) return;
    // The room of its own goes with it: at once, so that nothing is left to settle later.
    Room* const own = client.direct->room;
    std::erase(settling_, own);
    Membership* const member = std::exchange(client.direct, nullptr);
    stats_.ledger.discarded_close += own->head() - member->cursor;
    if (client.in_flight.membership == member) client.in_flight.membership = nullptr;
    if (own->log != nullptr) log_slab_.end(*own->log);
    delete member->losses;
    member_slab_.end(*member);
    delete own;
}

// --- what can be seen -------------------------------------------------------------------------

PUMPHOUSE_DECL Ledger Shard::ledger_of(ClientBase const& client,
                                       Membership const& member) const noexcept {
    Ledger ledger;
    ledger.due = member.room->head() - member.start;
    ledger.pending = member.room->head() - member.cursor;
    ledger.excluded = member.excluded;
    bool const is_in_stream = &member == client.direct && client.has_open_stream();
    ledger.in_flight = client.in_flight.membership == &member || is_in_stream ? 1 : 0;
    if (member.losses != nullptr) {
        ledger.skipped = member.losses->skipped;
        ledger.conflated = member.losses->conflated;
    }
    ledger.delivered = member.cursor - member.start - ledger.excluded - ledger.in_flight -
                       ledger.skipped - ledger.conflated;
    return ledger;
}

PUMPHOUSE_DECL Ledger Shard::ledger(ClientId id, std::string_view room) const noexcept {
    ClientBase const* const client = find(id);
    Membership const* const member = client != nullptr ? membership(*client, room) : nullptr;
    return member != nullptr ? ledger_of(*client, *member) : Ledger{};
}

PUMPHOUSE_DECL Ledger Shard::direct_ledger(ClientId id) const noexcept {
    ClientBase const* const client = find(id);
    if (client == nullptr || client->direct == nullptr) return {};
    return ledger_of(*client, *client->direct);
}

PUMPHOUSE_DECL bool Shard::is_member(ClientId id, std::string_view room) const noexcept {
    ClientBase const* const client = find(id);
    return client != nullptr && membership(*client, room) != nullptr;
}

}  // namespace pumphouse
