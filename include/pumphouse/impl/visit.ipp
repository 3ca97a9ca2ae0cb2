// SPDX-License-Identifier: MIT
// Bodies of client/visit.hpp.
#pragma once

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include <pumphouse/client/visit.hpp>

namespace pumphouse {

PUMPHOUSE_DECL Visit::~Visit() {
    for (std::size_t i = 0; i < count_; ++i) {
        Range const& range = ranges_[i];
        bool const is_own = range.source == Source::own_frame || range.source == Source::value;
        if (is_own && range.segment != nullptr) Log::drop(context_.logs.memory, *range.segment);
    }
}

PUMPHOUSE_DECL Visit::Result Visit::run(Membership* only) {
    plan(only);
    std::array<ConstBuffer, max_pieces> buffers;
    std::size_t used = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        if (ranges_[i].bytes != 0) buffers[used++] = {ranges_[i].data, ranges_[i].bytes};
    }
    WriteResult written;
    if (used != 0 || client_.holds) written = client_.write({buffers.data(), used});
    if (written.failed) return Result::failed;
    taken_ = written.taken;
    settle_taken(written.taken);
    return outcome(written, bytes_);
}

PUMPHOUSE_DECL Visit::Result Visit::outcome(WriteResult const& written, std::size_t offered) {
    client_.holds = written.blocked && written.taken == offered;
    if (is_full_ && client_.rooms != nullptr) client_.rooms = client_.rooms->next;
    if (written.blocked || client_.waits_for_source()) {
        bool const restarts = has_completed_ || client_.blocked_since == Time::max();
        if (restarts) client_.blocked_since = context_.now;
        return Result::blocked;
    }
    client_.blocked_since = Time::max();
    bool const has_more = is_full_ || wants_another_ || client_.has_open_stream();
    return has_more || written.taken < offered ? Result::more : Result::done;
}

// --- planning ---------------------------------------------------------------------------------

PUMPHOUSE_DECL void Visit::plan(Membership* only) {
    if (client_.has_open_stream() && !client_.in_flight && client_.takes_data()) read_stream();
    plan_in_flight();
    if (plans_close_ || !client_.takes_data() || client_.has_open_stream()) return;
    if (client_.has_gaps) plan_gaps();
    bool const has_direct =
        client_.direct != nullptr && client_.direct->cursor < client_.direct->room->head();
    if (has_direct) return plan_all_rooms();
    if (only != nullptr) {
        collect(*only, only->cursor, no_limit);
        return;
    }
    Membership* each = client_.rooms;
    if (each == nullptr) return;
    do {
        collect(*each, each->cursor, no_limit);
        each = each->next;
    } while (each != client_.rooms && !is_full_);
}

PUMPHOUSE_DECL void Visit::plan_in_flight() {
    if (client_.torn_control) {
        InFlight const& rest = *client_.torn_control;
        add_rest(rest, Source::torn_control, rest.taken, rest.bytes);
    }
    // After a close frame that went between two fragments the rest of the message never goes.
    if (client_.phase == ClientBase::Phase::close_sent) return;
    InFlight const& rest = client_.in_flight;
    if (!rest) return plan_control();
    auto const fragment = static_cast<std::uint32_t>(client_.wire_format().fragment_bytes);
    std::uint32_t boundary = rest.bytes;
    if (fragment != 0 && client_.has_pending_control()) {
        boundary = std::min(rest.bytes, (rest.taken + fragment - 1) / fragment * fragment);
    }
    add_rest(rest, Source::in_flight, rest.taken, boundary);
    plan_control();
    if (!plans_close_) add_rest(rest, Source::in_flight, boundary, rest.bytes);
}

PUMPHOUSE_DECL void Visit::add_rest(InFlight const& rest, Source source, std::uint32_t from,
                                    std::uint32_t to) {
    if (from == to) return;
    add({rest.frame + from, to - from, source, rest.piece, rest.segment, nullptr, 0, 0});
}

PUMPHOUSE_DECL void Visit::plan_control() {
    if (!client_.has_pending_control()) return;
    if (client_.phase == ClientBase::Phase::closing) {
        Ending const& ending = *client_.ending;
        std::string payload;
        if (ending.code != CloseCode::no_code) {
            auto const code = static_cast<std::uint16_t>(ending.code);
            payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
            payload.append(ending.text, 0, max_control_bytes - 2);
        }
        plans_close_ = true;
        return add_own_frame(Piece::close, Opcode::close, payload, nullptr);
    }
    if (client_.pong) add_own_frame(Piece::pong, Opcode::pong, client_.pong->view(), nullptr);
    if (client_.is_ping_due) add_own_frame(Piece::ping, Opcode::ping, {}, nullptr);
}

PUMPHOUSE_DECL void Visit::plan_gaps() {
    client_.has_gaps = false;
    if (client_.direct != nullptr) plan_gap(*client_.direct);
    Membership* each = client_.rooms;
    if (each == nullptr) return;
    do {
        plan_gap(*each);
        each = each->next;
    } while (each != client_.rooms && !is_full_);
}

PUMPHOUSE_DECL void Visit::plan_gap(Membership& member) {
    if (member.losses == nullptr || !member.losses->has_unannounced) return;
    client_.has_gaps = true;
    std::string payload;
    Room const& room = *member.room;
    Opcode const opcode =
        room.options->gap_encoder.function(room.name, member.losses->unannounced, payload);
    add_own_frame(Piece::gap, opcode, payload, &member);
}

PUMPHOUSE_DECL void Visit::add_own_frame(Piece piece, Opcode opcode, std::string_view payload,
                                         Membership* member) {
    WireFormat const& format = client_.wire_format();
    std::size_t const bytes = format.frame_bytes(payload.size());
    Segment& segment = own_memory(bytes);
    std::byte* const frame = own_bytes(segment);
    format.frame(opcode, payload, frame);
    Range const range{frame, static_cast<std::uint32_t>(bytes), Source::own_frame, piece, &segment,
                      member, 0, 0};
    if (!add(range)) Log::drop(context_.logs.memory, segment);
}

// Memory for one frame, held and dropped as segments of a log are.
PUMPHOUSE_DECL Segment& Visit::own_memory(std::size_t bytes) {
    auto const memory = context_.logs.memory.get(sizeof(Segment) + bytes);
    auto* const segment = new (memory.data) Segment{};
    segment->piece = memory;
    return *segment;
}

PUMPHOUSE_DECL std::byte* Visit::own_bytes(Segment& segment) noexcept {
    return segment.piece.data + sizeof(Segment);
}

PUMPHOUSE_DECL bool Visit::add(Range const& range) {
    if (count_ == max_pieces) {
        is_full_ = true;
        return false;
    }
    ranges_[count_++] = range;
    bytes_ += range.bytes;
    return true;
}

// With a direct message pending, rooms are taken up to its sequence, then it, then the rest.
PUMPHOUSE_DECL void Visit::plan_all_rooms() {
    Membership& direct = *client_.direct;
    while (!is_full_) {
        std::uint64_t const next_direct = planned(direct);
        Segment* const segment = direct.room->log->find(next_direct);
        std::uint64_t const barrier =
            segment != nullptr ? segment->record(next_direct).sequence : no_limit;
        if (Membership* each = client_.rooms) {
            do {
                collect(*each, planned(*each), barrier);
                each = each->next;
            } while (each != client_.rooms && !is_full_);
        }
        if (segment == nullptr || is_full_) return;
        if (is_stream(next_direct)) return begin_stream();
        collect(direct, next_direct, std::min(next_sequence_in_rooms(), next_stream_sequence()));
    }
}

// Where a cursor will stand when all that is planned so far has been taken.
PUMPHOUSE_DECL std::uint64_t Visit::planned(Membership const& member) const noexcept {
    for (std::size_t i = count_; i-- != 0;) {
        Range const& range = ranges_[i];
        bool const is_cursor = range.source == Source::records || range.source == Source::value;
        if (range.member == &member && is_cursor) return range.last;
    }
    return member.cursor;
}

// Who is being closed will not be told of joining: what is pending goes out.
PUMPHOUSE_DECL bool Visit::is_held(Membership const& member) const noexcept {
    return member.is_held && client_.phase == ClientBase::Phase::open;
}

PUMPHOUSE_DECL std::uint64_t Visit::next_sequence_in_rooms() {
    std::uint64_t lowest = no_limit;
    Membership* each = client_.rooms;
    if (each == nullptr) return lowest;
    do {
        lowest = std::min(lowest, next_sequence(*each, planned(*each)));
        each = each->next;
    } while (each != client_.rooms);
    return lowest;
}

// Where what a member needs next in its room stands in the shard's sequence.
PUMPHOUSE_DECL std::uint64_t Visit::next_sequence(Membership const& member,
                                                  std::uint64_t cursor) const noexcept {
    Room const& room = *member.room;
    if (is_held(member)) return no_limit;
    if (member.is_walking()) {
        LiveIndex::Entry const* const entry = room.live()->from(cursor);
        return entry != nullptr ? member.sequence_for(entry->number, entry->sequence) : no_limit;
    }
    Segment* const segment = room.log != nullptr ? room.log->find(cursor) : nullptr;
    if (segment == nullptr) return no_limit;
    return member.sequence_for(cursor, segment->record(cursor).sequence);
}

// Plans what a member needs of one room from a cursor on, as far as the limits let it.
PUMPHOUSE_DECL void Visit::collect(Membership& member, std::uint64_t from,
                                   std::uint64_t before_sequence) {
    if (is_held(member)) return;
    if (member.sequence_for(from, 0) >= before_sequence) return;
    if (member.is_walking()) return collect_values(member, from, before_sequence);
    if (member.room->log != nullptr) collect_records(member, from, before_sequence);
}

PUMPHOUSE_DECL void Visit::collect_records(Membership& member, std::uint64_t from,
                                           std::uint64_t before_sequence) {
    Log& log = *member.room->log;
    std::uint64_t number = from;
    std::uint64_t written_to = from;
    for (Segment* at = log.find(number); at != nullptr && !is_full_; at = at->next) {
        if (at->lanes[client_.lane].data == nullptr) log.make_lane(*at, client_.lane);
        std::uint64_t end = at->end();
        while (end > number && at->record(end - 1).sequence >= before_sequence) --end;
        bool const is_cut = end < at->end();
        while (number < end && !is_full_) {
            std::uint64_t to = end;
            if (log.excludes_from(number)) {
                while (number < end && at->record(number).excluded == client_.id) ++number;
                to = number;
                while (to < end && at->record(to).excluded != client_.id) ++to;
                if (to == number) break;
            }
            if (!add_records(member, *at, number, to)) break;
            written_to = number = to;
        }
        if (is_cut) break;
    }
    // Records at the end that leave this client out are only passed over.
    if (number > written_to && !is_full_) {
        add({nullptr, 0, Source::records, Piece::data, nullptr, &member, written_to, number});
    }
}

// Adds [from, to), or as much of it as the byte limit lets; `to` says how far. False: nothing.
PUMPHOUSE_DECL bool Visit::add_records(Membership& member, Segment& segment, std::uint64_t from,
                                       std::uint64_t& to) {
    std::size_t const lane = client_.lane;
    std::uint32_t const begin = segment.begin_of(lane, from);
    std::size_t const left = bytes_ < max_bytes ? max_bytes - bytes_ : 0;
    if (segment.end_of(lane, to - 1) - begin > left) {
        is_full_ = true;
        std::uint32_t const* const ends = segment.lanes[lane].ends - segment.first;
        to = static_cast<std::uint64_t>(std::upper_bound(ends + from, ends + to, begin + left) -
                                        ends);
        if (to == from && bytes_ != 0) return false;
        if (to == from) ++to;  // one record always goes, however large
    }
    std::uint32_t const bytes = segment.end_of(lane, to - 1) - begin;
    return add({segment.lanes[lane].data + begin, bytes, Source::records, Piece::data, &segment,
                &member, from, to});
}

// --- what was taken ---------------------------------------------------------------------------

PUMPHOUSE_DECL void Visit::settle_taken(std::size_t taken) {
    for (std::size_t i = 0; i < count_; ++i) {
        Range const& range = ranges_[i];
        if (range.bytes == 0) {
            pass(context_, *range.member, range.last);
            continue;
        }
        if (taken == 0) return;
        auto const here = static_cast<std::uint32_t>(std::min<std::size_t>(taken, range.bytes));
        taken -= here;
        bool const is_rest =
            range.source == Source::in_flight || range.source == Source::torn_control;
        if (is_rest) {
            advance_rest(range, here);
            if (here < range.bytes) return;
            continue;
        }
        begin(range);
        if (here < range.bytes) return tear(range, here);
        complete(range);
    }
}

PUMPHOUSE_DECL void Visit::begin(Range const& range) {
    switch (range.piece) {
        case Piece::pong: client_.pong.reset(); break;
        case Piece::ping: client_.is_ping_due = false; break;
        case Piece::close: client_.phase = ClientBase::Phase::close_sent; break;
        case Piece::gap: range.member->losses->has_unannounced = false; break;
        case Piece::data: pass(context_, *range.member, range.first); break;
        case Piece::stream: break;  // in flight before it is offered
    }
}

PUMPHOUSE_DECL void Visit::complete(Range const& range) {
    has_completed_ = true;
    if (range.source == Source::own_frame) return complete_control(range.piece);
    context_.totals.delivered += range.last - range.first;
    move_cursor(context_, *range.member, range.last);
}

PUMPHOUSE_DECL void Visit::complete_control(Piece piece) {
    if (piece == Piece::ping) client_.heartbeat.ping_taken(context_.now, context_.heartbeat);
}

PUMPHOUSE_DECL void Visit::tear(Range const& range, std::uint32_t taken) {
    if (range.source == Source::records) return tear_records(range, taken);
    if (range.source == Source::value) return tear_value(range, taken);
    Log::hold(*range.segment);
    InFlight const rest{range.segment, range.data, range.bytes, taken, nullptr, range.piece};
    if (range.piece == Piece::gap) {
        client_.in_flight = rest;
    } else {
        client_.torn_control = std::make_unique<InFlight>(rest);
    }
}

// The cursor moves past the torn record; its rest stays in flight.
PUMPHOUSE_DECL void Visit::tear_records(Range const& range, std::uint32_t taken) {
    Segment& segment = *range.segment;
    std::size_t const lane = client_.lane;
    std::uint32_t const position = segment.begin_of(lane, range.first) + taken;
    std::uint32_t const* const ends = segment.lanes[lane].ends - segment.first;
    auto const torn = static_cast<std::uint64_t>(
        std::upper_bound(ends + range.first, ends + range.last, position) - ends);
    std::uint32_t const begin = segment.begin_of(lane, torn);
    context_.totals.delivered += torn - range.first;
    has_completed_ |= torn != range.first;
    std::uint64_t const is_torn = position > begin;
    if (is_torn) {
        Log::hold(segment);
        client_.in_flight = {&segment,         segment.lanes[lane].data + begin,
                             segment.end_of(lane, torn) - begin,
                             position - begin, range.member, Piece::data};
        ++context_.totals.in_flight;
    }
    move_cursor(context_, *range.member, torn + is_torn);
}

PUMPHOUSE_DECL void Visit::advance_rest(Range const& range, std::uint32_t taken) {
    if (range.source == Source::torn_control) {
        InFlight& rest = *client_.torn_control;
        rest.taken += taken;
        if (rest.left() != 0) return;
        has_completed_ = true;
        complete_control(rest.piece);
        Log::drop(context_.logs.memory, *rest.segment);
        return client_.torn_control.reset();
    }
    InFlight& rest = client_.in_flight;
    auto const fragment = static_cast<std::uint32_t>(client_.wire_format().fragment_bytes);
    std::uint32_t const before = rest.taken;
    rest.taken += taken;
    if (fragment != 0 && before / fragment != rest.taken / fragment) has_completed_ = true;
    if (rest.left() == 0) complete_rest(rest);
}

PUMPHOUSE_DECL void Visit::complete_rest(InFlight const& rest) {
    has_completed_ = true;
    if (rest.piece == Piece::data) {
        --context_.totals.in_flight;
        ++context_.totals.delivered;
    }
    if (rest.piece == Piece::stream) complete_stream_piece();
    Log::drop(context_.logs.memory, *rest.segment);
    client_.in_flight = {};
}

PUMPHOUSE_DECL void Visit::move_cursor(VisitContext& context, Membership& member,
                                       std::uint64_t to) noexcept {
    Room& room = *member.room;
    if (member.is_walking()) return walk_to(member, to);
    room.log->move(member.cursor, to, member.is_stalled());
    member.cursor = to;
    if (member.losses != nullptr && member.losses->is_spent(to)) {
        delete std::exchange(member.losses, nullptr);
    }
    if (room.log->wants_settling() && !room.is_settling) {
        room.is_settling = true;
        context.settling.push_back(&room);
    }
}

PUMPHOUSE_DECL void Visit::pass(VisitContext& context, Membership& member,
                                std::uint64_t to) noexcept {
    std::uint64_t const passed = to - member.cursor;
    if (passed == 0) return;
    std::uint64_t excluded = passed;
    if (member.is_walking()) {
        LiveIndex const& live = *member.room->live();
        excluded = live.count_excluding(member.client->id, member.cursor, to);
        member.losses->conflated += passed - excluded;
        context.totals.conflated += passed - excluded;
    }
    member.excluded += static_cast<std::uint32_t>(excluded);
    context.totals.excluded += excluded;
    move_cursor(context, member, to);
}

}  // namespace pumphouse
