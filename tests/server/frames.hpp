// SPDX-License-Identifier: MIT
//
// Frames as a well-behaved peer sends them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pumphouse/message/opcode.hpp>

namespace peer {

using pumphouse::Opcode;

inline std::string big_endian(std::uint64_t number, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(number >> (8 * i));
    return out;
}

/// A whole, masked WebSocket frame.
inline std::string websocket_frame(Opcode opcode, std::string_view payload) {
    int const extra = payload.size() < 126 ? 0 : payload.size() <= 0xffff ? 2 : 8;
    std::string out{static_cast<char>(0x80 | static_cast<int>(opcode))};
    auto const length = extra == 0 ? payload.size() : extra == 2 ? 126U : 127U;
    out += static_cast<char>(length | 0x80);
    out += big_endian(payload.size(), extra);
    constexpr std::array<char, 4> mask{'\x37', '\xfa', '\x21', '\x3d'};
    out.append(mask.data(), mask.size());
    for (std::size_t i = 0; i < payload.size(); ++i) {
        out += static_cast<char>(payload[i] ^ mask[i % mask.size()]);
    }
    return out;
}

/// A whole length-prefixed frame.
inline std::string prefixed_frame(Opcode opcode, std::string_view payload) {
    std::string out{static_cast<char>(0x80 | static_cast<int>(opcode))};
    return out.append(big_endian(payload.size(), 4)).append(payload);
}

inline std::string close_payload(int code) {
    return big_endian(static_cast<std::uint64_t>(code), 2);
}

}  // namespace peer
