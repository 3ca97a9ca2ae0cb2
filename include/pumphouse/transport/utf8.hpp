// SPDX-License-Identifier: MIT
//
// Utf8: an incremental UTF-8 check. Text may be fed in any pieces; it says no at the first byte
// that cannot be part of valid UTF-8: no overlong forms, no surrogates, nothing past U+10FFFF.
//
// The state machine of the WHATWG Encoding Standard's UTF-8 decoder
// (https://encoding.spec.whatwg.org/#utf-8-decoder), with eight ASCII bytes at a time in front.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pumphouse {

class Utf8 {
public:
    /// False: these bytes cannot follow what was fed before. Then do not feed any more.
    [[nodiscard]] bool feed(std::string_view bytes) noexcept {
        char const* at = bytes.data();
        char const* const end = at + bytes.size();
        while (at != end) {
            if (needed_ == 0) {
                at = skip_ascii(at, end);
                if (at == end) return true;
            }
            if (!step(static_cast<std::uint8_t>(*at++))) return false;
        }
        return true;
    }

    /// True when what was fed does not end in the middle of a character.
    bool is_complete() const noexcept { return needed_ == 0; }

private:
    static char const* skip_ascii(char const* at, char const* end) noexcept {
        constexpr std::uint64_t high_bits = 0x8080808080808080;
        while (static_cast<std::size_t>(end - at) >= sizeof(std::uint64_t)) {
            std::uint64_t eight;
            std::memcpy(&eight, at, sizeof eight);
            if ((eight & high_bits) != 0) break;
            at += sizeof eight;
        }
        return at;
    }

    bool step(std::uint8_t byte) noexcept {
        if (needed_ == 0) return lead(byte);
        if (byte < lower_ || byte > upper_) return false;
        lower_ = 0x80;
        upper_ = 0xbf;
        --needed_;
        return true;
    }

    bool lead(std::uint8_t byte) noexcept {
        if (byte < 0x80) return true;
        if (byte < 0xc2 || byte > 0xf4) return false;  // C0, C1: overlong; F5..: past U+10FFFF
        needed_ = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        if (byte == 0xe0) lower_ = 0xa0;  // shorter forms exist
        if (byte == 0xed) upper_ = 0x9f;  // surrogates
        if (byte == 0xf0) lower_ = 0x90;  // shorter forms exist
        if (byte == 0xf4) upper_ = 0x8f;  // past U+10FFFF
        return true;
    }

    std::uint8_t needed_ = 0;  // bytes left of the present character
    std::uint8_t lower_ = 0x80;
    std::uint8_t upper_ = 0xbf;  // the next byte must lie between
};

inline bool is_utf8(std::string_view text) noexcept {
    Utf8 check;
    return check.feed(text) && check.is_complete();
}

}  // namespace pumphouse
