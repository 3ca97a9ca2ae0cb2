// SPDX-License-Identifier: MIT
//
// WireFormat: how a message becomes the bytes of one transport. A room frames each message once
// per format in use, while it appends it to its log, whatever the number of its members.
//
// A format is one object with static storage; its address is its identity. Its functions are
// called on shards, must not throw, and are pure: the same message is always the same bytes.
#pragma once

#include <cstddef>
#include <string_view>

#include <pumphouse/message/opcode.hpp>

namespace pumphouse {

struct WireFormat {
    std::string_view name;

    /// Bytes of the framed message. The largest possible must fit 32 bits.
    std::size_t (*frame_bytes)(std::size_t payload_bytes) noexcept;

    /// Writes exactly `frame_bytes(payload.size())` bytes.
    void (*frame)(Opcode opcode, std::string_view payload, std::byte* out) noexcept;

    /// Large messages are framed as fragments so that a ping can pass between them: the size of
    /// each fragment's frame but the last. 0: one message is one frame.
    std::size_t fragment_bytes = 0;

    /// Writes the header of one fragment of a message, 16 bytes at most, and answers its size:
    /// `opcode` is `continuation` for all but the first; `is_last` ends the message. The payload
    /// follows it. Null: messages cannot be sent in pieces as they are read (`send_stream`).
    std::size_t (*fragment_header)(Opcode opcode, bool is_last, std::size_t payload_bytes,
                                   std::byte* out) noexcept = nullptr;

    /// Whether the format has frames for close, ping and pong. Without, a client of this format
    /// is neither pinged nor told why it is closed.
    bool has_control_frames = true;

    /// Where the format's peers take compressed messages: compresses one, on the thread of who
    /// sends it, once for all who get it. Empty: it would not get smaller. What it answers is good
    /// until this thread's next call. Formats that have this share what is compressed.
    std::string_view (*compress)(std::string_view payload) noexcept = nullptr;

    /// As `frame_bytes` and `frame`, of what `compress` has answered; an envelope comes before it
    /// and is not compressed.
    std::size_t (*compressed_frame_bytes)(std::size_t envelope_bytes,
                                          std::size_t compressed_bytes) noexcept = nullptr;
    void (*frame_compressed)(Opcode opcode, std::string_view envelope, std::string_view compressed,
                             std::byte* out) noexcept = nullptr;
};

/// Payload bytes of each fragment but the last: the most a 16-bit length can say, which keeps
/// RFC 6455's header at 4 bytes.
inline constexpr std::size_t fragment_payload_bytes = 65535;

}  // namespace pumphouse
