// SPDX-License-Identifier: MIT
// The history interface: which queries are understood, and the JSON of its answers.
#include "history.hpp"
#include "json.hpp"

#include "support/catch.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace chat;

namespace {

using Limit = std::optional<std::string_view>;

std::string code_of(std::string_view room, Limit limit = std::nullopt) {
    const auto request = read_history_request(room, limit);
    return request ? std::string{} : request.error().code;
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
    CHECK(code_of("\xFF") == "invalid_text");
}

TEST_CASE("a limit is a whole number from 1 to 100") {
    for (const auto* limit : {"1", "50", "100"}) CHECK(code_of("a", limit) == "");
    for (const auto* limit : {"", "0", "-1", "101", "+5", "5x", "5.0", " 5", "9999999999999999"}) {
        CAPTURE(limit);
        CHECK(code_of("a", limit) == "invalid_limit");
    }
}

TEST_CASE("the history and its errors are the JSON of the interface") {
    const std::vector<SavedMessage> messages{{1, "Ada", "hi", "2026-01-02T03:04:05.000Z"},
                                             {2, "Bob", "\"", "2026-01-02T03:04:06.000Z"}};
    CHECK(written(History{"a", "0123456789abcdef", 7, messages}) ==
          R"({"room":"a","epoch":"0123456789abcdef","offset":7,"chats":[)"
          R"({"id":1,"user":"Ada","text":"hi","timestamp":"2026-01-02T03:04:05.000Z"},)"
          R"({"id":2,"user":"Bob","text":"\"","timestamp":"2026-01-02T03:04:06.000Z"}]})");
    CHECK(written(History{"a", "0000000000000000", 0, {}}) ==
          R"({"room":"a","epoch":"0000000000000000","offset":0,"chats":[]})");
    CHECK(written(Refusal{{"invalid_limit", "No."}}) ==
          R"({"error":{"code":"invalid_limit","message":"No."}})");
}
