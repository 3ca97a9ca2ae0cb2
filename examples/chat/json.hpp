// SPDX-License-Identifier: MIT
// The chat's JSON: what people say, inside the room protocol's `data`, and the answers of
// GET /v1/chats. Each shape is declared once; the library reads and writes it.
#pragma once

#include "result.hpp"
#include "saved_message.hpp"

#include <pumphouse/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

namespace json = pumphouse::json;

// A client's `data`.
struct Text {
    std::string text;

    static constexpr auto json_fields() { return json::fields(json::field("text", &Text::text)); }
};

// The server's `data`.
struct SavedText {
    std::int64_t id = 0;
    std::string text;

    static constexpr auto json_fields() {
        return json::fields(json::field("id", &SavedText::id),
                            json::field("text", &SavedText::text));
    }
};

constexpr auto json_fields(const SavedMessage*) {
    return json::fields(
        json::field("id", &SavedMessage::id), json::field("user", &SavedMessage::user),
        json::field("text", &SavedMessage::text),
        json::field("timestamp", &SavedMessage::timestamp));
}

// A page of history, and the room's position behind it: join the room with it as `since`, and
// there is no gap and no duplicate.
struct History {
    std::string room;
    std::string epoch;
    std::uint64_t offset = 0;
    std::vector<SavedMessage> chats;

    static constexpr auto json_fields() {
        return json::fields(json::field("room", &History::room),
                            json::field("epoch", &History::epoch),
                            json::field("offset", &History::offset),
                            json::field("chats", &History::chats));
    }
};

constexpr auto json_fields(const Error*) {
    return json::fields(json::field("code", &Error::code),
                        json::field("message", &Error::message));
}

struct Refusal {
    Error error;

    static constexpr auto json_fields() {
        return json::fields(json::field("error", &Refusal::error));
    }
};

template <class T>
std::string written(const T& value) {
    std::string out;
    json::encode(value, out);
    return out;
}

}  // namespace chat
