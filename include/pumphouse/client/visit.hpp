// SPDX-License-Identifier: MIT
//
// Visit: the write pump's one step for one client: everything pending for it, from all its rooms
// and its direct messages, in one gathered write; then the cursors move by what was taken.
//
// At a record boundary the order is close, pong, ping, gap notices, data. Control frames also
// pass between the fragments of a large message. A direct message is a barrier: what was before
// it in the shard's sequence goes before it, the rest after. At most 64 pieces and 256 KiB go
// into one visit; who has more is visited again. Of a stream one piece at a time is read, once the
// one before it is gone, and nothing but control frames passes between.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <pumphouse/client/client_base.hpp>
#include <pumphouse/config.hpp>

namespace pumphouse {

struct VisitContext {
    LogContext& logs;
    Ledger& totals;
    HeartbeatOptions const& heartbeat;
    std::vector<Room*>& settling;  // rooms whose logs have something to give back
    Time now;
};

class Visit {
public:
    enum class Result : std::uint8_t {
        done,     // nothing is pending any more
        more,     // there is more, and the transport would take it
        blocked,  // the transport calls when it takes bytes again
        failed,   // the connection is lost
    };

    Visit(VisitContext context, ClientBase& client) noexcept : context_{context}, client_{client} {}
    Visit(Visit const&) = delete;
    Visit& operator=(Visit const&) = delete;
    ~Visit();

    /// `only`: the one room of the client that can have anything pending; null: any may.
    Result run(Membership* only);

    std::size_t bytes_taken() const noexcept { return taken_; }

    /// Moves a cursor, and notes its room when that lets go of memory.
    static void move_cursor(VisitContext& context, Membership& member, std::uint64_t to) noexcept;

    /// Passes what is not for this member: records that leave it out, superseded values.
    static void pass(VisitContext& context, Membership& member, std::uint64_t to) noexcept;

    /// From here on a member walks its room's live index, from where its cursor stands.
    static void start_walk(Membership& member) noexcept;

    static constexpr std::size_t max_pieces = 64;
    static constexpr std::size_t max_bytes = std::size_t{256} << 10;

private:
    static constexpr std::uint64_t no_limit = ~std::uint64_t{0};
    enum class Source : std::uint8_t {
        torn_control,
        in_flight,
        records,
        value,  // of a live index: one record
        own_frame,
    };

    struct Range {
        std::byte const* data;
        std::uint32_t bytes;  // 0: records that are only passed over
        Source source;
        Piece piece;
        Segment* segment;  // records, or the frame's own memory; null: a value in its index
        Membership* member;
        std::uint64_t first;
        std::uint64_t last;  // one past
    };

    void plan(Membership* only);
    void plan_in_flight();
    void plan_control();
    void plan_gaps();
    void plan_gap(Membership& member);
    void plan_all_rooms();
    bool is_stream(std::uint64_t record) const noexcept;
    std::uint64_t next_stream_sequence() const noexcept;
    void begin_stream();
    void read_stream();
    bool fill_piece(OutgoingStreams& streams, Segment& piece);
    void complete_stream_piece();
    void add_own_frame(Piece piece, Opcode opcode, std::string_view payload, Membership* member);
    void add_rest(InFlight const& rest, Source source, std::uint32_t from, std::uint32_t to);
    void collect(Membership& member, std::uint64_t from, std::uint64_t before_sequence);
    void collect_records(Membership& member, std::uint64_t from, std::uint64_t before_sequence);
    void collect_values(Membership& member, std::uint64_t from, std::uint64_t before_sequence);
    bool add_value(Membership& member, LiveIndex::Entry const& entry);
    Segment& own_memory(std::size_t bytes);
    static std::byte* own_bytes(Segment& segment) noexcept;
    bool add_records(Membership& member, Segment& segment, std::uint64_t from, std::uint64_t& to);
    bool add(Range const& range);
    std::uint64_t next_sequence_in_rooms();
    std::uint64_t planned(Membership const& member) const noexcept;
    bool is_held(Membership const& member) const noexcept;

    void settle_taken(std::size_t taken);
    void begin(Range const& range);
    void complete(Range const& range);
    void tear(Range const& range, std::uint32_t taken);
    void tear_records(Range const& range, std::uint32_t taken);
    void tear_value(Range const& range, std::uint32_t taken);
    static void walk_to(Membership& member, std::uint64_t to) noexcept;
    std::uint64_t next_sequence(Membership const& member, std::uint64_t cursor) const noexcept;
    void advance_rest(Range const& range, std::uint32_t taken);
    void complete_rest(InFlight const& rest);
    void complete_control(Piece piece);
    Result outcome(WriteResult const& written, std::size_t offered);

    VisitContext context_;
    ClientBase& client_;
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;
    std::size_t taken_ = 0;
    bool is_full_ = false;
    bool has_completed_ = false;  // a frame or a fragment, in this visit
    bool plans_close_ = false;
    bool wants_another_ = false;  // a stream waits for what is before it, or has ended
    std::array<Range, max_pieces> ranges_;
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/visit.ipp>
#include <pumphouse/impl/visit_streams.ipp>
#include <pumphouse/impl/visit_values.ipp>
#endif
