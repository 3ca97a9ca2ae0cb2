// SPDX-License-Identifier: MIT
// Bodies of hub/shard.hpp: places in a room's stream, and what its home keeps of the past.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include <pumphouse/hub/shard.hpp>
#include <pumphouse/hub/shard_commands.hpp>

namespace pumphouse {

// --- places -----------------------------------------------------------------------------------

// At the home. 0 is the epoch of rooms that have no positions.
PUMPHOUSE_DECL void Shard::begin_incarnation(Room& room) {
    if (!has_positions(*room.options)) return;
    room.epoch = std::max<std::uint64_t>(hooks_.random(), 1);
    if (room.options->history_messages == 0) return;
    room.make_extra().history = std::make_unique<RoomHistory>();
    room.extra->history->timer.room = &room;
}

// Away from home: the number of the next record is the home's. Only where nobody is, numbers may
// have passed unseen.
PUMPHOUSE_DECL void Shard::step_to(Room& room, std::uint64_t head) noexcept {
    if (room.head() == head) return;
    if (!room.members.empty()) {
        out_of_step_ = true;
    } else if (room.log != nullptr) {
        room.log->restart(head);
    } else {
        room.idle_head = head;
    }
}

PUMPHOUSE_DECL std::string_view Shard::wrap(Room const& room, std::string_view payload) {
    Envelope const& envelope = room.options->envelope;
    std::size_t const bytes = envelope.bytes + payload.size();
    if (wrapped_.size() < bytes) wrapped_.resize(bytes);
    envelope.write({room.epoch, room.head()}, wrapped_.data());
    if (!payload.empty()) {
        std::memcpy(wrapped_.data() + envelope.bytes, payload.data(), payload.size());
    }
    return {wrapped_.data(), bytes};
}

// --- the past ---------------------------------------------------------------------------------

// After an append to a room with history: the past goes before anybody's cursor has to.
PUMPHOUSE_DECL void Shard::bound_history(Room& room) {
    std::size_t const most = room.options->max_room_bytes;
    if (most != 0 && room.log->memory_bytes() > most) room.log->shrink_history(most);
    Duration const age = room.options->history_age;
    if (age != Duration::zero() && !room.extra->history->timer.is_set()) {
        watch_history(room, now_ + age);
    }
}

PUMPHOUSE_DECL void Shard::watch_history(Room& room, Time due) {
    if (history_wheel_ == nullptr) {
        history_wheel_ = std::make_unique<TimerWheel>();
        history_wheel_->start(now_);
    }
    history_wheel_->set(room.extra->history->timer, due);
}

// The timer of a room whose history ages. It need not fire for every record: whoever asks for the
// past has it expired first.
PUMPHOUSE_DECL void Shard::history_is_due(Room& room) {
    Duration const age = room.options->history_age;
    RoomHistory& history = *room.extra->history;
    Time const oldest = kept_from(room) == room.head() ? Time::max() : room.log->oldest_time();
    if (oldest != Time::max()) return watch_history(room, std::max(oldest + age, now_ + age / 16));
    if (!history.is_lingering) return;
    if (now_ < history.empty_since + age) return watch_history(room, history.empty_since + age);
    end_lingering(room);
}

// The oldest record that the home keeps; head: none.
PUMPHOUSE_DECL std::uint64_t Shard::kept_from(Room& room) {
    if (!room.keeps_history() || room.log == nullptr) return room.head();
    Duration const age = room.options->history_age;
    if (age != Duration::zero()) {
        room.log->expire(now_ - age);
        note_settling(room);
    }
    return room.log->kept_from();
}

PUMPHOUSE_DECL Position Shard::position(std::string_view name) const noexcept {
    Room const* const room = find_room(name);
    if (room == nullptr || room->epoch == 0 || core_->home_of(name) != index_) return {};
    return {room->epoch, room->head() - 1};
}

// Whether all that came after a position is kept, and is not too much.
PUMPHOUSE_DECL bool Shard::is_whole(Room& room, Position since) {
    std::uint64_t const head = room.head();
    if (since.epoch == 0 || since.epoch != room.epoch || since.offset >= head) return false;
    std::uint64_t const missing = head - 1 - since.offset;
    std::uint32_t const most = room.options->max_replay_messages;
    return (most == 0 || missing <= most) && since.offset + 1 >= kept_from(room);
}

// At the home: the first record for a new member.
PUMPHOUSE_DECL std::uint64_t Shard::start_of(Room& room, JoinWish const& wish, Joined& outcome) {
    std::uint64_t const head = room.head();
    std::uint64_t start = head;
    outcome.position = {room.epoch, head - 1};
    if (room.live() != nullptr) return start_in_values(room, wish, outcome);
    if (wish.since.from == Since::From::history) start = kept_from(room);
    if (wish.since.from == Since::From::position) {
        outcome.recovered = is_whole(room, wish.since.position);
        if (outcome.recovered) start = wish.since.position.offset + 1;
    }
    if (start != head) outcome.replayed = room.log->count_for(wish.client, start);
    return start;
}

// --- pages ------------------------------------------------------------------------------------

PUMPHOUSE_DECL Accepted HubCore::history(std::string_view room, HistoryRange const& range,
                                         HistoryDone done) {
    bool const is_name = !room.empty() && room.size() <= options.max_room_name_bytes;
    if (!is_name) return Accepted::bad_room;
    if (!budget.try_take(0)) return Accepted::full;
    auto command = std::make_unique<HistoryCommand>(*this);
    command->room = room;
    command->range = range;
    command->done = std::move(done);
    std::size_t const home = home_of(room);
    auto const pushed = inbox(home).push(*command);
    if (pushed == Inbox::Push::closed) {
        command->done = nullptr;
        return Accepted::closed;
    }
    static_cast<void>(command.release());
    if (pushed == Inbox::Push::queued_and_wake) wake(home);
    return Accepted::accepted;
}

PUMPHOUSE_DECL void HistoryCommand::run(Shard& home) {
    auto const asked = std::exchange(done, nullptr);
    home.call_hook([&] { asked(home.page_of(room, range)); });
}

PUMPHOUSE_DECL HistoryCommand::~HistoryCommand() {
    core.budget.give_back(1, 0);
    try {
        if (done) done({});
    } catch (...) {  // the host's own trouble
    }
}

PUMPHOUSE_DECL HistoryMessage Shard::message_at(Log const& log, std::uint64_t number) {
    Message const message = log.message(number);
    return {number, message.opcode, std::string{message.payload}, log.time(number)};
}

PUMPHOUSE_DECL HistoryPage Shard::page_of(std::string_view name, HistoryRange const& range) {
    HistoryPage page;
    Room* const room = find_room(name);
    if (room == nullptr || room->epoch == 0) return page;
    std::uint64_t const head = room->head();
    std::uint64_t const kept = kept_from(*room);
    page.newest = head - 1;
    page.position = {room->epoch, head - 1};
    std::uint64_t const asked = range.after_offset ? *range.after_offset + 1 : kept;
    if (asked > head) return page;  // of another incarnation
    std::uint64_t from = std::max(asked, kept);
    std::size_t const most_bytes = range.max_bytes != 0 ? range.max_bytes : ~std::size_t{0};
    std::uint64_t to = from;
    std::size_t bytes = 0;
    auto const takes = [&](std::uint64_t number) {
        if (to - from == range.limit) return false;
        bytes += room->log->message(number).payload.size();
        return to == from || bytes <= most_bytes;
    };
    if (range.after_offset) {
        while (to < head && takes(to)) ++to;
    } else {
        for (from = to = head; from > kept && takes(from - 1);) --from;
    }
    page.position.offset = to - 1;
    page.is_complete = from == asked && to == head;
    for (; from < to; ++from) page.messages.push_back(message_at(*room->log, from));
    return page;
}

// --- rooms that nobody is in ------------------------------------------------------------------

// True: an empty room stays for who comes back. At its home, when nothing else keeps it.
PUMPHOUSE_DECL bool Shard::linger(Room& room) {
    auto const& options = core_->options;
    if (!room.keeps_history() || options.max_lingering_rooms == 0) return false;
    RoomHistory& history = *room.extra->history;
    if (history.is_over || shutdown_ == Shutdown::draining) return false;
    if (!std::exchange(history.is_lingering, true)) {
        history.empty_since = now_;
        history.next_lingering = nullptr;
        history.previous_lingering = lingering_last_;
        (lingering_last_ != nullptr ? lingering_last_->extra->history->next_lingering
                                    : lingering_first_) = &room;
        lingering_last_ = &room;
        ++lingering_count_;
        core_->rooms.fetch_sub(1, std::memory_order_relaxed);  // nobody is in it
        Duration const age = room.options->history_age;
        if (age != Duration::zero() && !history.timer.is_set()) watch_history(room, now_ + age);
    }
    std::size_t const bytes = room.log != nullptr ? room.log->memory_bytes() : 0;
    lingering_bytes_ += bytes - history.counted_bytes;
    history.counted_bytes = bytes;
    while (lingering_count_ > options.max_lingering_rooms ||
           (options.max_lingering_bytes != 0 && lingering_bytes_ > options.max_lingering_bytes)) {
        Room& oldest = *lingering_first_;
        if (&oldest == &room) {  // the caller ends it
            stop_lingering(room);
            return false;
        }
        end_lingering(oldest);
    }
    return true;
}

// Somebody comes, or it ends.
PUMPHOUSE_DECL void Shard::stop_lingering(Room& room) noexcept {
    if (!room.keeps_history()) return;
    RoomHistory& history = *room.extra->history;
    history.is_over = false;
    if (!std::exchange(history.is_lingering, false)) return;
    lingering_bytes_ -= std::exchange(history.counted_bytes, 0);
    --lingering_count_;
    core_->rooms.fetch_add(1, std::memory_order_relaxed);
    Room* const next = history.next_lingering;
    Room* const previous = history.previous_lingering;
    (next != nullptr ? next->extra->history->previous_lingering : lingering_last_) = previous;
    (previous != nullptr ? previous->extra->history->next_lingering : lingering_first_) = next;
}

PUMPHOUSE_DECL void Shard::end_lingering(Room& room) {
    stop_lingering(room);
    room.extra->history->is_over = true;
    maybe_end_room(room);
}

// --- joining ----------------------------------------------------------------------------------

// What is on its way to other shards is bounded, so that many who return at once cost no more
// memory than a few.
PUMPHOUSE_DECL void Shard::admit_or_wait(JoinWish& wish) {
    std::size_t const most = core_->options.max_replay_bytes;
    bool const is_full = !waiting_wishes_.empty() || (most != 0 && replay_bytes_ >= most);
    if (is_full && wish.since.from != Since::From::now) {
        waiting_wishes_.push_back(std::move(wish));
    } else {
        admit_from_afar(wish);
    }
}

PUMPHOUSE_DECL void Shard::admit_from_afar(JoinWish& wish) {
    auto* const answer = new JoinAnswerCommand;
    Room& room = room_for(wish.room);
    bool const is_new_there = room.home->replicas[wish.from].members == 0;
    JoinVerdict& verdict = answer->verdict;
    verdict = wish.is_admitted ? begin_membership(room, wish) : admit(room, wish);
    if (room.live() == nullptr) {
        if (verdict.start < room.head()) room.log->copy_to(verdict.missing, verdict.start);
    } else if (verdict.outcome && (is_new_there || wish.is_admitted)) {
        verdict.values = std::make_unique<LiveSnapshot>();
        room.live()->copy_to(*verdict.values);
    }
    replay_bytes_ += verdict.bytes();
    maybe_end_room(room);
    answer->wish = std::move(wish);
    core_->forward(answer->wish.from, answer);
}

PUMPHOUSE_DECL void ReplayTakenCommand::run(Shard& home) { home.replay_taken(bytes); }

PUMPHOUSE_DECL void Shard::replay_taken(std::size_t bytes) {
    replay_bytes_ -= bytes;
    while (!waiting_wishes_.empty() && replay_bytes_ < core_->options.max_replay_bytes) {
        JoinWish wish = std::move(waiting_wishes_.front());
        waiting_wishes_.pop_front();
        admit_from_afar(wish);
    }
}

// `on_joined` has been told: what has come meanwhile, and the past, follow what that hook sent.
PUMPHOUSE_DECL void Shard::release(ClientId id, std::string_view name) {
    ClientBase* const client = find(id);
    Membership* const member = client != nullptr ? membership(*client, name) : nullptr;
    if (member == nullptr || !std::exchange(member->is_held, false)) return;
    std::uint64_t const head = member->room->head();
    if (member->cursor == head) return;
    if (member->losses == nullptr) member->losses = new Losses;
    member->losses->told_at = head;
    member->losses->told_sequence = ++sequence_;
    if (!client->is_stalled) queue(*client);
}

}  // namespace pumphouse
