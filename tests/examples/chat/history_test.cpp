// SPDX-License-Identifier: MIT
// The history interface: which queries are understood, and the JSON of its answers.
#include "history.hpp"

#include "support/catch.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace chat;

namespace {

using Limit = std::optional<std::string_view>;

std::string_view code_of(std::string_view room, Limit limit = std::nullopt) {
    const auto request = read_history_request(room, limit);
    return request ? "" : request.error().code;
}

}  // namespace

TEST_CASE("a query names a room and a limit, 50 unless said") {
    const auto plain = read_history_request("lobby", std::nullopt);
    REQUIRE(plain);
    CHECK(plain->room == "lobby");
    CHECK(plain->limit == 50);
    const auto both = read_history_request("my room/\xC3\xA9&", "100");
    REQUIRE(both);
    CHECK(both->room == "my room/\xC3\xA9&");
    CHECK(both->limit == 100);
}

TEST_CASE("a room that no message could name is refused") {
    CHECK(code_of("") == "room_empty");
    CHECK(code_of("  ") == "room_empty");
    CHECK(code_of(std::string(65, 'x')) == "room_too_long");
    CHECK(code_of("\xFF") == "invalid_format");
}

TEST_CASE("a limit is a whole number from 1 to 100") {
    for (const auto* limit : {"1", "50", "100"}) CHECK(code_of("a", limit) == "");
    for (const auto* limit : {"", "0", "-1", "101", "+5", "5x", "5.0", " 5", "9999999999999999"}) {
        CAPTURE(limit);
        CHECK(code_of("a", limit) == "invalid_limit");
    }
}

TEST_CASE("the history and its errors are the JSON of the interface") {
    const std::vector<SavedMessage> messages{{1, "a", "Ada", "hi", "2026-01-02T03:04:05Z"},
                                             {2, "a", "Bob", "\"", "2026-01-02T03:04:06Z"}};
    CHECK(write_history("a", messages) ==
          R"({"room":"a","chats":[{"id":1,"room":"a","name":"Ada","text":"hi",)"
          R"("timestamp":"2026-01-02T03:04:05Z"},{"id":2,"room":"a","name":"Bob","text":"\"",)"
          R"("timestamp":"2026-01-02T03:04:06Z"}]})");
    CHECK(write_history("a", {}) == R"({"room":"a","chats":[]})");
    CHECK(write_history_error({"invalid_limit", "No."}) ==
          R"({"error":{"code":"invalid_limit","message":"No."}})");
}
