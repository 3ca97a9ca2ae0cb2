// SPDX-License-Identifier: MIT
//
// The frames that a WebSocket server sends to clients that have agreed on permessage-deflate (RFC
// 7692): those of websocket_format, and compressed messages, whose first frame has RSV1. An
// envelope comes as stored blocks before the blocks of the payload: it is not compressed, and the
// payload's blocks are the same whatever it is.
#pragma once

#include <cstddef>
#include <string_view>

#include <pumphouse/config.hpp>
#include <pumphouse/transport/websocket_format.hpp>

namespace pumphouse {

namespace deflate_frame {

/// What all messages are compressed with: 4 KiB, and the memory that goes with it, as Python's
/// websockets does by default, which asks its servers for no more. RFC 7692 section 7.1.2.1.
inline constexpr int window_bits = 12;
inline constexpr int memory_level = 5;

inline constexpr std::size_t stored_header_bytes = 5;   // RFC 1951 section 3.2.4
inline constexpr std::size_t most_in_stored = 0xffff;

constexpr std::size_t stored_bytes(std::size_t envelope) noexcept {
    return envelope + (envelope + most_in_stored - 1) / most_in_stored * stored_header_bytes;
}

std::string_view compress(std::string_view payload) noexcept;

inline std::size_t frame_bytes(std::size_t envelope, std::size_t compressed) noexcept {
    return websocket_frame::frame_bytes(stored_bytes(envelope) + compressed);
}

/// Writes one message of `size` bytes in pieces, each where it belongs in its fragments.
class FragmentWriter {
public:
    FragmentWriter(Opcode opcode, std::size_t size, std::byte* out) noexcept
        : left_{size}, out_{out} {
        header(opcode);
        *out = *out | std::byte{0x40};  // RSV1
    }

    void put(std::string_view bytes) noexcept {
        while (!bytes.empty()) {
            if (left_in_fragment_ == 0) header(Opcode::continuation);
            std::size_t const take =
                bytes.size() < left_in_fragment_ ? bytes.size() : left_in_fragment_;
            std::memcpy(out_, bytes.data(), take);
            out_ += take;
            left_ -= take;
            left_in_fragment_ -= take;
            bytes.remove_prefix(take);
        }
    }

private:
    void header(Opcode opcode) noexcept {
        left_in_fragment_ = left_ < fragment_payload_bytes ? left_ : fragment_payload_bytes;
        out_ += websocket_frame::write_header(out_, left_in_fragment_ == left_, opcode,
                                              left_in_fragment_);
    }

    std::size_t left_;
    std::size_t left_in_fragment_ = 0;
    std::byte* out_;
};

inline void frame(Opcode opcode, std::string_view envelope, std::string_view compressed,
                  std::byte* out) noexcept {
    FragmentWriter writer{opcode, stored_bytes(envelope.size()) + compressed.size(), out};
    while (!envelope.empty()) {
        std::string_view const block = envelope.substr(0, most_in_stored);
        auto const size = static_cast<unsigned>(block.size());
        auto const byte = [](unsigned value) { return static_cast<char>(value & 0xff); };
        char const header[stored_header_bytes]{0, byte(size), byte(size >> 8), byte(~size),
                                               byte(~size >> 8)};
        writer.put({header, stored_header_bytes});
        writer.put(block);
        envelope.remove_prefix(block.size());
    }
    writer.put(compressed);
}

}  // namespace deflate_frame

inline constexpr WireFormat deflate_format{
    .name = "websocket, deflate",
    .frame_bytes = &websocket_frame::frame_bytes,
    .frame = &websocket_frame::frame,
    .fragment_bytes = 4 + fragment_payload_bytes,
    .fragment_header = &websocket_frame::fragment_header,
    .has_control_frames = true,
    .compress = &deflate_frame::compress,
    .compressed_frame_bytes = &deflate_frame::frame_bytes,
    .frame_compressed = &deflate_frame::frame,
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/deflate_format.ipp>
#endif
