// SPDX-License-Identifier: MIT
//
// Error: what is answered to a request that is not obeyed. One code and one sentence for each kind
// of error, all in one table; docs/protocol.md explains them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pumphouse::protocol {

enum class ErrorCode : std::uint8_t {
    invalid_format,
    missing_type,
    unknown_type,
    missing_field,
    invalid_field,
    too_large,
    not_in_room,
    already_in_room,
    join_refused,
    room_full,
    too_many_rooms,
    user_not_found,
    not_permitted,
    refused,
    rate_limited,
    shutting_down,
    invalid_token,
    unavailable,
};

struct ErrorText {
    ErrorCode code;
    std::string_view name;
    std::string_view sentence;
};

/// In the order of the codes.
inline constexpr std::array error_texts{
    ErrorText{ErrorCode::invalid_format, "invalid_format",
              "The message is not one JSON object in a text frame."},
    ErrorText{ErrorCode::missing_type, "missing_type", "The message has no type."},
    ErrorText{ErrorCode::unknown_type, "unknown_type",
              "The server knows no message of this type."},
    ErrorText{ErrorCode::missing_field, "missing_field",
              "A member that this message needs is missing."},
    ErrorText{ErrorCode::invalid_field, "invalid_field",
              "A member has a wrong type or value."},
    ErrorText{ErrorCode::too_large, "too_large", "The message is too large."},
    ErrorText{ErrorCode::not_in_room, "not_in_room", "You are not in this room."},
    ErrorText{ErrorCode::already_in_room, "already_in_room",
              "You are in this room already, or have asked for it."},
    ErrorText{ErrorCode::join_refused, "join_refused", "You may not join this room."},
    ErrorText{ErrorCode::room_full, "room_full", "The room is full."},
    ErrorText{ErrorCode::too_many_rooms, "too_many_rooms", "You are in too many rooms."},
    ErrorText{ErrorCode::user_not_found, "user_not_found", "There is nobody with this id."},
    ErrorText{ErrorCode::not_permitted, "not_permitted", "You may not do this."},
    ErrorText{ErrorCode::refused, "refused", "The server refused this message."},
    ErrorText{ErrorCode::rate_limited, "rate_limited", "You are sending too fast."},
    ErrorText{ErrorCode::shutting_down, "shutting_down", "The server is shutting down."},
    ErrorText{ErrorCode::invalid_token, "invalid_token", "The token is not valid."},
    ErrorText{ErrorCode::unavailable, "unavailable", "The server cannot do this now."},
};

constexpr ErrorText const& text_of(ErrorCode code) noexcept {
    return error_texts[static_cast<std::size_t>(code)];
}

/// An error as it is sent. A host may use codes and sentences of its own. What is empty is left
/// out, but for `code` and `message`.
struct Error {
    Error() = default;
    Error(ErrorCode which) : code{text_of(which).name}, message{text_of(which).sentence} {}
    Error(std::string_view own_code, std::string_view sentence)
        : code{own_code}, message{sentence} {}

    std::string code;
    std::string message;
    std::string request_id = {};
    std::string room = {};
    std::string path = {};    // JSON pointer to the member of the request
    std::string detail = {};  // what exactly

    friend bool operator==(Error const&, Error const&) = default;
};

}  // namespace pumphouse::protocol
