// SPDX-License-Identifier: MIT
#include <pumphouse/message/message_type.hpp>

#include "support/catch.hpp"

using namespace pumphouse;

namespace {

constexpr MessageType bid{"bid"};
constexpr MessageType ask{"ask"};
constexpr MessageType longest{"a_name_of_forty_bytes_is_the_longest_one"};

std::string_view text_of(MessageType type) { return type.text(); }

}  // namespace

TEST_CASE("message type: a literal is one, and its text is the literal") {
    CHECK(text_of("bid") == "bid");
    CHECK(text_of("bid_2") == "bid_2");
    CHECK(longest.text().size() == MessageType::max_bytes);
    CHECK_FALSE(bid.is_none());
    CHECK(text_messages.text() == "text");
    CHECK(binary_messages.text() == "binary");
}

TEST_CASE("message type: the same text is the same type, wherever it stands") {
    static constexpr char other_place[] = "bid";
    constexpr MessageType other{other_place};
    CHECK(bid == other);
    CHECK_FALSE(bid == ask);
    CHECK_FALSE(bid == MessageType{});
}

TEST_CASE("message type: none is none, and without a text") {
    MessageType const none;
    CHECK(none.is_none());
    CHECK(none.text().empty());
    CHECK(none == MessageType{});
    CHECK_FALSE(none == bid);
}
