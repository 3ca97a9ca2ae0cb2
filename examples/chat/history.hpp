// SPDX-License-Identifier: MIT
// GET /v1/chats?room=lobby&limit=50: what may be asked for, and how it is answered. Pure functions,
// from any thread.
#pragma once

#include "result.hpp"
#include "saved_message.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chat {

struct HistoryRequest {
    std::string room;
    int limit = 50;  // 1 to 100
};

// From the two fields of an address's query; a limit that is not there is 50. The codes of errors
// are room_empty, room_too_long, invalid_format and invalid_limit; all of them are 400 Bad Request.
Result<HistoryRequest> read_history_request(std::string_view room,
                                            std::optional<std::string_view> limit);

std::string write_history(std::string_view room, std::span<const SavedMessage> messages);
std::string write_history_error(const Error& error);

}  // namespace chat
