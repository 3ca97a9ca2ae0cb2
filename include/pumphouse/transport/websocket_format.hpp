// SPDX-License-Identifier: MIT
//
// The frames a WebSocket server sends (RFC 6455 section 5.2): unmasked, large messages in
// fragments of 65,535 bytes.
#pragma once

#include <cstring>

#include <pumphouse/transport/wire_format.hpp>

namespace pumphouse {

namespace websocket_frame {

constexpr std::size_t header_bytes(std::size_t payload) noexcept {
    return payload < 126 ? 2 : payload <= 0xffff ? 4 : 10;
}

/// Writes the header of one unmasked frame; answers its size.
inline std::size_t write_header(std::byte* out, bool fin, Opcode opcode,
                                std::size_t payload) noexcept {
    out[0] = static_cast<std::byte>((fin ? 0x80U : 0U) | static_cast<unsigned>(opcode));
    std::size_t const size = header_bytes(payload);
    if (size == 2) {
        out[1] = static_cast<std::byte>(payload);
        return size;
    }
    out[1] = static_cast<std::byte>(size == 4 ? 126 : 127);
    for (std::size_t i = 2; i < size; ++i) {
        out[i] = static_cast<std::byte>(payload >> (8 * (size - 1 - i)));
    }
    return size;
}

inline std::size_t frame_bytes(std::size_t payload) noexcept {
    std::size_t const whole = payload == 0 ? 0 : (payload - 1) / fragment_payload_bytes;
    std::size_t const last = payload - whole * fragment_payload_bytes;
    return whole * (header_bytes(fragment_payload_bytes) + fragment_payload_bytes) +
           header_bytes(last) + last;
}

inline void frame(Opcode opcode, std::string_view payload, std::byte* out) noexcept {
    do {
        std::size_t const take = payload.size() < fragment_payload_bytes ? payload.size()
                                                                         : fragment_payload_bytes;
        out += write_header(out, take == payload.size(), opcode, take);
        if (take != 0) std::memcpy(out, payload.data(), take);
        out += take;
        payload.remove_prefix(take);
        opcode = Opcode::continuation;
    } while (!payload.empty());
}

inline std::size_t fragment_header(Opcode opcode, bool is_last, std::size_t payload,
                                   std::byte* out) noexcept {
    return write_header(out, is_last, opcode, payload);
}

}  // namespace websocket_frame

inline constexpr WireFormat websocket_format{
    .name = "websocket",
    .frame_bytes = &websocket_frame::frame_bytes,
    .frame = &websocket_frame::frame,
    .fragment_bytes = 4 + fragment_payload_bytes,
    .fragment_header = &websocket_frame::fragment_header,
    .has_control_frames = true,
};

}  // namespace pumphouse
