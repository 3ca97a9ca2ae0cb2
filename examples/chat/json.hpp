// SPDX-License-Identifier: MIT
// Writing JSON text, in the few shapes the chat needs. RapidJSON's writer does the escaping.
#pragma once

#include "saved_message.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string>
#include <string_view>

namespace chat {

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

inline void put(JsonWriter& json, std::string_view text) {
    json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

inline void put(JsonWriter& json, const char* key, std::string_view text) {
    json.Key(key);
    put(json, text);
}

inline void put_members(JsonWriter& json, const SavedMessage& message) {
    json.Key("id");
    json.Int64(message.id);
    put(json, "room", message.room);
    put(json, "name", message.name);
    put(json, "text", message.text);
    put(json, "timestamp", message.timestamp);
}

// An object whose members are put by `members(json)`.
template <class Members>
std::string write_object(Members members) {
    rapidjson::StringBuffer buffer;
    JsonWriter json{buffer};
    json.StartObject();
    members(json);
    json.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace chat
