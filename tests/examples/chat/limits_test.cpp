// SPDX-License-Identifier: MIT
// Names, rooms and texts: each within its limit, or one clear error.
#include "limits.hpp"

#include "support/catch.hpp"

#include <string>
#include <string_view>

using namespace chat;

namespace {

constexpr std::string_view smile = "\xF0\x9F\x98\x80";  // U+1F600

std::string repeated(std::string_view piece, std::size_t times) {
    std::string text;
    while (times-- > 0) text += piece;
    return text;
}

// The error's code, or "" if there is none.
std::string code_of(const Result<std::string>& result) {
    if (result) return "";
    CHECK_FALSE(result.error().message.empty());
    return result.error().code;
}

}  // namespace

TEST_CASE("missing, empty and blank are all empty") {
    for (const auto* text : {"", " ", " \t\n", "\xC2\xA0", "\xE2\x80\x8B\xE3\x80\x80"}) {
        CHECK(code_of(checked_name(text)) == "name_empty");
        CHECK(code_of(checked_room(text)) == "room_empty");
        CHECK(code_of(checked_text(text)) == "text_empty");
    }
}

TEST_CASE("limits are in characters and inclusive") {
    CHECK(code_of(checked_name(repeated(smile, max_name))) == "");
    CHECK(code_of(checked_name(repeated(smile, max_name + 1))) == "name_too_long");
    CHECK(code_of(checked_room(repeated(smile, max_room))) == "");
    CHECK(code_of(checked_room(repeated(smile, max_room + 1))) == "room_too_long");
    CHECK(code_of(checked_text(repeated(smile, max_text))) == "");
    CHECK(code_of(checked_text(repeated("x", max_text + 1))) == "text_too_long");
}

TEST_CASE("what is no UTF-8 is no text") {
    for (const auto* text : {"\xFF", "a\xC0\x80", "\xED\xA0\x80", "\xF0\x9F\x98"}) {
        CHECK(code_of(checked_name(text)) == "invalid_text");
    }
}

TEST_CASE("an error names what was wrong and by how much") {
    const auto result = checked_text(repeated("x", 2001));
    REQUIRE_FALSE(result);
    CHECK(result.error().message == "The text has 2001 characters; at most 2000 are allowed.");
}

TEST_CASE("what is within the limits comes back as it was") {
    CHECK(*checked_text(" a\n<b> ") == " a\n<b> ");
}
