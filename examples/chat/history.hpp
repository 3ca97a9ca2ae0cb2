// SPDX-License-Identifier: MIT
// GET /v1/chats?room=lobby&limit=50: what may be asked for. Pure functions, from any thread.
#pragma once

#include "limits.hpp"
#include "result.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace chat {

struct HistoryRequest {
    static constexpr int max_limit = 100;

    std::string room;
    int limit = 50;  // 1 to max_limit
};

// From the two fields of an address's query; a limit that is not there is 50. The codes of errors
// are room_empty, room_too_long, invalid_text and invalid_limit; all of them are 400 Bad Request.
inline Result<HistoryRequest> read_history_request(std::string_view room,
                                                   std::optional<std::string_view> limit) {
    HistoryRequest request;
    auto checked = checked_room(room);
    if (!checked) return checked.error();
    request.room = *checked;
    if (!limit) return request;
    const char* end = limit->data() + limit->size();
    const auto [stop, error] = std::from_chars(limit->data(), end, request.limit);
    const bool is_number = error == std::errc{} && stop == end;
    if (is_number && request.limit >= 1 && request.limit <= HistoryRequest::max_limit) {
        return request;
    }
    return Error{"invalid_limit", "The limit is not a number from 1 to 100."};
}

}  // namespace chat
