// SPDX-License-Identifier: MIT
//
// Frames as a peer sends them, right or wrong, and a receiver that writes down what came of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pumphouse/message/opcode.hpp>
#include <pumphouse/testing/transport_probe.hpp>

namespace wire {

using pumphouse::Opcode;
using pumphouse::testing::Recorder;
using Lines = std::vector<std::string>;

inline constexpr int fin = 0x80;

inline std::string big_endian(std::uint64_t number, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(number >> (8 * i));
    return out;
}

/// A WebSocket frame with any first byte, any declared length and length of the length.
struct WebSocketFrame {
    int first_byte;
    std::string payload;
    bool is_masked = true;
    int length_code = 0;         // 126, 127: forces it; 0: the shortest
    std::int64_t declared = -1;  // -1: the payload's size

    std::string bytes() const {
        std::uint64_t const length =
            declared < 0 ? payload.size() : static_cast<std::uint64_t>(declared);
        int const code = length_code != 0  ? length_code
                         : length < 126    ? static_cast<int>(length)
                         : length <= 65535 ? 126
                                           : 127;
        std::string out{static_cast<char>(first_byte)};
        out += static_cast<char>(code | (is_masked ? 0x80 : 0));
        if (code == 126) out += big_endian(length, 2);
        if (code == 127) out += big_endian(length, 8);
        if (!is_masked) return out + payload;
        constexpr std::array<char, 4> mask{'\x37', '\xfa', '\x21', '\x3d'};
        out.append(mask.data(), mask.size());
        for (std::size_t i = 0; i < payload.size(); ++i) {
            out += static_cast<char>(payload[i] ^ mask[i % 4]);
        }
        return out;
    }
};

inline std::string masked(Opcode opcode, std::string_view payload, bool is_final = true) {
    int const first_byte = static_cast<int>(opcode) | (is_final ? fin : 0);
    return WebSocketFrame{first_byte, std::string{payload}}.bytes();
}

/// A length-prefixed frame with any first byte and declared length.
inline std::string prefixed(int first_byte, std::string_view payload, std::int64_t declared = -1) {
    std::uint64_t const length =
        declared < 0 ? payload.size() : static_cast<std::uint64_t>(declared);
    std::string out{static_cast<char>(first_byte)};
    return out.append(big_endian(length, 4)).append(payload);
}

inline std::string prefixed(Opcode opcode, std::string_view payload, bool is_final = true) {
    return prefixed(static_cast<int>(opcode) | (is_final ? fin : 0), payload);
}

inline std::string close_payload(int code, std::string_view text = {}) {
    return big_endian(static_cast<std::uint64_t>(code), 2).append(text);
}

/// What a fresh decoder says of a stream, handed over in pieces of this many bytes.
template <typename Decoder>
Lines decode(std::string stream, std::size_t piece = ~std::size_t{0},
             std::size_t max_message_bytes = 1 << 20) {
    Decoder decoder{max_message_bytes};
    Recorder recorder;
    for (std::size_t at = 0; at < stream.size();) {
        std::size_t const size = std::min(piece, stream.size() - at);
        decoder.consume({stream.data() + at, size}, recorder);
        at += size;
    }
    return recorder.lines;
}

/// The same, also in pieces of one byte and in two pieces cut at every position: `same` says
/// whether all of that agreed.
struct Decoded {
    Lines lines;
    bool same = true;
};
template <typename Decoder>
Decoded decode_every_way(std::string const& stream, std::size_t max_message_bytes = 1 << 20) {
    Decoded result{decode<Decoder>(stream, ~std::size_t{0}, max_message_bytes)};
    result.same = decode<Decoder>(stream, 1, max_message_bytes) == result.lines;
    for (std::size_t cut = 1; cut < stream.size() && result.same; ++cut) {
        Decoder decoder{max_message_bytes};
        Recorder recorder;
        std::string copy = stream;  // a decoder may overwrite what it reads
        decoder.consume({copy.data(), cut}, recorder);
        decoder.consume({copy.data() + cut, copy.size() - cut}, recorder);
        result.same = recorder.lines == result.lines;
    }
    return result;
}

}  // namespace wire
