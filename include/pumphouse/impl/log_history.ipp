// SPDX-License-Identifier: MIT
// Bodies of room/log.hpp: what a log keeps though nobody needs it, and how cursors get back to it.
#pragma once

#include <algorithm>
#include <new>

#include <pumphouse/room/log.hpp>

namespace pumphouse {

// --- the window -------------------------------------------------------------------------------

PUMPHOUSE_DECL void Log::keep_history(std::uint64_t messages) noexcept {
    history_messages_ = messages;
    keep_from_ = head_;
}

// After an append.
PUMPHOUSE_DECL void Log::move_window() noexcept {
    if (head_ - keep_from_ <= history_messages_) return;
    keep_from_ = head_ - history_messages_;
    if (front_->end() <= keep_from_) wants_settling_ = true;
}

PUMPHOUSE_DECL void Log::expire(Time until) noexcept {
    while (oldest_time() <= until) ++keep_from_;
    if (front_ != nullptr && front_->end() <= keep_from_) wants_settling_ = true;
}

PUMPHOUSE_DECL Time Log::oldest_time() const noexcept {
    return keep_from_ < head_ ? time(keep_from_) : Time::max();
}

PUMPHOUSE_DECL Message Log::message(std::uint64_t number) const noexcept {
    Segment const& at = *find(number);
    return at.past->message(number - at.first);
}

PUMPHOUSE_DECL Time Log::time(std::uint64_t number) const noexcept {
    Segment const& at = *find(number);
    return at.past->entries[number - at.first].time;
}

PUMPHOUSE_DECL void Log::shrink_history(std::size_t bytes) noexcept {
    std::size_t left = memory_bytes_;
    for (Segment const* each = front_; each != nullptr && left > bytes; each = each->next) {
        left -= each->memory_bytes();
        keep_from_ = std::max(keep_from_, each->end());
        wants_settling_ = true;
    }
}

// A history is to be given back in portions, so its segments grow only with what it holds.
PUMPHOUSE_DECL bool Log::wants_larger_segments() const noexcept {
    if (tail_ == nullptr || segment_bytes_ >= largest_bytes_) return false;
    return history_messages_ == 0 || memory_bytes_ > std::size_t{64} * segment_bytes_;
}

PUMPHOUSE_DECL std::uint64_t Log::count_for(ClientId client, std::uint64_t from) const noexcept {
    std::uint64_t count = head_ - from;
    if (!excludes_from(from)) return count;
    for (Segment* at = find(from); at != nullptr; at = at->next) {
        for (; from < at->end(); ++from) count -= at->record(from).excluded == client;
    }
    return count;
}

// --- lanes on demand --------------------------------------------------------------------------

PUMPHOUSE_DECL void Log::make_past(Segment& segment, std::uint32_t records,
                                   std::size_t payload_bytes) {
    std::size_t const bytes = std::max<std::size_t>(payload_bytes, segment_bytes_);
    segment.past = &Past::make(context_.memory, records, bytes);
    memory_bytes_ += segment.past->piece.bytes;
}

// Before an append to the tail, in lanes that have come into use since it was made.
PUMPHOUSE_DECL void Log::make_lanes(Segment& segment, LaneMask lanes, Append const& what) {
    for (std::size_t i = 0; i < max_lanes; ++i) {
        if (lanes >> i & 1U) make_lane(segment, i, frame_bytes(what, i));
    }
}

PUMPHOUSE_DECL void Log::make_lane(Segment& segment, std::size_t lane) {
    make_lane(segment, lane, 0);
}

PUMPHOUSE_DECL void Log::make_lane(Segment& segment, std::size_t index, std::size_t spare_bytes) {
    Lane& lane = segment.lanes[index];
    if (lane.data != nullptr) return;
    WireFormat const& format = *context_.formats[index];
    std::size_t const ends = segment.capacity * sizeof(std::uint32_t);
    std::size_t bytes = ends + spare_bytes;
    for (std::uint32_t i = 0; i < segment.count; ++i) {
        bytes += format.frame_bytes(segment.past->message(i).payload.size());
    }
    bool const is_tail = &segment == tail_;
    if (is_tail) bytes = std::max<std::size_t>(bytes, segment_bytes_);
    lane.piece = context_.memory.get(bytes);
    memory_bytes_ += lane.piece.bytes;
    lane.ends = reinterpret_cast<std::uint32_t*>(lane.piece.data);
    lane.data = lane.piece.data + ends;
    lane.capacity = static_cast<std::uint32_t>(lane.piece.bytes - ends);
    for (std::uint32_t i = 0; i < segment.count; ++i) {
        Message const message = segment.past->message(i);
        format.frame(message.opcode, message.payload, lane.data + lane.used);
        lane.used += static_cast<std::uint32_t>(format.frame_bytes(message.payload.size()));
        lane.ends[i] = lane.used;
    }
    context_.frames_made += segment.count;
    // Lag is counted from records that were appended in this lane, never from older segments.
    if (!is_tail) return;
    lane.base = lane_bytes_[index];
    lane_bytes_[index] += lane.used;
}

// A frame that is torn keeps its segment, and with it the lane.
PUMPHOUSE_DECL void Log::drop_lane(std::size_t index) noexcept {
    for (Segment* each = front_; each != nullptr; each = each->next) {
        Lane& lane = each->lanes[index];
        if (lane.data == nullptr) continue;
        if (each->holders != 1) {
            if (each == tail_) sealed_ = true;
            continue;
        }
        memory_bytes_ -= lane.piece.bytes;
        context_.memory.put(lane.piece);
        lane = {};
    }
}

// --- between shards ---------------------------------------------------------------------------

PUMPHOUSE_DECL void Log::copy_to(Replay& out, std::uint64_t from) const {
    out.first = from;
    for (Segment* at = find(from); at != nullptr; at = at->next) {
        for (; from < at->end(); ++from) {
            std::size_t const place = from - at->first;
            Message const message = at->past->message(place);
            Record const& record = at->records[place];
            out.records.push_back({record.excluded, record.key, at->past->entries[place].time,
                                   static_cast<std::uint32_t>(message.payload.size()),
                                   message.opcode});
            out.payloads += message.payload;
        }
    }
}

PUMPHOUSE_DECL void Log::prepend(Replay const& records) {
    std::uint64_t const missing_to = front_ != nullptr ? front_->first : head_;
    std::uint64_t const end = std::min(missing_to, records.end());
    Segment* const rest = front_;
    Segment* last = nullptr;
    std::size_t offset = 0;
    for (std::uint64_t from = records.first; from < end;) {
        Segment& segment = prepended(records, from, end, offset);
        from = segment.end();
        segment.previous = last;
        (last != nullptr ? last->next : front_) = &segment;
        last = &segment;
    }
    if (last == nullptr) return;
    last->next = rest;
    (rest != nullptr ? rest->previous : tail_) = last;
}

// One segment of records from `from` on, whose payloads begin at `offset`.
PUMPHOUSE_DECL Segment& Log::prepended(Replay const& records, std::uint64_t from,
                                       std::uint64_t end, std::size_t& offset) {
    constexpr std::uint32_t most_records = 1024;
    auto const& first = records.records.begin() + static_cast<std::ptrdiff_t>(from - records.first);
    auto const left = static_cast<std::size_t>(end - from);
    std::uint32_t count = 0;
    std::size_t bytes = 0;
    for (; count < std::min<std::size_t>(left, most_records); ++count) {
        std::uint32_t const more = first[count].bytes;
        if (count != 0 && bytes + more > largest_segment_bytes) break;
        bytes += more;
    }
    Segment& segment = make_segment(from, count);
    segment.past = &Past::make(context_.memory, count, bytes);
    memory_bytes_ += segment.past->piece.bytes;
    segment.settled = true;
    for (std::uint32_t i = 0; i < count; ++i) {
        Replay::Record const& each = first[i];
        segment.past->append(each.time, each.opcode,
                             std::string_view{records.payloads}.substr(offset, each.bytes));
        offset += each.bytes;
        segment.records[segment.count++] = {0, each.excluded, each.key};
        if (each.excluded) excluded_end_ = std::max(excluded_end_, from + i + 1);
    }
    return segment;
}

PUMPHOUSE_DECL void Log::restart(std::uint64_t head) noexcept {
    give_all_back();
    unsettled_ = nullptr;
    head_ = head;
    at_head_ = {};
    sealed_ = false;
}

}  // namespace pumphouse
