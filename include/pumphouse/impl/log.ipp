// SPDX-License-Identifier: MIT
// Bodies of room/log.hpp.
#pragma once

#include <cstring>
#include <new>
#include <utility>

#include <pumphouse/room/log.hpp>

namespace pumphouse {

PUMPHOUSE_DECL Log::~Log() { give_all_back(); }

PUMPHOUSE_DECL void Log::give_all_back() noexcept {
    for (Segment* each = unsettled_; each != nullptr; each = each->next) {
        context_.budget->give_back(each->budget_messages, each->budget_bytes);
        context_.unflushed_bytes -= each->unflushed_bytes;
    }
    while (front_ != nullptr) unlink_front();
}

PUMPHOUSE_DECL void Log::append(Append const& what, LaneMask lanes) {
    Segment& segment = segment_for(what, lanes);
    std::uint64_t framed_bytes = 0;
    for (std::size_t i = 0; i < max_lanes; ++i) {
        if (!(lanes >> i & 1U)) continue;
        Lane& lane = segment.lanes[i];
        auto const size = static_cast<std::uint32_t>(frame_bytes(what, i));
        if (what.framed[i].data() != nullptr) {
            std::memcpy(lane.data + lane.used, what.framed[i].data(), size);
        } else {
            what.frame(*context_.formats[i], lane.data + lane.used);
            ++context_.frames_made;
        }
        lane.used += size;
        lane.ends[segment.count] = lane.used;
        lane_bytes_[i] += size;
        framed_bytes += size;
    }
    if (segment.past != nullptr) segment.past->append(what.time, what.opcode, what.payload);
    segment.records[segment.count++] = {what.sequence, what.excluded, what.key};
    ++head_;
    if (what.excluded) excluded_end_ = head_;

    // Everybody at head is now behind, in this segment: two numbers, no walk.
    segment.cursors.all += at_head_.all;
    segment.cursors.stalled += at_head_.stalled;
    at_head_ = {};

    segment.budget_messages += what.holds_budget;
    segment.budget_bytes += what.budget_bytes;
    segment.unflushed_bytes += framed_bytes;
    context_.unflushed_bytes += framed_bytes;
    maybe_passed(segment);
    if (history_messages_ != 0) move_window();
}

PUMPHOUSE_DECL std::size_t Log::frame_bytes(Append const& what, std::size_t lane) const noexcept {
    bool const is_framed = what.framed[lane].data() != nullptr;
    return is_framed ? what.framed[lane].size()
                     : what.frame_bytes(*context_.formats[lane]);
}

PUMPHOUSE_DECL bool Log::fits(Segment const& segment, Append const& what,
                              LaneMask lanes) const noexcept {
    if (sealed_ || segment.count == segment.capacity) return false;
    if (keeps_payloads_ && !segment.past->fits(what.payload.size())) return false;
    for (std::size_t i = 0; i < max_lanes; ++i) {
        if (!(lanes >> i & 1U)) continue;
        Lane const& lane = segment.lanes[i];
        bool const is_missing = lane.data == nullptr;
        if (is_missing && keeps_payloads_) continue;
        if (is_missing || lane.capacity - lane.used < frame_bytes(what, i)) return false;
    }
    return true;
}

PUMPHOUSE_DECL Segment& Log::segment_for(Append const& what, LaneMask lanes) {
    if (tail_ == nullptr || !fits(*tail_, what, lanes)) return start_segment(what, lanes);
    if (keeps_payloads_) make_lanes(*tail_, lanes, what);
    if (std::exchange(tail_->settled, false)) unsettled_ = tail_;  // all before it are settled too
    return *tail_;
}

PUMPHOUSE_DECL Segment& Log::start_segment(Append const& what, LaneMask lanes) {
    // A chain of segments says that this room wants larger ones.
    if (wants_larger_segments()) segment_bytes_ *= 4;
    // One index entry per 32 bytes of lane: smaller frames are rarer than that on average.
    std::uint32_t const records = segment_bytes_ / 32;

    Memory& memory = context_.memory;
    Segment* const segment = &make_segment(head_, records);
    for (std::size_t i = 0; i < max_lanes; ++i) {
        if (!(lanes >> i & 1U)) continue;
        Lane& lane = segment->lanes[i];
        std::size_t const ends = records * sizeof(std::uint32_t);
        std::size_t const frame = frame_bytes(what, i);
        lane.piece = memory.get(ends + frame > segment_bytes_ ? ends + frame : segment_bytes_);
        lane.ends = reinterpret_cast<std::uint32_t*>(lane.piece.data);
        lane.data = lane.piece.data + ends;
        lane.capacity = static_cast<std::uint32_t>(lane.piece.bytes - ends);
        lane.base = lane_bytes_[i];
        memory_bytes_ += lane.piece.bytes;
    }
    if (keeps_payloads_) make_past(*segment, records, what.payload.size());
    segment->previous = tail_;
    (tail_ != nullptr ? tail_->next : front_) = segment;
    tail_ = segment;
    if (unsettled_ == nullptr) unsettled_ = segment;
    sealed_ = false;
    return *segment;
}

PUMPHOUSE_DECL Segment& Log::make_segment(std::uint64_t first, std::uint32_t records) {
    auto const piece = context_.memory.get(sizeof(Segment) + records * sizeof(Record));
    auto* const segment = new (piece.data) Segment{};
    segment->piece = piece;
    segment->records = reinterpret_cast<Record*>(piece.data + sizeof(Segment));
    segment->capacity = records;
    segment->first = first;
    memory_bytes_ += piece.bytes;
    return *segment;
}

PUMPHOUSE_DECL Segment* Log::find(std::uint64_t number) const noexcept {
    if (number >= head_ || front_ == nullptr) return nullptr;
    if (number >= tail_->first) return tail_;  // nearly everybody
    if (number - front_->first < tail_->first - number) {
        Segment* each = front_;
        while (number >= each->end()) each = each->next;
        return each;
    }
    Segment* each = tail_;
    while (number < each->first) each = each->previous;
    return each;
}

PUMPHOUSE_DECL void Log::enter(std::uint64_t number) noexcept {
    Segment* const at = find(number);
    (at != nullptr ? at->cursors : at_head_).add(false);
}

PUMPHOUSE_DECL void Log::leave(std::uint64_t number, bool is_stalled) noexcept {
    Segment* const at = find(number);
    if (at == nullptr) return at_head_.remove(is_stalled);
    at->cursors.remove(is_stalled);
    maybe_passed(*at);
}

PUMPHOUSE_DECL void Log::move(std::uint64_t from, std::uint64_t to, bool is_stalled) noexcept {
    Segment* const source = find(from);
    Segment* const target = find(to);
    if (source == target) return;
    (target != nullptr ? target->cursors : at_head_).add(is_stalled);
    if (source == nullptr) return at_head_.remove(is_stalled);
    source->cursors.remove(is_stalled);
    maybe_passed(*source);
}

PUMPHOUSE_DECL void Log::set_stalled(std::uint64_t number, bool is_stalled) noexcept {
    Segment* const at = find(number);
    std::uint32_t& count = at != nullptr ? at->cursors.stalled : at_head_.stalled;
    is_stalled ? ++count : --count;
    if (at != nullptr) maybe_passed(*at);
}

PUMPHOUSE_DECL std::uint64_t Log::bytes_behind(std::uint64_t number,
                                               std::size_t lane) const noexcept {
    Segment const* const at = find(number);
    if (at == nullptr || at->lanes[lane].data == nullptr) return 0;
    return lane_bytes_[lane] - at->lanes[lane].base - at->begin_of(lane, number);
}

PUMPHOUSE_DECL void Log::maybe_passed(Segment const& segment) noexcept {
    if (segment.cursors.live() == 0) wants_settling_ = true;
}

PUMPHOUSE_DECL void Log::settle() noexcept {
    wants_settling_ = false;
    // A record has passed everybody when only stalled members still stand before it.
    while (unsettled_ != nullptr && unsettled_->cursors.live() == 0) {
        context_.budget->give_back(unsettled_->budget_messages, unsettled_->budget_bytes);
        context_.unflushed_bytes -= unsettled_->unflushed_bytes;
        unsettled_->budget_messages = 0;
        unsettled_->budget_bytes = 0;
        unsettled_->unflushed_bytes = 0;
        unsettled_->settled = true;
        unsettled_ = unsettled_->next;
    }
    while (front_ != nullptr && front_->settled && front_->cursors.all == 0 &&
           front_->end() <= keep_from_) {
        unlink_front();
    }
}

PUMPHOUSE_DECL void Log::unlink_front() noexcept {
    Segment* const gone = front_;
    front_ = gone->next;
    (front_ != nullptr ? front_->previous : tail_) = nullptr;
    if (unsettled_ == gone) unsettled_ = front_;
    memory_bytes_ -= gone->memory_bytes();
    drop(context_.memory, *gone);
}

PUMPHOUSE_DECL void Log::drop(Memory& memory, Segment& segment) noexcept {
    if (--segment.holders != 0) return;
    for (Lane const& lane : segment.lanes) {
        if (lane.data != nullptr) memory.put(lane.piece);
    }
    if (segment.past != nullptr) memory.put(segment.past->piece);
    memory.put(segment.piece);
}

}  // namespace pumphouse
