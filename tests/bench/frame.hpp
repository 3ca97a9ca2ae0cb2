// SPDX-License-Identifier: MIT
//
// WebSocket frames as a client sees them (RFC 6455, section 5.2): what it sends is masked, what it
// gets is not. No fragments and no extensions: the first byte of a frame is one of a few constants.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pumphouse::bench {

constexpr std::uint8_t binary_frame = 0x82, close_frame = 0x88;
constexpr std::uint8_t ping_frame = 0x89, pong_frame = 0x8A;

struct Frame {
    std::uint8_t first = 0;  // FIN, reserved bits and opcode
    std::string_view payload{};
    std::size_t bytes = 0;  // 0: not whole yet
};

inline Frame parse_frame(std::string_view in) {
    if (in.size() < 2) return {};
    std::size_t length = static_cast<std::uint8_t>(in[1]);
    const std::size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (length > 127) throw std::runtime_error{"the server masks its frames"};
    if (in.size() < 2 + extended) return {};
    if (extended != 0) length = 0;
    for (const char byte : in.substr(2, extended)) {
        length = length << 8 | static_cast<std::uint8_t>(byte);
    }
    const std::size_t head = 2 + extended;
    if (in.size() - head < length) return {};
    return {static_cast<std::uint8_t>(in[0]), in.substr(head, length), head + length};
}

inline void append_masked_frame(std::string& out, std::uint8_t first, std::string_view payload,
                                std::uint32_t mask) {
    const std::size_t length = payload.size();
    const int extended = length < 126 ? 0 : length < 65536 ? 2 : 8;
    out += static_cast<char>(first);
    out += static_cast<char>(0x80 | (extended == 0 ? length : extended == 2 ? 126u : 127u));
    for (int shift = 8 * (extended - 1); shift >= 0; shift -= 8) {
        out += static_cast<char>(length >> shift & 0xFF);
    }
    std::array<char, 4> key{};
    std::memcpy(key.data(), &mask, key.size());
    out.append(key.data(), key.size());
    const std::size_t start = out.size();
    out.append(payload);
    for (std::size_t i = 0; i < length; ++i) out[start + i] ^= key[i % 4];
}

}  // namespace pumphouse::bench
