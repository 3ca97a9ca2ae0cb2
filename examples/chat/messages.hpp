// SPDX-License-Identifier: MIT
// The chat's messages: what a client may say, and what the server says, as JSON text. The JSON of
// each is shown in README.md. Pure functions without state, from any thread; nothing is thrown.
//
// Reading is bounded: a frame of max_frame_bytes, a nesting of max_depth, and nothing is kept of a
// frame but the four members the chat knows. Unknown members are passed over.
#pragma once

#include "result.hpp"
#include "saved_message.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace chat {

inline constexpr std::size_t max_name = 32;    // code points
inline constexpr std::size_t max_room = 64;    // code points
inline constexpr std::size_t max_text = 2000;  // code points
inline constexpr std::size_t max_depth = 8;
// The longest text fits in any spelling: 12 bytes for a code point as two \uXXXX.
inline constexpr std::size_t max_frame_bytes = 32 * 1024;

// ---- what a client says

struct JoinRoom {
    std::string room;
    std::string name;
};

struct LeaveRoom {
    std::string room;
};

struct ChatMessage {
    std::string room;
    std::string text;
};

using ClientMessage = std::variant<JoinRoom, LeaveRoom, ChatMessage>;

// A message that keeps all limits, or why it is none: invalid_format, missing_type, unknown_type,
// and for each of name, room and text ..._empty and ..._too_long.
Result<ClientMessage> read_client_message(std::string_view frame);

// What room names must keep everywhere, in a message or in an address.
Result<std::string> checked_room(std::string room);

// ---- what the server says

std::string write_welcome(std::string_view id);
std::string write_room_joined(std::string_view room, std::string_view name,
                              std::span<const std::string> members);
std::string write_user_joined_room(std::string_view room, std::string_view name);
std::string write_user_left_room(std::string_view room, std::string_view name);
std::string write_chat_message(const SavedMessage& message);
std::string write_error(const Error& error);

Error not_in_room(std::string_view room);
Error name_taken(std::string_view room, std::string_view name);

}  // namespace chat
