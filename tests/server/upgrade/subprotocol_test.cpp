// SPDX-License-Identifier: MIT
#include <pumphouse/server/upgrade/subprotocol.hpp>

#include "support/catch.hpp"

using pumphouse::choose_subprotocol;
using pumphouse::offered_subprotocols;

namespace {

std::string chosen(std::string_view header, std::vector<std::string> const& spoken) {
    return std::string{choose_subprotocol(offered_subprotocols(header, true), spoken)};
}

}  // namespace

TEST_CASE("the server's dearest of what is offered is spoken, in its exact spelling") {
    CHECK(chosen("chat.v1, chat.v2", {"chat.v2", "chat.v1"}) == "chat.v2");
    CHECK(chosen("chat.v1", {"chat.v2", "chat.v1"}) == "chat.v1");
    CHECK(chosen("Chat.V1", {"chat.v1"}).empty());
    CHECK(chosen("chat", {"chat.v1"}).empty());
    CHECK(chosen("", {"chat.v1"}).empty());
    CHECK(chosen("chat.v1", {}).empty());
    CHECK(chosen(" ,\tchat.v1 ,, other", {"chat.v1"}) == "chat.v1");
}

TEST_CASE("the word behind bearer is a token and never answered") {
    auto const offered = offered_subprotocols("chat.v1, Bearer, aaa.bbb.ccc", true);
    REQUIRE(offered.token);
    CHECK(*offered.token == "aaa.bbb.ccc");
    CHECK_FALSE(offered.has("aaa.bbb.ccc"));
    CHECK(chosen("chat.v1, bearer, secret", {"chat.v1"}) == "chat.v1");
    CHECK(chosen("bearer, secret, chat.v1", {"chat.v1"}) == "chat.v1");
    CHECK(chosen("bearer, secret", {"secret"}) == "bearer");
    CHECK(chosen("bearer, secret", {}) == "bearer");
    CHECK(chosen("bearer, chat.v1", {"chat.v1"}) == "bearer");
    CHECK(*offered_subprotocols("bearer", true).token == "");
    CHECK(*offered_subprotocols("bearer, bearer", true).token == "bearer");
    // Where tokens do not travel this way, bearer is a name as any other.
    auto const names = offered_subprotocols("bearer, secret", false);
    CHECK_FALSE(names.token);
    CHECK(names.has("secret"));
}

TEST_CASE("what is no token of RFC 7230 is seen") {
    CHECK_FALSE(offered_subprotocols("a, b.c, d-e!", true).is_malformed);
    CHECK(offered_subprotocols("two words", true).is_malformed);
    CHECK(offered_subprotocols("a, \"b\"", true).is_malformed);
    CHECK(offered_subprotocols("bearer, a/b", true).is_malformed);
}
