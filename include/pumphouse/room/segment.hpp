// SPDX-License-Identifier: MIT
//
// Segment: a run of consecutive records of a log: their index, and their framed bytes once per
// lane (wire format) in use. A record never straddles segments.
//
//   records   [ 17 ][ 18 ][ 19 ]            sequence, excluded client, key, time
//   lane 0    |frame 17|frame 18|frame 19|  ends: where each frame stops
//   lane 2    |f 17|f 18|f 19|
//
// A segment counts the cursors that stand in it, so that the log knows without a walk which of
// its segments nobody needs any more.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <pumphouse/message/client_id.hpp>
#include <pumphouse/room/past.hpp>
#include <pumphouse/room/memory.hpp>

namespace pumphouse {

/// Wire formats that one hub can serve at the same time.
inline constexpr std::size_t max_lanes = 4;
using LaneMask = std::uint8_t;

struct Record {
    std::uint64_t sequence;  // of the shard: orders rooms and direct messages for one client
    ClientId excluded;       // whom it is not for; nobody: for everybody
    std::uint64_t key;       // keyed rooms: what it is a value of; 0: none
};

/// A number of cursors, and how many of them belong to stalled clients.
struct Standing {
    std::uint32_t all = 0;
    std::uint32_t stalled = 0;

    std::uint32_t live() const noexcept { return all - stalled; }
    void add(bool is_stalled) noexcept { ++all, stalled += is_stalled; }
    void remove(bool is_stalled) noexcept { --all, stalled -= is_stalled; }
};

struct Lane {
    std::byte* data = nullptr;       // null: the lane was not in use when the segment was made
    std::uint32_t* ends = nullptr;   // per record
    std::uint32_t used = 0;
    std::uint32_t capacity = 0;
    std::uint64_t base = 0;          // bytes of this lane in all earlier segments of the log
    Memory::Piece piece;
};

struct Segment {
    Record& record(std::uint64_t number) noexcept { return records[number - first]; }
    std::uint64_t end() const noexcept { return first + count; }
    bool holds(std::uint64_t number) const noexcept { return number - first < count; }

    std::uint32_t begin_of(std::size_t lane, std::uint64_t number) const noexcept {
        return number == first ? 0 : lanes[lane].ends[number - first - 1];
    }
    std::uint32_t end_of(std::size_t lane, std::uint64_t number) const noexcept {
        return lanes[lane].ends[number - first];
    }

    std::size_t memory_bytes() const noexcept {
        std::size_t bytes = piece.bytes + (past != nullptr ? past->piece.bytes : 0);
        for (Lane const& lane : lanes) bytes += lane.piece.bytes;
        return bytes;
    }

    Segment* next = nullptr;
    Segment* previous = nullptr;
    std::uint64_t first = 0;
    std::uint32_t count = 0;
    std::uint32_t capacity = 0;
    Standing cursors;
    std::uint32_t holders = 1;  // its log, and every client with a torn frame of it in flight
    bool settled = false;       // its shares of the budget have been given back
    std::uint32_t budget_messages = 0;
    std::uint64_t budget_bytes = 0;
    std::uint64_t unflushed_bytes = 0;
    std::array<Lane, max_lanes> lanes{};
    Memory::Piece piece;  // the segment itself and its index
    Record* records = nullptr;
    Past* past = nullptr;  // rooms with history: its messages before framing
};

}  // namespace pumphouse
