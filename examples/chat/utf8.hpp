// SPDX-License-Identifier: MIT
// What the chat needs to know about text: is it UTF-8, how many code points has it, is there
// anything in it to see. Pure functions, from any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace chat {

namespace detail {

// Takes one code point off the front; nothing if it is not there or not well-formed (RFC 3629: no
// overlong forms, no surrogates, nothing above U+10FFFF).
inline std::optional<char32_t> take_code_point(std::string_view& text) {
    if (text.empty()) return std::nullopt;
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    const std::size_t length = lead < 0x80             ? 1
                               : (lead & 0xE0) == 0xC0 ? 2
                               : (lead & 0xF0) == 0xE0 ? 3
                               : (lead & 0xF8) == 0xF0 ? 4
                                                       : 0;
    if (length == 0 || length > text.size()) return std::nullopt;
    char32_t point = length == 1 ? lead : lead & (0x7Fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
        point = (point << 6) | (byte(i) & 0x3Fu);
    }
    constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (point < smallest[length] || surrogate || point > 0x10FFFF) return std::nullopt;
    text.remove_prefix(length);
    return point;
}

// White space as Unicode has it, control characters, and the characters that have no width.
inline bool is_invisible(char32_t point) {
    constexpr char32_t others[] = {0xA0,   0xAD,   0x1680, 0x180E, 0x2028, 0x2029,
                                   0x202F, 0x205F, 0x2800, 0x3000, 0xFEFF};
    const bool control = point <= 0x20 || (point >= 0x7F && point <= 0x9F);
    const bool spaces = point >= 0x2000 && point <= 0x200F;
    const bool directions = (point >= 0x202A && point <= 0x202E) ||  // embeddings, overrides
                            (point >= 0x2060 && point <= 0x2069);    // joiner, isolates
    return control || spaces || directions || std::ranges::count(others, point) > 0;
}

}  // namespace detail

// How many code points the text has; nothing if it is not UTF-8.
inline std::optional<std::size_t> code_points(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count) {
        if (!detail::take_code_point(text)) return std::nullopt;
    }
    return count;
}

// Whether there is nothing in the text to see.
inline bool is_blank(std::string_view text) {
    while (const auto point = detail::take_code_point(text)) {
        if (!detail::is_invisible(*point)) return false;
    }
    return text.empty();
}

}  // namespace chat
