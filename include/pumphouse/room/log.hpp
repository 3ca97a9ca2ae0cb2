// SPDX-License-Identifier: MIT
//
// Log: the records of one room that somebody still needs, framed once per wire format, and the
// places of its members' cursors in them. Appending is O(1) whatever the number of members: the
// members that stand at head are one number, and move into the new record's segment together.
//
// A log exists only while there is something in it; a caught-up room has none. One shard's
// thread only. The log knows places, not members: a cursor is a record number, and its owner
// says whether it is stalled.
//
// A room with history keeps its messages too, as they were before framing. On the room's home a
// window of records behind head stays even when nobody needs them; a cursor may enter anywhere in
// it, and a lane that was not in use is made when a cursor gets there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <pumphouse/config.hpp>
#include <pumphouse/queue/budget.hpp>
#include <pumphouse/room/replay.hpp>
#include <pumphouse/room/segment.hpp>
#include <pumphouse/transport/wire_format.hpp>

namespace pumphouse {

struct Membership;
struct Room;

/// What logs of one shard share.
struct LogContext {
    Memory memory;
    Budget* budget = nullptr;
    std::array<WireFormat const*, max_lanes> formats{};  // by lane
    std::uint64_t unflushed_bytes = 0;  // framed, and somebody who is not stalled waits for it
    std::uint64_t frames_made = 0;
};

/// One message about to be appended. In lanes for which `framed` has the finished bytes they are
/// copied; in the others `payload` is framed here, or, where the lane takes it, what is compressed.
struct Append {
    std::size_t frame_bytes(WireFormat const& format) const noexcept {
        return is_compressed_for(format)
                   ? format.compressed_frame_bytes(envelope_bytes, compressed.size())
                   : format.frame_bytes(payload.size());
    }
    void frame(WireFormat const& format, std::byte* out) const noexcept {
        if (!is_compressed_for(format)) return format.frame(opcode, payload, out);
        format.frame_compressed(opcode, payload.substr(0, envelope_bytes), compressed, out);
    }
    bool is_compressed_for(WireFormat const& format) const noexcept {
        return !compressed.empty() && format.compress != nullptr;
    }

    Opcode opcode = Opcode::text;
    std::string_view payload;
    std::string_view compressed;       // of the payload without its envelope; empty: nothing is
    std::size_t envelope_bytes = 0;  // at the payload's beginning
    ClientId excluded;
    std::uint64_t key = 0;
    std::uint64_t sequence = 0;
    Time time{};
    std::uint64_t budget_bytes = 0;  // taken from the hub's budget; given back when it settles
    bool holds_budget = false;
    std::array<std::string_view, max_lanes> framed{};
};

class Log {
public:
    static constexpr std::uint32_t smallest_segment_bytes = 256;
    static constexpr std::uint32_t largest_segment_bytes = 64U << 10;

    /// `segment_bytes`: of the first segment; what an earlier log of the room ended with.
    Log(LogContext& context, std::uint64_t head, std::uint32_t members,
        std::uint32_t segment_bytes = smallest_segment_bytes) noexcept
        : context_{context}, head_{head}, segment_bytes_{segment_bytes} {
        at_head_.all = members;
    }
    Log(Log const&) = delete;
    Log& operator=(Log const&) = delete;
    ~Log();

    /// The number that the next record will get.
    std::uint64_t head() const noexcept { return head_; }

    /// Appends one record in every lane of `lanes`. O(bytes), never O(members).
    void append(Append const& what, LaneMask lanes);

    /// A record that nobody is there for: only its number passes. What is left of the log goes, or
    /// who joins in the past would find a hole in it.
    void skip_one() noexcept { restart(head_ + 1); }

    /// Segments grow no larger than a small part of what the room may hold. 0: no limit.
    void bound_segments(std::size_t max_room_bytes) noexcept {
        constexpr std::size_t parts = 128;
        while (max_room_bytes != 0 && largest_bytes_ > smallest_segment_bytes &&
               largest_bytes_ * parts > max_room_bytes) {
            largest_bytes_ /= 4;
        }
        if (segment_bytes_ > largest_bytes_) segment_bytes_ = largest_bytes_;
    }

    /// The next append starts a segment of its own (a lane has come into use).
    void seal() noexcept { sealed_ = true; }

    // Cursors. `number` is where a cursor stands: the record it needs next, or head.
    void enter(std::uint64_t number) noexcept;
    void leave(std::uint64_t number, bool is_stalled) noexcept;
    void move(std::uint64_t from, std::uint64_t to, bool is_stalled) noexcept;
    void set_stalled(std::uint64_t number, bool is_stalled) noexcept;

    /// The segment that holds record `number`; null at head. Searched from the nearer end.
    Segment* find(std::uint64_t number) const noexcept;

    /// Whether any record from `number` on leaves somebody out.
    bool excludes_from(std::uint64_t number) const noexcept { return number < excluded_end_; }

    /// Framed bytes of `lane` between a cursor and head.
    std::uint64_t bytes_behind(std::uint64_t number, std::size_t lane) const noexcept;

    /// Gives back the budget of what has passed everybody, and the memory of what nobody needs.
    void settle() noexcept;

    /// True when something can be settled; cleared by `settle`.
    bool wants_settling() const noexcept { return wants_settling_; }

    /// Nobody stands in it, nothing is stalled in it: it can go.
    bool is_empty() const noexcept { return front_ == nullptr && stalled.empty(); }

    Segment* front() const noexcept { return front_; }
    Standing at_head() const noexcept { return at_head_; }
    std::size_t memory_bytes() const noexcept { return memory_bytes_; }
    std::uint32_t segment_bytes() const noexcept { return segment_bytes_; }

    // --- history (log_history.ipp) ---

    /// Keeps messages as well as frames. Before the first append.
    void keep_payloads() noexcept { keeps_payloads_ = true; }
    bool keeps_payloads() const noexcept { return keeps_payloads_; }

    /// Keeps that many records behind head. Before the first append, after `keep_payloads`.
    void keep_history(std::uint64_t messages) noexcept;

    /// The oldest record of the window; head: there is none.
    std::uint64_t kept_from() const noexcept { return keep_from_ < head_ ? keep_from_ : head_; }

    /// Records of this moment and before are no longer history.
    void expire(Time until) noexcept;

    /// When the oldest record of the window was appended; max: there is none.
    Time oldest_time() const noexcept;

    /// A record's message, and when it was appended.
    Message message(std::uint64_t number) const noexcept;
    Time time(std::uint64_t number) const noexcept;

    /// Takes the oldest segments out of the window until without them it holds at most that.
    void shrink_history(std::size_t bytes) noexcept;

    /// A lane of a segment, from its messages; nothing to do when it is there.
    void make_lane(Segment& segment, std::size_t lane);

    /// The last user of a lane has gone.
    void drop_lane(std::size_t lane) noexcept;

    /// Records from `from` to head that do not leave this client out.
    std::uint64_t count_for(ClientId client, std::uint64_t from) const noexcept;

    /// Records from `from` to head, for another shard's `prepend`.
    void copy_to(Replay& out, std::uint64_t from) const;

    /// Puts the older ones of these in front. They go as soon as nobody stands in them.
    void prepend(Replay const& records);

    /// Nobody is here: all goes, and the next record is `head`.
    void restart(std::uint64_t head) noexcept;

    static void hold(Segment& segment) noexcept { ++segment.holders; }
    static void drop(Memory& memory, Segment& segment) noexcept;

    // The stalled members of the room, and when they are to be looked at next: nobody can be
    // over a bound before head, or the bytes of some lane, have come that far.
    std::vector<Membership*> stalled;
    std::uint64_t round_head = 0;  // head when the last flush round began
    Room* next_dirty = nullptr;    // in the shard's queue of rooms to be flushed
    std::uint64_t check_at_head = 0;
    std::array<std::uint64_t, max_lanes> check_at_bytes{};
    std::uint64_t lane_bytes(std::size_t lane) const noexcept { return lane_bytes_[lane]; }

private:
    Segment& segment_for(Append const& what, LaneMask lanes);
    Segment& start_segment(Append const& what, LaneMask lanes);
    std::size_t frame_bytes(Append const& what, std::size_t lane) const noexcept;
    bool fits(Segment const& segment, Append const& what, LaneMask lanes) const noexcept;
    void maybe_passed(Segment const& segment) noexcept;
    void unlink_front() noexcept;
    bool wants_larger_segments() const noexcept;
    void make_past(Segment& segment, std::uint32_t records, std::size_t payload_bytes);
    void make_lanes(Segment& segment, LaneMask lanes, Append const& what);
    void make_lane(Segment& segment, std::size_t lane, std::size_t spare_bytes);
    Segment& make_segment(std::uint64_t first, std::uint32_t records);
    Segment& prepended(Replay const& records, std::uint64_t from, std::uint64_t end,
                       std::size_t& offset);
    void give_all_back() noexcept;
    void move_window() noexcept;

    LogContext& context_;
    Segment* front_ = nullptr;
    Segment* tail_ = nullptr;
    Segment* unsettled_ = nullptr;  // the oldest segment whose budget is still held
    std::uint64_t head_;
    std::uint64_t excluded_end_ = 0;
    Standing at_head_;
    std::array<std::uint64_t, max_lanes> lane_bytes_{};
    std::size_t memory_bytes_ = 0;
    std::uint64_t keep_from_ = ~std::uint64_t{0};  // what comes before goes when nobody needs it
    std::uint64_t history_messages_ = 0;
    std::uint32_t segment_bytes_;
    std::uint32_t largest_bytes_ = largest_segment_bytes;
    bool keeps_payloads_ = false;
    bool sealed_ = false;
    bool wants_settling_ = false;
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/log.ipp>
#include <pumphouse/impl/log_history.ipp>
#endif
