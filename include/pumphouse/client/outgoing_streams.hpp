// SPDX-License-Identifier: MIT
//
// OutgoingStreams: the payloads that a client's direct messages are still to be read from. Each has
// a record of its own in the client's direct log, which keeps its place among the others; the
// record's bytes are never sent. Owned by the client, and there only while there are streams.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include <pumphouse/message/opcode.hpp>
#include <pumphouse/message/payload_source.hpp>
#include <pumphouse/room/segment.hpp>
#include <pumphouse/transport/wire_format.hpp>

namespace pumphouse {

// A piece is one fragment with its header in front, in memory of a size that is pooled.
inline constexpr std::size_t stream_memory_bytes = std::size_t{64} << 10;
inline constexpr std::size_t stream_header_bytes = 16;
inline constexpr std::size_t stream_piece_bytes =
    stream_memory_bytes - sizeof(Segment) - stream_header_bytes;
static_assert(stream_piece_bytes <= fragment_payload_bytes);

struct OutgoingStreams {
    struct Stream {
        std::uint64_t record = 0;  // its number in the direct log
        Opcode opcode = Opcode::binary;
        std::unique_ptr<PayloadSource> source;
    };

    /// Records before this one will not be sent; what of them has not begun is given up. False:
    /// nothing is left.
    bool skip_to(std::uint64_t record) {
        std::size_t const kept = is_open ? 1 : 0;
        while (all.size() > kept && all[kept].record < record) {
            all.erase(all.begin() + static_cast<std::ptrdiff_t>(kept));
        }
        return !all.empty();
    }

    std::deque<Stream> all;     // in their order; never empty
    bool is_open = false;       // pieces of the first one have begun; the cursor has passed it
    bool is_first = true;       // no piece of it has been made
    bool is_last = false;       // the piece in flight is its last
    bool waits_for_source = false;
};

}  // namespace pumphouse
