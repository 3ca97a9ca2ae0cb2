// SPDX-License-Identifier: MIT
// What names, rooms and texts must keep, and the sentences for those that do not. Pure functions,
// from any thread. The codes: ..._empty and ..._too_long for name, room and text; invalid_text.
#pragma once

#include "result.hpp"
#include "utf8.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace chat {

inline constexpr std::size_t max_name = 32;    // code points
inline constexpr std::size_t max_room = 64;    // code points
inline constexpr std::size_t max_text = 2000;  // code points
// The longest text fits in any spelling: 12 bytes for a code point as two \uXXXX.
inline constexpr std::size_t max_message_bytes = 32 * 1024;

// The text itself, or what is wrong with it; `what` is "name", "room" or "text".
inline Result<std::string> checked(std::string_view what, std::string_view text,
                                   std::size_t max) {
    const std::string subject = "The " + std::string{what};
    const auto length = code_points(text);
    if (!length) return Error{"invalid_text", subject + " is not valid UTF-8."};
    if (is_blank(text)) return Error{std::string{what} + "_empty", subject + " is empty."};
    if (*length <= max) return std::string{text};
    return Error{std::string{what} + "_too_long",
                 subject + " has " + std::to_string(*length) + " characters; at most " +
                     std::to_string(max) + " are allowed."};
}

inline Result<std::string> checked_name(std::string_view name) {
    return checked("name", name, max_name);
}
inline Result<std::string> checked_room(std::string_view room) {
    return checked("room", room, max_room);
}
inline Result<std::string> checked_text(std::string_view text) {
    return checked("text", text, max_text);
}

}  // namespace chat
