// SPDX-License-Identifier: MIT
// The history's query string and its answers.
#include "history.hpp"

#include "json.hpp"
#include "messages.hpp"

#include <charconv>
#include <optional>
#include <utility>

namespace chat {

namespace {

constexpr int max_limit = 100;

std::optional<int> read_limit(std::string_view text) {
    int limit = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, limit);
    if (error != std::errc{} || stop != end || limit < 1 || limit > max_limit) return std::nullopt;
    return limit;
}

}  // namespace

Result<HistoryRequest> read_history_request(std::string_view room,
                                            std::optional<std::string_view> limit) {
    HistoryRequest request;
    auto checked = checked_room(std::string{room});
    if (!checked) return checked.error();
    request.room = std::move(*checked);
    if (limit) {
        const auto number = read_limit(*limit);
        if (!number) return Error{"invalid_limit", "The limit is not a number from 1 to 100."};
        request.limit = *number;
    }
    return request;
}

std::string write_history(std::string_view room, std::span<const SavedMessage> messages) {
    return write_object([&](JsonWriter& json) {
        put(json, "room", room);
        json.Key("chats");
        json.StartArray();
        for (const SavedMessage& message : messages) {
            json.StartObject();
            put_members(json, message);
            json.EndObject();
        }
        json.EndArray();
    });
}

std::string write_history_error(const Error& error) {
    return write_object([&](JsonWriter& json) {
        json.Key("error");
        json.StartObject();
        put(json, "code", error.code);
        put(json, "message", error.message);
        json.EndObject();
    });
}

}  // namespace chat
