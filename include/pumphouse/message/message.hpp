// SPDX-License-Identifier: MIT
//
// Message: what the application sends or received, as a view. It borrows its bytes: inside a
// hook they are good until the hook returns, in a call to the hub until the call returns.
#pragma once

#include <cstdint>
#include <string_view>

#include <pumphouse/message/opcode.hpp>

namespace pumphouse {

/// Whether a message is compressed for those clients that take it so (docs/compression.md).
enum class Compress : std::uint8_t {
    automatic,  // as `compress_from_bytes` and `compress_binary` of the hub say
    never,      // it holds a secret beside what a stranger may have written, or is packed already
    always,     // whatever it is and however small, unless it would not get smaller
};

struct Message {
    std::string_view payload;
    Opcode opcode = Opcode::text;
    Compress compress = Compress::automatic;

    bool is_text() const noexcept { return opcode == Opcode::text; }
};

constexpr Message text(std::string_view payload) noexcept { return {payload, Opcode::text}; }
constexpr Message binary(std::string_view payload) noexcept { return {payload, Opcode::binary}; }

/// The same message, compressed otherwise than the hub would.
constexpr Message with(Compress compress, Message message) noexcept {
    message.compress = compress;
    return message;
}

/// What became of a message handed to the hub from outside its shards.
enum class Accepted : std::uint8_t {
    accepted,   // it will reach, in order, everybody it is due to
    full,       // the hub is behind and its budget is used up; try again later
    closed,     // the hub has shut down
    gone,       // the client it was for is no longer there
    too_large,  // over `max_message_bytes`
    bad_room,   // no name, or one over `max_room_name_bytes`; nothing to erase in it
    needs_key,  // the room is keyed: say of which key it is the newest value
    too_many_keys,  // `max_keys`; only from a hook on the room's home shard, else it is counted
    no_fragments,  // a stream for a client whose wire format has none
};

}  // namespace pumphouse
