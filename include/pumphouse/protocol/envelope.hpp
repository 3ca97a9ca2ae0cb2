// SPDX-License-Identifier: MIT
//
// The envelope of the protocol's rooms: the position that a room's home shard puts before each
// message, as the first members of its object. It has a fixed width, so that it costs the home a
// copy and 36 digits, once per message, and nobody else anything.
//
//   {"epoch":"71c0de5512ab9f03","offset":42                  ,
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <pumphouse/room/position.hpp>

namespace pumphouse::protocol {

inline constexpr std::string_view envelope_form =
    R"({"epoch":"0000000000000000","offset":                    ,)";
inline constexpr std::size_t envelope_epoch_at = 10;
inline constexpr std::size_t envelope_offset_at = 37;
inline constexpr std::size_t envelope_bytes = envelope_form.size();
static_assert(envelope_bytes == envelope_offset_at + 20 + 1, "20 digits hold any offset");

inline void write_envelope(Position at, char* out) noexcept {
    std::memcpy(out, envelope_form.data(), envelope_bytes);
    char* digit = out + envelope_epoch_at + 16;
    for (std::uint64_t epoch = at.epoch; epoch != 0; epoch >>= 4) {
        *--digit = "0123456789abcdef"[epoch & 0xf];
    }
    std::size_t digits = 1;
    for (std::uint64_t rest = at.offset; rest >= 10; rest /= 10) ++digits;
    digit = out + envelope_offset_at + digits;
    std::uint64_t rest = at.offset;
    do {
        *--digit = static_cast<char>('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
}

}  // namespace pumphouse::protocol
