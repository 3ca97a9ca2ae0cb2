// SPDX-License-Identifier: MIT
//
// How a message looks on the wire: "t" for text or "b" for binary, its length in eight hexadecimal
// digits, and the payload: t00000005hello. It has no frames for close, ping and pong, and says so.
#pragma once

#include <pumphouse/transport/transport.hpp>

#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace hex_format {

inline constexpr std::size_t header_bytes = 9;
inline constexpr std::size_t max_message_bytes = 512 * 1024;

inline std::size_t frame_bytes(std::size_t payload) noexcept { return header_bytes + payload; }

inline void frame(pumphouse::Opcode opcode, std::string_view payload, std::byte* out) noexcept {
    char header[header_bytes + 1];
    std::snprintf(header, sizeof header, "%c%08zx", opcode == pumphouse::Opcode::text ? 't' : 'b',
                  payload.size());
    std::memcpy(out, header, header_bytes);
    if (!payload.empty()) std::memcpy(out + header_bytes, payload.data(), payload.size());
}

inline constexpr pumphouse::WireFormat wire_format{.name = "hexadecimal",
                                                   .frame_bytes = &frame_bytes,
                                                   .frame = &frame,
                                                   .has_control_frames = false};

/// Hands over the messages that are there in full; how many bytes they had.
inline std::size_t decode(std::string_view bytes, pumphouse::Receiver& receiver) {
    std::size_t at = 0;
    while (bytes.size() - at >= header_bytes) {
        char const* const digits = bytes.data() + at + 1;
        std::size_t length = max_message_bytes + 1;
        auto const [end, error] = std::from_chars(digits, digits + 8, length, 16);
        if (end != digits + 8 || length > max_message_bytes) {
            receiver.violation(pumphouse::CloseCode::protocol_error, "not a frame");
            return bytes.size();
        }
        if (bytes.size() - at - header_bytes < length) break;
        bool const is_text = bytes[at] == 't';
        std::string_view const payload = bytes.substr(at + header_bytes, length);
        receiver.message(is_text ? pumphouse::text(payload) : pumphouse::binary(payload));
        at += header_bytes + length;
    }
    return at;
}

}  // namespace hex_format
