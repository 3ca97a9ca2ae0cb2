// SPDX-License-Identifier: MIT
//
// PublicIds: the names that clients know each other by: 16 hexadecimal digits, made from a
// ClientId with a secret of the hub's and turned back with it. They need no table, say nothing of
// the server (slots, how many came), and cannot be guessed from other ones.
//
// A keyed permutation of 64 bits: four rounds of a Feistel network (M. Luby, C. Rackoff, "How to
// construct pseudorandom permutations from pseudorandom functions", SIAM J. Comput. 17, 1988) over
// HalfSipHash-2-4 (J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", 2012).
// Any thread.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pumphouse/message/client_id.hpp>

namespace pumphouse {

class PublicIds {
public:
    explicit constexpr PublicIds(std::uint64_t secret) noexcept : secret_{secret} {}

    std::string of(ClientId client) const {
        constexpr std::string_view digits = "0123456789abcdef";
        std::uint64_t number = conceal(client.value());
        std::string text(length, '0');
        for (std::size_t i = length; i-- != 0; number >>= 4) text[i] = digits[number & 0xf];
        return text;
    }

    /// Nobody for text that is no id. Whether the client is there is another question.
    ClientId client_of(std::string_view text) const noexcept {
        if (text.size() != length) return {};
        std::uint64_t number = 0;
        for (char const c : text) {
            bool const is_digit = c >= '0' && c <= '9';
            if (!is_digit && (c < 'a' || c > 'f')) return {};
            number = number << 4 | static_cast<std::uint64_t>(is_digit ? c - '0' : c - 'a' + 10);
        }
        std::uint64_t const value = reveal(number);
        return {static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32)};
    }

    constexpr std::uint64_t conceal(std::uint64_t value) const noexcept {
        auto left = static_cast<std::uint32_t>(value >> 32);
        auto right = static_cast<std::uint32_t>(value);
        for (std::uint32_t round = 0; round < rounds; ++round) {
            std::uint32_t const next = left ^ mix(round, right);
            left = right;
            right = next;
        }
        return std::uint64_t{left} << 32 | right;
    }

    constexpr std::uint64_t reveal(std::uint64_t value) const noexcept {
        auto left = static_cast<std::uint32_t>(value >> 32);
        auto right = static_cast<std::uint32_t>(value);
        for (std::uint32_t round = rounds; round-- != 0;) {
            std::uint32_t const before = right ^ mix(round, left);
            right = left;
            left = before;
        }
        return std::uint64_t{left} << 32 | right;
    }

private:
    static constexpr std::size_t length = 16;
    static constexpr std::uint32_t rounds = 4;

    // HalfSipHash-2-4 of the eight bytes {round, half}.
    constexpr std::uint32_t mix(std::uint32_t round, std::uint32_t half) const noexcept {
        auto const key0 = static_cast<std::uint32_t>(secret_);
        auto const key1 = static_cast<std::uint32_t>(secret_ >> 32);
        std::array<std::uint32_t, 4> v{key0, key1, 0x6c796765U ^ key0, 0x74656462U ^ key1};
        for (std::uint32_t const word : {round, half, std::uint32_t{8} << 24}) {
            v[3] ^= word;
            sip(v), sip(v);
            v[0] ^= word;
        }
        v[2] ^= 0xff;
        sip(v), sip(v), sip(v), sip(v);
        return v[1] ^ v[3];
    }

    static constexpr void sip(std::array<std::uint32_t, 4>& v) noexcept {
        v[0] += v[1], v[1] = std::rotl(v[1], 5), v[1] ^= v[0], v[0] = std::rotl(v[0], 16);
        v[2] += v[3], v[3] = std::rotl(v[3], 8), v[3] ^= v[2];
        v[0] += v[3], v[3] = std::rotl(v[3], 7), v[3] ^= v[0];
        v[2] += v[1], v[1] = std::rotl(v[1], 13), v[1] ^= v[2], v[2] = std::rotl(v[2], 16);
    }

    std::uint64_t secret_;
};

}  // namespace pumphouse
