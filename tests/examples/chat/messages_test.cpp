// SPDX-License-Identifier: MIT
// The chat protocol: each frame is a message within all limits or one clear error.
#include "messages.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace chat;

namespace {

std::string repeated(std::string_view piece, std::size_t times) {
    std::string text;
    while (times-- > 0) text += piece;
    return text;
}

// The error code a frame gets, or "" if it is a message.
std::string_view code_of(std::string_view frame) {
    const auto message = read_client_message(frame);
    if (message) return "";
    CHECK_FALSE(message.error().message.empty());
    return message.error().code;
}

std::string say(std::string_view text) {
    return R"({"type":"chat_message","room":"lobby","text":")" + std::string{text} + "\"}";
}

constexpr std::string_view smile = "\xF0\x9F\x98\x80";  // U+1F600

}  // namespace

TEST_CASE("each client message is read into its struct") {
    const auto join = read_client_message(R"({"type":"join_room","room":"lobby","name":"Ada"})");
    REQUIRE(join);
    CHECK(std::get<JoinRoom>(*join).room == "lobby");
    CHECK(std::get<JoinRoom>(*join).name == "Ada");
    const auto leave = read_client_message(R"({"room":"lobby","type":"leave_room"})");
    REQUIRE(leave);
    CHECK(std::get<LeaveRoom>(*leave).room == "lobby");
    const auto said = read_client_message(say(R"(a\n\"b\" \ud83d\ude00 <script>)"));
    REQUIRE(said);
    CHECK(std::get<ChatMessage>(*said).room == "lobby");
    CHECK(std::get<ChatMessage>(*said).text == "a\n\"b\" " + std::string{smile} + " <script>");
}

TEST_CASE("unknown members are passed over, whatever they hold") {
    CHECK(code_of(R"({"x":{"type":"no","y":[{"room":2}]},"type":"leave_room","room":"a"})") == "");
    CHECK(code_of(R"({"type":"leave_room","room":"a","z":null,"text":"unused"})") == "");
}

TEST_CASE("what is not a JSON object is an invalid format") {
    for (const std::string_view frame :
         {"", " ", "hello", "{", "[]", "\"join_room\"", "17", "null", "{}}", "{'type':1}",
          R"({"type":"leave_room","room":"a"} x)", "{\"type\":\"leave_room\",\"room\":\"\xFF\"}"}) {
        CAPTURE(frame);
        CHECK(code_of(frame) == "invalid_format");
    }
    CHECK(code_of(std::string{R"({"type":"leave_room","room":"a"})"} + '\0') == "invalid_format");
}

TEST_CASE("a known member that is no string is an invalid format") {
    for (const std::string_view value : {"1", "true", "null", "[]", "{}", "[\"lobby\"]"}) {
        CAPTURE(value);
        const std::string rest{value};
        CHECK(code_of(R"({"type":)" + rest + "}") == "invalid_format");
        CHECK(code_of(R"({"type":"leave_room","room":)" + rest + "}") == "invalid_format");
    }
}

TEST_CASE("half a surrogate pair never becomes text") {
    for (const auto* half : {R"(\ud83d)", R"(\ude00)", R"(\ud83dx)", R"(\ude00\ud83d)"}) {
        CAPTURE(half);
        CHECK(code_of(say(half)) == "invalid_format");
    }
}

TEST_CASE("a missing and an unknown type are told apart") {
    CHECK(code_of("{}") == "missing_type");
    CHECK(code_of(R"({"room":"lobby"})") == "missing_type");
    CHECK(code_of(R"({"type":"shout","room":"lobby"})") == "unknown_type");
    CHECK(code_of(R"({"type":""})") == "unknown_type");
}

TEST_CASE("missing, empty and blank are all empty") {
    CHECK(code_of(R"({"type":"join_room","room":"lobby"})") == "name_empty");
    CHECK(code_of(R"({"type":"join_room","room":"lobby","name":""})") == "name_empty");
    CHECK(code_of(R"({"type":"join_room","room":"lobby","name":" \t\u00a0"})") == "name_empty");
    CHECK(code_of(R"({"type":"join_room","name":"Ada"})") == "room_empty");
    CHECK(code_of(R"({"type":"leave_room"})") == "room_empty");
    CHECK(code_of(R"({"type":"chat_message","room":"lobby"})") == "text_empty");
    CHECK(code_of(say(R"(\n\u3000)")) == "text_empty");
}

TEST_CASE("limits are in characters and inclusive") {
    const auto join = [](const std::string& room, const std::string& name) {
        return R"({"type":"join_room","room":")" + room + R"(","name":")" + name + "\"}";
    };
    CHECK(code_of(join("lobby", repeated(smile, max_name))) == "");
    CHECK(code_of(join("lobby", repeated(smile, max_name + 1))) == "name_too_long");
    CHECK(code_of(join(repeated(smile, max_room), "Ada")) == "");
    CHECK(code_of(join(repeated(smile, max_room + 1), "Ada")) == "room_too_long");
    CHECK(code_of(say(repeated(R"(\ud83d\ude00)", max_text))) == "");
    CHECK(code_of(say(repeated("x", max_text + 1))) == "text_too_long");
}

TEST_CASE("an error names what was wrong and by how much") {
    const auto message = read_client_message(say(repeated("x", 2001)));
    REQUIRE_FALSE(message);
    CHECK(message.error().message == "The text has 2001 characters; at most 2000 are allowed.");
}

TEST_CASE("size and depth of a frame are bounded") {
    CHECK(code_of(say(repeated("x", max_frame_bytes))) == "invalid_format");
    const auto nested = [](std::size_t levels) {
        return R"({"type":"leave_room","room":"a","x":)" + repeated("[", levels) +
               repeated("]", levels) + "}";
    };
    CHECK(code_of(nested(max_depth - 1)) == "");
    CHECK(code_of(nested(max_depth)) == "invalid_format");
    CHECK(code_of(repeated("[", max_frame_bytes)) == "invalid_format");
    CHECK(code_of(repeated(R"({"a":)", 6000)) == "invalid_format");
}

TEST_CASE("no damaged frame is more than an error") {
    const std::string whole = R"({"type":"chat_message","room":"l\u00e9","text":"a\nb","x":[{}]})";
    REQUIRE(code_of(whole) == "");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CHECK(code_of(whole.substr(0, size)) == "invalid_format");
        for (const char byte : {'\0', '"', '\\', '{', '\x80', '\xFF'}) {
            std::string damaged = whole;
            damaged[size] = byte;
            static_cast<void>(read_client_message(damaged));
        }
    }
}

TEST_CASE("server messages are the JSON of the protocol") {
    const std::vector<std::string> members{"Ada", "Bob"};
    CHECK(write_welcome("7") == R"({"type":"welcome","id":"7"})");
    CHECK(write_room_joined("lobby", "Ada", members) ==
          R"({"type":"room_joined","room":"lobby","name":"Ada","members":["Ada","Bob"]})");
    CHECK(write_user_joined_room("lobby", "Bob") ==
          R"({"type":"user_joined_room","room":"lobby","name":"Bob"})");
    CHECK(write_user_left_room("lobby", "Bob") ==
          R"({"type":"user_left_room","room":"lobby","name":"Bob"})");
    CHECK(write_chat_message({17, "lobby", "Ada", "hi", "2026-01-02T03:04:05Z"}) ==
          R"({"type":"chat_message","id":17,"room":"lobby","name":"Ada","text":"hi",)"
          R"("timestamp":"2026-01-02T03:04:05Z"})");
    CHECK(write_error({"name_empty", "The name is empty."}) ==
          R"({"type":"error","code":"name_empty","message":"The name is empty."})");
    CHECK(name_taken("lobby", "Ada").code == "name_taken");
    CHECK(not_in_room("lobby").code == "not_in_room");
}

TEST_CASE("what people wrote comes out of JSON as it went in") {
    const std::string zero(1, '\0');
    const std::string text = "\"\\\n\x01</script>" + std::string{smile} + zero + "z";
    const std::string written = write_chat_message({1, "lobby", text, text, ""});
    CHECK(written.find('\n') == std::string::npos);
    const auto read = read_client_message(written);
    REQUIRE(read);
    CHECK(std::get<ChatMessage>(*read).text == text);
}
