// SPDX-License-Identifier: MIT
//
// Length-prefixed frames, for TCP and for memory: one byte with RFC 6455's FIN bit (0x80) and
// opcode, four bytes of big-endian payload length, the payload. The same in both directions.
// Large messages go in fragments of 65,535 bytes; a receiver takes messages in one frame too.
#pragma once

#include <cstdint>
#include <cstring>

#include <pumphouse/transport/wire_format.hpp>

namespace pumphouse {

namespace length_prefixed {

inline constexpr std::size_t header_bytes = 5;

inline void write_header(std::byte* out, bool fin, Opcode opcode, std::size_t payload) noexcept {
    out[0] = static_cast<std::byte>((fin ? 0x80U : 0U) | static_cast<unsigned>(opcode));
    for (std::size_t i = 0; i < 4; ++i) {
        out[1 + i] = static_cast<std::byte>(payload >> (24 - 8 * i));
    }
}

inline std::size_t frame_bytes(std::size_t payload) noexcept {
    std::size_t const frames = payload == 0 ? 1 : (payload - 1) / fragment_payload_bytes + 1;
    return frames * header_bytes + payload;
}

inline void frame(Opcode opcode, std::string_view payload, std::byte* out) noexcept {
    do {
        std::size_t const take = payload.size() < fragment_payload_bytes ? payload.size()
                                                                         : fragment_payload_bytes;
        write_header(out, take == payload.size(), opcode, take);
        if (take != 0) std::memcpy(out + header_bytes, payload.data(), take);
        out += header_bytes + take;
        payload.remove_prefix(take);
        opcode = Opcode::continuation;
    } while (!payload.empty());
}

inline std::size_t fragment_header(Opcode opcode, bool is_last, std::size_t payload,
                                   std::byte* out) noexcept {
    write_header(out, is_last, opcode, payload);
    return header_bytes;
}

}  // namespace length_prefixed

inline constexpr WireFormat length_prefixed_format{
    .name = "length-prefixed",
    .frame_bytes = &length_prefixed::frame_bytes,
    .frame = &length_prefixed::frame,
    .fragment_bytes = length_prefixed::header_bytes + fragment_payload_bytes,
    .fragment_header = &length_prefixed::fragment_header,
    .has_control_frames = true,
};

}  // namespace pumphouse
