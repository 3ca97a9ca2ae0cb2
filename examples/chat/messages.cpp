// SPDX-License-Identifier: MIT
// Reading and writing with RapidJSON's streaming half: no document is ever built.
#include "messages.hpp"

#include "json.hpp"
#include "utf8.hpp"

#include <rapidjson/encodedstream.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <array>
#include <optional>
#include <utility>

namespace chat {

namespace {

// Rooms and names come back in error sentences no longer than they may be.
std::string quoted(std::string_view text) { return std::string{'"'}.append(text) += '"'; }

// Hears a frame's JSON and keeps the outermost object's strings "type", "room", "name" and "text".
// Answering false stops the reader; `problem` says why.
class MemberListener : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, MemberListener> {
public:
    struct Member {
        std::string_view key;
        std::optional<std::string> value;
    };
    std::array<Member, 4> members{{{"type", {}}, {"room", {}}, {"name", {}}, {"text", {}}}};
    std::string problem;

    std::optional<std::string>& operator[](std::string_view key) { return find(key)->value; }

    bool Default() { return not_a_string(); }  // numbers, true, false, null

    bool String(const char* data, rapidjson::SizeType size, bool) {
        if (depth_ == 0) return stop("A message is a JSON object.");
        if (depth_ == 1 && awaiting_) awaiting_->value.emplace(data, size);
        return true;
    }
    bool Key(const char* data, rapidjson::SizeType size, bool) {
        if (depth_ == 1) awaiting_ = find({data, size});
        return true;
    }
    bool StartObject() {
        if (depth_ > 0 && !not_a_string()) return false;
        return deeper();
    }
    bool StartArray() { return not_a_string() && deeper(); }
    bool EndObject(rapidjson::SizeType) { return shallower(); }
    bool EndArray(rapidjson::SizeType) { return shallower(); }

private:
    Member* find(std::string_view key) {
        for (Member& member : members) {
            if (member.key == key) return &member;
        }
        return nullptr;
    }
    bool not_a_string() {
        if (depth_ == 0) return stop("A message is a JSON object.");
        if (depth_ > 1 || !awaiting_) return true;
        return stop(quoted(awaiting_->key) + " must be a string.");
    }
    bool deeper() {
        if (++depth_ <= max_depth) return true;
        return stop("The JSON is nested deeper than " + std::to_string(max_depth) + " levels.");
    }
    bool shallower() {
        --depth_;
        return true;
    }
    bool stop(std::string why) {
        problem = std::move(why);
        return false;
    }

    std::size_t depth_ = 0;
    Member* awaiting_ = nullptr;  // the member whose value comes next, if the chat knows it
};

Error invalid_format(std::string message) { return {"invalid_format", std::move(message)}; }

// The members of a frame, or what is wrong with its JSON.
Result<MemberListener> listen(std::string_view frame) {
    using Bytes = rapidjson::MemoryStream;
    if (frame.size() > max_frame_bytes) {
        return invalid_format("The message is longer than " + std::to_string(max_frame_bytes) +
                              " bytes.");
    }
    Bytes bytes{frame.data(), frame.size()};
    rapidjson::EncodedInputStream<rapidjson::UTF8<>, Bytes> stream{bytes};
    rapidjson::Reader reader;
    MemberListener members;
    const auto result = reader.Parse<rapidjson::kParseValidateEncodingFlag>(stream, members);
    if (!members.problem.empty()) return invalid_format(std::move(members.problem));
    if (result.IsError()) {
        return invalid_format("The message is not JSON, at byte " +
                              std::to_string(result.Offset()) + ": " +
                              rapidjson::GetParseError_En(result.Code()));
    }
    if (bytes.Tell() < frame.size()) {  // a zero byte ends the reader's stream
        return invalid_format("The message has something behind its JSON.");
    }
    return members;
}

// The three ways a text can be wrong, in words: what = "name", codes = its two codes.
struct Limit {
    std::string_view what;
    std::size_t max;
    std::string_view empty_code;
    std::string_view too_long_code;
};
constexpr Limit name_limit{"name", max_name, "name_empty", "name_too_long"};
constexpr Limit room_limit{"room", max_room, "room_empty", "room_too_long"};
constexpr Limit text_limit{"text", max_text, "text_empty", "text_too_long"};

std::optional<Error> violation(const Limit& limit, std::string_view text) {
    const std::string what{limit.what};
    const auto length = code_points(text);
    if (!length) return invalid_format("The " + what + " is not valid UTF-8.");
    if (is_blank(text)) return Error{limit.empty_code, "The " + what + " is empty."};
    if (*length <= limit.max) return std::nullopt;
    return Error{limit.too_long_code, "The " + what + " has " + std::to_string(*length) +
                                          " characters; at most " + std::to_string(limit.max) +
                                          " are allowed."};
}

// A message of two texts, each within its limit. A member that is missing counts as empty.
template <class Message>
Result<ClientMessage> checked(MemberListener& members, const Limit& first, const Limit& second) {
    std::string one = members[first.what].value_or("");
    std::string two = members[second.what].value_or("");
    if (auto error = violation(first, one)) return *std::move(error);
    if (auto error = violation(second, two)) return *std::move(error);
    return ClientMessage{Message{std::move(one), std::move(two)}};
}

std::string of_room(std::string_view type, std::string_view room, std::string_view name) {
    return write_object([&](JsonWriter& json) {
        put(json, "type", type);
        put(json, "room", room);
        put(json, "name", name);
    });
}

}  // namespace

Result<ClientMessage> read_client_message(std::string_view frame) {
    auto members = listen(frame);
    if (!members) return members.error();
    const auto& type = (*members)["type"];
    if (!type) return Error{"missing_type", "The message has no \"type\"."};
    if (*type == "join_room") return checked<JoinRoom>(*members, room_limit, name_limit);
    if (*type == "chat_message") return checked<ChatMessage>(*members, room_limit, text_limit);
    if (*type == "leave_room") {
        auto room = checked_room((*members)["room"].value_or(""));
        if (!room) return room.error();
        return ClientMessage{LeaveRoom{std::move(*room)}};
    }
    return Error{"unknown_type", "The type is none of join_room, leave_room, chat_message."};
}

Result<std::string> checked_room(std::string room) {
    if (auto error = violation(room_limit, room)) return *std::move(error);
    return room;
}

std::string write_welcome(std::string_view id) {
    return write_object([&](JsonWriter& json) {
        put(json, "type", "welcome");
        put(json, "id", id);
    });
}

std::string write_room_joined(std::string_view room, std::string_view name,
                              std::span<const std::string> members) {
    return write_object([&](JsonWriter& json) {
        put(json, "type", "room_joined");
        put(json, "room", room);
        put(json, "name", name);
        json.Key("members");
        json.StartArray();
        for (const std::string& member : members) put(json, member);
        json.EndArray();
    });
}

std::string write_user_joined_room(std::string_view room, std::string_view name) {
    return of_room("user_joined_room", room, name);
}

std::string write_user_left_room(std::string_view room, std::string_view name) {
    return of_room("user_left_room", room, name);
}

std::string write_chat_message(const SavedMessage& message) {
    return write_object([&](JsonWriter& json) {
        put(json, "type", "chat_message");
        put_members(json, message);
    });
}

std::string write_error(const Error& error) {
    return write_object([&](JsonWriter& json) {
        put(json, "type", "error");
        put(json, "code", error.code);
        put(json, "message", error.message);
    });
}

Error not_in_room(std::string_view room) {
    return {"not_in_room", "You are not in the room " + quoted(room) + "."};
}

Error name_taken(std::string_view room, std::string_view name) {
    return {"name_taken",
            "Somebody in the room " + quoted(room) + " is already called " + quoted(name) + "."};
}

}  // namespace chat
