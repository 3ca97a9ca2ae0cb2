// SPDX-License-Identifier: MIT
// Bodies of hub/shard.hpp: the flush, stalled members, overflow.
#pragma once

#include <algorithm>
#include <utility>

#include <pumphouse/hub/shard.hpp>

namespace pumphouse {

PUMPHOUSE_DECL VisitContext Shard::visit_context() noexcept {
    return {logs_, stats_.ledger, core_->options.heartbeat, settling_, now_};
}

// Whoever has something pending stands in the queue, is stalled, or is still to come in the walk
// of a dirty room.

PUMPHOUSE_DECL void Shard::queue(ClientBase& client) noexcept {
    if (client.phase == ClientBase::Phase::ended || std::exchange(client.is_queued, true)) return;
    client.next_queued = nullptr;
    (queue_first_ != nullptr ? queue_last_->next_queued : queue_first_) = &client;
    queue_last_ = &client;
}

// For control frames: who waits for a stream's source is stalled, but its transport takes them.
PUMPHOUSE_DECL void Shard::queue_control(ClientBase& client) {
    if (!client.is_stalled) return queue(client);
    if (client.waits_for_source()) unstall(client);
}

PUMPHOUSE_DECL ClientBase* Shard::pop_queued() noexcept {
    ClientBase& client = *queue_first_;
    queue_first_ = client.next_queued;
    client.is_queued = false;
    if (client.phase != ClientBase::Phase::ended) return &client;
    delete_if_idle(client);
    return nullptr;
}

PUMPHOUSE_DECL void Shard::make_dirty(Room& room) noexcept {
    if (std::exchange(room.is_dirty, true)) return;
    room.walk = Room::not_begun;
    room.log->next_dirty = nullptr;
    (dirty_first_ != nullptr ? dirty_last_->log->next_dirty : dirty_first_) = &room;
    dirty_last_ = &room;
}

PUMPHOUSE_DECL void Shard::flush_slice() {
    auto const& options = core_->options;
    if (!waiting_.empty() && is_pressed()) flush_waiting();
    if (queue_first_ == nullptr && dirty_first_ == nullptr) return;
    ++stats_.flush_slices;
    slice_clients_ = options.flush_slice_clients;
    slice_bytes_ = options.flush_slice_bytes;
    // Stepping over members who have everything is cheap, but not free.
    std::size_t steps = options.flush_slice_clients * 16;
    while (slice_clients_ != 0 && slice_bytes_ != 0 && units_left_ != 0 && steps-- != 0) {
        rooms_turn_ = !rooms_turn_;
        bool const is_done = rooms_turn_ ? !flush_member() && !flush_queued()
                                         : !flush_queued() && !flush_member();
        if (is_done) break;
    }
}

// One client of the queue; false when there is none.
PUMPHOUSE_DECL bool Shard::flush_queued() {
    if (queue_first_ == nullptr) return false;
    ClientBase* const client = pop_queued();
    if (client == nullptr) return true;
    if (client->is_stalled) unstall_members(*client);  // between two pieces of its stream
    visit(*client, nullptr);
    return true;
}

// One step of the walk through the first dirty room; false when there is none. The walk goes
// from the last member to the first, so that who comes or goes meanwhile loses nobody.
PUMPHOUSE_DECL bool Shard::flush_member() {
    if (dirty_first_ == nullptr) return false;
    Room& room = *dirty_first_;
    if (room.walk == Room::not_begun) room.log->round_head = room.log->head();
    room.walk = std::min(room.walk, room.members.size());
    if (room.walk == 0) {
        end_round(room);
        return true;
    }
    Membership& member = room.members[--room.walk];
    ClientBase& client = *member.client;
    bool const waits = member.cursor < room.log->head() && !client.is_stalled &&
                       !client.is_queued && client.takes_data();
    if (!waits) return true;
    // With one dirty room, nothing can be pending for this client in any other.
    bool const is_only = room.log->next_dirty == nullptr && client.phase == ClientBase::Phase::open;
    visit(client, is_only ? &member : nullptr);
    return true;
}

PUMPHOUSE_DECL void Shard::end_round(Room& room) {
    dirty_first_ = room.log->next_dirty;
    room.is_dirty = false;
    if (room.log->head() > room.log->round_head && !room.members.empty()) {
        return make_due(room);  // appended to during the walk: whoever was visited waits again
    }
    if (!room.is_settling) maybe_end_room(room);
}

PUMPHOUSE_DECL void Shard::visit(ClientBase& client, Membership* only) {
    static_cast<void>(spend());
    --slice_clients_;
    ++stats_.visits;
    Visit::Result result = Visit::Result::failed;
    std::size_t taken = 0;
    try {
        Visit visit{visit_context(), client};
        result = visit.run(only);
        taken = visit.bytes_taken();
    } catch (...) {  // the host's gap encoder, or memory
        explain(client, CloseCode::internal_error, CloseCause::hook, {});
    }
    slice_bytes_ -= std::min(slice_bytes_, taken);
    stats_.bytes_written += taken;
    if (tracer_ != nullptr) [[unlikely]] end_writes(client);
    after_visit(client, result);
}

PUMPHOUSE_DECL void Shard::after_visit(ClientBase& client, Visit::Result result) {
    using Phase = ClientBase::Phase;
    if (result == Visit::Result::failed) {
        explain(client, CloseCode::abnormal, CloseCause::transport, {});
        return end(client, CloseHow::abort);
    }
    bool const is_told = client.phase == Phase::close_sent && !client.torn_control;
    if (is_told && result != Visit::Result::blocked) {
        bool const waits = !client.peer_has_closed && core_->options.close_wait > Duration::zero();
        if (!waits) return end(client, CloseHow::gently);
        if (client.close_deadline == Time::max()) {
            // Whoever broke the protocol cannot be understood when it answers: the end has to do.
            if (client.ending->cause == CloseCause::protocol) client.end_output();
            client.close_deadline = now_ + core_->options.close_wait;
        }
    }
    arm(client);  // for that, for a ping that was taken, or for a frame that is blocked
    switch (result) {
        case Visit::Result::done:
            if (client.phase == Phase::finishing) close_now(client);
            break;
        case Visit::Result::more:
            queue(client);
            // However fast it is taken, all else waits for the stream's end, and keeps memory.
            if (client.has_open_stream() && !client.is_stalled) stall(client);
            break;
        case Visit::Result::blocked:
            if (!client.is_stalled) stall(client);
            break;
        case Visit::Result::failed: break;
    }
}

// --- flush intervals --------------------------------------------------------------------------

// Something is pending in this room: it is flushed now, or when its interval is over.
PUMPHOUSE_DECL void Shard::make_due(Room& room) {
    if (!room.is_paced()) return make_dirty(room);
    if (room.is_dirty) return;  // the end of the round looks again
    RoomPace& pace = room.make_extra().pace;
    if (pace.is_waiting()) return;
    if (now_ >= pace.next_flush) return flush_paced(room);
    pace.timer.room = &room;
    pace.waiting_place = static_cast<std::uint32_t>(waiting_.size());
    waiting_.push_back(&room);
    room_wheel().set(pace.timer, pace.next_flush);
}

PUMPHOUSE_DECL RoomWheel& Shard::room_wheel() {
    if (room_wheel_ == nullptr) {
        room_wheel_ = std::make_unique<RoomWheel>();
        room_wheel_->start(now_);
    }
    return *room_wheel_;
}

PUMPHOUSE_DECL void Shard::flush_paced(Room& room) {
    RoomPace& pace = room.extra->pace;
    stop_waiting(room);
    if (room.log == nullptr) return;  // all who waited were visited for other reasons
    // From when it was due, so that being late does not add up.
    Duration const interval = room.options->flush_interval;
    bool const is_little_late = pace.next_flush <= now_ && now_ - interval < pace.next_flush;
    pace.next_flush = (is_little_late ? pace.next_flush : now_) + interval;
    make_dirty(room);
    if (!room.log->stalled.empty()) check_lag(room, true);
}

PUMPHOUSE_DECL void Shard::stop_waiting(Room& room) noexcept {
    if (room.extra == nullptr || !room.extra->pace.is_waiting()) return;
    RoomPace& pace = room.extra->pace;
    room_wheel_->clear(pace.timer);
    waiting_[pace.waiting_place] = waiting_.back();
    waiting_.back()->extra->pace.waiting_place = pace.waiting_place;
    waiting_.pop_back();
    pace.waiting_place = RoomPace::nowhere;
}

// What waits for its interval must not stop the readers, nor have producers refused.
PUMPHOUSE_DECL bool Shard::is_pressed() const noexcept {
    auto const& options = core_->options;
    return logs_.unflushed_bytes > options.max_unflushed_bytes / 2 ||
           core_->budget.messages() > static_cast<std::int64_t>(options.max_inbox_messages / 2) ||
           core_->budget.bytes() > static_cast<std::int64_t>(options.max_inbox_bytes / 2);
}

PUMPHOUSE_DECL void Shard::flush_waiting() {
    while (!waiting_.empty()) flush_paced(*waiting_.back());
}

// --- stalled members --------------------------------------------------------------------------

PUMPHOUSE_DECL void Shard::stall(ClientBase& client) {
    client.is_stalled = true;
    ++stats_.stalled_clients;
    if (Membership* each = client.rooms) {
        do {
            stall_member(*each);
            each = each->next;
        } while (each != client.rooms);
    }
    if (client.direct != nullptr) stall_member(*client.direct);
}

PUMPHOUSE_DECL void Shard::unstall(ClientBase& client) {
    unstall_members(client);
    queue(client);
}

PUMPHOUSE_DECL void Shard::unstall_members(ClientBase& client) {
    client.is_stalled = false;
    --stats_.stalled_clients;
    if (Membership* each = client.rooms) {
        do {
            unstall_member(*each);
            each = each->next;
        } while (each != client.rooms);
    }
    if (client.direct != nullptr) unstall_member(*client.direct);
}

PUMPHOUSE_DECL void Shard::stall_member(Membership& member) {
    if (member.is_walking()) return;
    Log& log = log_of(*member.room);
    member.stalled_place = static_cast<std::uint32_t>(log.stalled.size());
    log.stalled.push_back(&member);
    log.set_stalled(member.cursor, true);
    if (log.stalled.size() == 1) {
        log.check_at_head = ~std::uint64_t{0};
        log.check_at_bytes.fill(~std::uint64_t{0});
    }
    bool const is_in_burst = member.losses != nullptr && member.losses->burst_end > member.cursor;
    if (!is_in_burst && is_over_bound(*member.room, member)) {
        if (member.losses == nullptr) member.losses = new Losses;
        member.losses->burst_end = log.head();
    }
    watch_lag(log, member);
    note_settling(*member.room);
}

PUMPHOUSE_DECL void Shard::unstall_member(Membership& member) {
    if (member.is_walking()) return;
    Room& room = *member.room;
    Log& log = *room.log;
    if (log.head() != member.cursor) stats_.lag.observe(log.head() - member.cursor);
    Membership* const last = log.stalled.back();
    log.stalled.pop_back();
    last->stalled_place = member.stalled_place;
    if (last != &member) log.stalled[member.stalled_place] = last;
    member.stalled_place = Membership::nowhere;
    log.set_stalled(member.cursor, false);
    // The last one may have been all that kept the log.
    if (log.is_empty() && !std::exchange(room.is_settling, true)) settling_.push_back(&room);
}

// Nobody can be over a bound before head, or the bytes of a lane, have come this far.
PUMPHOUSE_DECL void Shard::watch_lag(Log& log, Membership const& member) noexcept {
    RoomOptions const& options = *member.room->options;
    std::size_t const lane = member.client->lane;
    if (options.max_lag_messages != 0) {
        log.check_at_head =
            std::min(log.check_at_head, member.lag_base() + options.max_lag_messages);
    }
    if (options.max_lag_bytes != 0) {
        std::uint64_t const at = log.lane_bytes(lane) - log.bytes_behind(member.lag_base(), lane);
        std::uint64_t& check = log.check_at_bytes[lane];
        check = std::min(check, at + options.max_lag_bytes);
    }
}

PUMPHOUSE_DECL bool Shard::is_over_bound(Room const& room,
                                         Membership const& member) const noexcept {
    RoomOptions const& options = *room.options;
    Log const& log = *room.log;
    std::uint64_t const base = member.lag_base();
    // What waits for its interval is no lag before the interval after that.
    std::uint64_t const head = room.is_paced() ? std::max(base, log.round_head) : log.head();
    if (options.max_lag_messages != 0 && head - base > options.max_lag_messages) return true;
    std::size_t const lane = member.client->lane;
    return options.max_lag_bytes != 0 &&
           log.bytes_behind(base, lane) - log.bytes_behind(head, lane) > options.max_lag_bytes;
}

// After an append, or when a room with an interval is flushed. Members that are not stalled are
// never slow, however far behind. `of_bounds`: else only the room's memory is looked at.
PUMPHOUSE_DECL void Shard::check_lag(Room& room, bool of_bounds) {
    Log& log = *room.log;
    bool is_due = of_bounds && (room.is_paced() || log.head() > log.check_at_head);
    for (std::size_t i = 0; of_bounds && i < max_lanes; ++i) {
        is_due |= log.lane_bytes(i) > log.check_at_bytes[i];
    }
    std::size_t const most = room.options->max_room_bytes;
    bool const is_too_large = most != 0 && log.memory_bytes() > most;
    if (!is_due && !is_too_large) return;
    log.check_at_head = ~std::uint64_t{0};
    log.check_at_bytes.fill(~std::uint64_t{0});
    Segment const* const oldest = is_too_large ? log.front() : nullptr;
    for (Membership* const member : log.stalled) {
        bool const is_farthest_back = oldest != nullptr && member->cursor < oldest->end();
        if (is_farthest_back || is_over_bound(room, *member)) {
            victims_.push_back(member);
        } else {
            watch_lag(log, *member);
        }
    }
    while (!victims_.empty()) {
        Membership& member = *victims_.back();
        victims_.pop_back();
        overflow(member);
    }
}

PUMPHOUSE_DECL void Shard::overflow(Membership& member) {
    switch (member.room->options->overflow) {
        case Overflow::disconnect:
            return evict(*member.client, CloseCode::slow, CloseCause::lag);
        case Overflow::skip: return skip(member);
        case Overflow::conflate: return conflate(member);
        case Overflow::unsubscribe: return unsubscribe(member);
    }
}

// A frame that is torn goes on; what else was pending in this room is given up, and no more. The
// room stays until the round that its last record began has ended.
PUMPHOUSE_DECL void Shard::unsubscribe(Membership& member) {
    events_.push_back(LeftEvent{member.client->id, member.room->name, LeftBecause::lag});
    take_out(member, stats_.ledger.discarded_unsubscribe);
}

// Jumps to head at once, which frees memory; the range is announced at the next boundary.
PUMPHOUSE_DECL void Shard::skip(Membership& member) {
    Room& room = *member.room;
    std::uint64_t const head = room.log->head();
    if (member.losses == nullptr) member.losses = new Losses;
    if (&member == member.client->direct) give_up_writes(*member.client, "skipped");
    Losses& losses = *member.losses;
    stats_.lag.observe(head - member.cursor);
    losses.skipped += head - member.cursor;
    stats_.ledger.skipped += head - member.cursor;
    if (room.options->gap_encoder.function != nullptr) {
        if (!losses.has_unannounced) losses.unannounced.first = member.cursor;
        losses.unannounced.last = head - 1;
        losses.has_unannounced = true;
        member.client->has_gaps = true;
    }
    VisitContext context = visit_context();
    Visit::move_cursor(context, member, head);
    auto& streams = member.client->streams;
    if (&member == member.client->direct && streams && !streams->skip_to(head)) streams.reset();
    watch_lag(*room.log, member);
}

}  // namespace pumphouse
