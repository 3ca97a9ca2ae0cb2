// SPDX-License-Identifier: MIT
// Bodies of client/visit.hpp: messages that are read piece by piece while they are written.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>

#include <pumphouse/client/visit.hpp>

namespace pumphouse {

PUMPHOUSE_DECL bool Visit::is_stream(std::uint64_t record) const noexcept {
    return client_.streams && client_.streams->all.front().record == record;
}

PUMPHOUSE_DECL std::uint64_t Visit::next_stream_sequence() const noexcept {
    if (!client_.streams) return no_limit;
    std::uint64_t const record = client_.streams->all.front().record;
    Segment* const segment = client_.direct->room->log->find(record);
    return segment != nullptr ? segment->record(record).sequence : no_limit;
}

// Only when nothing is written before it in this visit: then the client can take it.
PUMPHOUSE_DECL void Visit::begin_stream() {
    wants_another_ = count_ != 0;
    if (wants_another_) return;
    OutgoingStreams& streams = *client_.streams;
    streams.is_open = true;
    streams.is_first = true;
    ++context_.totals.in_flight;
    move_cursor(context_, *client_.direct, streams.all.front().record + 1);
    read_stream();
    plan_in_flight();
}

// The next piece becomes what is in flight, with nothing of it taken.
PUMPHOUSE_DECL void Visit::read_stream() {
    OutgoingStreams& streams = *client_.streams;
    auto const memory = context_.logs.memory.get(stream_memory_bytes);
    auto* const segment = new (memory.data) Segment{};
    segment->piece = memory;
    bool is_piece = false;
    try {
        is_piece = fill_piece(streams, *segment);
    } catch (...) {  // the host's
        Log::drop(context_.logs.memory, *segment);
        throw;
    }
    streams.waits_for_source = !is_piece;
    if (!is_piece) Log::drop(context_.logs.memory, *segment);
}

// False: the source has nothing yet.
PUMPHOUSE_DECL bool Visit::fill_piece(OutgoingStreams& streams, Segment& piece) {
    OutgoingStreams::Stream& stream = streams.all.front();
    std::byte* const payload = piece.piece.data + sizeof(Segment) + stream_header_bytes;
    std::size_t bytes = 0;
    std::optional<std::size_t> got;
    do {
        std::size_t const room = stream_piece_bytes - bytes;
        got = stream.source->read({payload + bytes, room});
        if (got.value_or(0) > room) throw std::length_error{"a source wrote more than was asked"};
        bytes += got.value_or(0);
    } while (got.value_or(0) != 0 && bytes != stream_piece_bytes);
    if (!got && bytes == 0) return false;

    std::array<std::byte, stream_header_bytes> header;
    streams.is_last = got == std::size_t{0};
    Opcode const opcode = streams.is_first ? stream.opcode : Opcode::continuation;
    streams.is_first = false;
    std::size_t const size = client_.wire_format().fragment_header(opcode, streams.is_last, bytes,
                                                                   header.data());
    std::memcpy(payload - size, header.data(), size);
    client_.in_flight = {&piece, payload - size, static_cast<std::uint32_t>(size + bytes),
                         0,      nullptr,        Piece::stream};
    return true;
}

PUMPHOUSE_DECL void Visit::complete_stream_piece() {
    if (!client_.streams) return;  // it is being closed
    OutgoingStreams& streams = *client_.streams;
    if (!streams.is_last) return;
    --context_.totals.in_flight;
    ++context_.totals.delivered;
    wants_another_ = true;  // for what has waited behind it
    streams.is_open = false;
    streams.all.pop_front();
    if (streams.all.empty()) client_.streams.reset();
}

}  // namespace pumphouse
