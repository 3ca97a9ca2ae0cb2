// SPDX-License-Identifier: MIT
//
// The one piece of cryptography in a WebSocket handshake: Sec-WebSocket-Accept is the base64 of the
// SHA-1 of the client's key and a fixed GUID (RFC 6455, section 4.2.2; SHA-1 from RFC 3174).
// Written out so that the floor server depends on nothing. Not for anything that needs to be
// secret.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pumphouse::bench {

using Sha1Digest = std::array<std::uint8_t, 20>;
using Sha1State = std::array<std::uint32_t, 5>;

inline std::array<std::uint32_t, 80> sha1_schedule(std::string_view block) {
    std::array<std::uint32_t, 80> words{};
    for (std::size_t i = 0; i < 64; ++i) {
        words[i / 4] = words[i / 4] << 8 | static_cast<std::uint8_t>(block[i]);
    }
    for (std::size_t i = 16; i < 80; ++i) {
        words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    }
    return words;
}

inline void sha1_block(Sha1State& state, std::string_view block) {
    const auto words = sha1_schedule(block);
    auto [a, b, c, d, e] = state;
    for (std::size_t i = 0; i < 80; ++i) {
        const std::uint32_t mixed = i < 20   ? ((b & c) | (~b & d)) + 0x5A827999u
                                    : i < 40 ? (b ^ c ^ d) + 0x6ED9EBA1u
                                    : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDCu
                                             : (b ^ c ^ d) + 0xCA62C1D6u;
        const std::uint32_t next = std::rotl(a, 5) + mixed + e + words[i];
        e = d, d = c, c = std::rotl(b, 30), b = a, a = next;
    }
    state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d, state[4] + e};
}

inline Sha1Digest sha1(std::string text) {
    const std::uint64_t bits = text.size() * 8;
    text += '\x80';
    text.append((64 + 56 - text.size() % 64) % 64, '\0');
    for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>(bits >> shift & 0xFF);

    Sha1State state{0x67452301u, 0xEFCDAB89u, 0x98BADCFEu, 0x10325476u, 0xC3D2E1F0u};
    for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(64)) {
        sha1_block(state, rest);
    }

    Sha1Digest digest{};
    for (std::size_t i = 0; i < digest.size(); ++i) {
        digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
    }
    return digest;
}

inline std::string base64(const Sha1Digest& digest) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < digest.size(); i += 3) {
        std::uint32_t three = 0;
        for (std::size_t j = i; j < i + 3; ++j) {
            three = three << 8 | (j < digest.size() ? digest[j] : 0u);
        }
        for (int shift = 18; shift >= 0; shift -= 6) text += alphabet[three >> shift & 63];
    }
    text.back() = '=';  // 20 bytes are six groups of three and one of two
    return text;
}

inline std::string accept_key(std::string_view key) {
    return base64(sha1(std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
}

}  // namespace pumphouse::bench
