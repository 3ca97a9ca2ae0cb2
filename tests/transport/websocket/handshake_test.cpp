// SPDX-License-Identifier: MIT
#include <pumphouse/transport/websocket/handshake.hpp>

#include <string>

#include "support/catch.hpp"

namespace {

struct Request {
    std::string method = "GET";
    std::string version = "HTTP/1.1";
    std::string upgrade = "websocket";
    std::string connection = "Upgrade";
    std::string websocket_version = "13";
    std::string key = "dGhlIHNhbXBsZSBub25jZQ==";

    pumphouse::Upgrade answer(std::string_view subprotocol = {}) const {
        std::string text = method + " /ws " + version + "\r\nHost: example.com\r\n";
        auto const add = [&](char const* name, std::string const& value) {
            if (!value.empty()) text += std::string{name} + ": " + value + "\r\n";
        };
        add("Upgrade", upgrade);
        add("Connection", connection);
        add("Sec-WebSocket-Version", websocket_version);
        add("Sec-WebSocket-Key", key);
        text += "\r\n";
        websocketpp::http::parser::request request;
        request.consume(text.data(), text.size());
        REQUIRE(request.ready());
        return pumphouse::answer_upgrade(request, subprotocol);
    }
};

bool holds(std::string const& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

// The example of RFC 6455 section 1.3.
TEST_CASE("the upgrade is answered with the proof of the key") {
    CHECK(pumphouse::websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") ==
          "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    auto const upgrade = Request{}.answer();
    CHECK(upgrade);
    CHECK(upgrade.problem.empty());
    CHECK(upgrade.response ==
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST_CASE("upgrade and connection are lists without case") {
    CHECK(Request{.upgrade = "WebSocket"}.answer());
    CHECK(Request{.upgrade = "h2c,\tWEBSOCKET"}.answer());
    CHECK(Request{.connection = "keep-alive, upgrade"}.answer());
    CHECK(Request{.upgrade = "websockets"}.answer().status == 426);
    CHECK(Request{.connection = "upgraded"}.answer().status == 426);
}

TEST_CASE("the subprotocol is named when it is a token") {
    CHECK(holds(Request{}.answer("chat.v2").response, "\r\nSec-WebSocket-Protocol: chat.v2\r\n"));
    CHECK(Request{}.answer("a\nX: y").status == 400);
    CHECK(Request{}.answer("two words").status == 400);
}

TEST_CASE("what is no upgrade is told what is missing") {
    auto const post = Request{.method = "POST"}.answer();
    CHECK(post.status == 405);
    CHECK(holds(post.response, "\r\nAllow: GET\r\n"));
    auto const plain = Request{.upgrade = "", .connection = ""}.answer();
    CHECK(plain.status == 426);
    CHECK(holds(plain.response, "\r\nUpgrade: websocket\r\n"));
    auto const old = Request{.websocket_version = "8"}.answer();
    CHECK(old.status == 426);
    CHECK(holds(old.response, "\r\nSec-WebSocket-Version: 13\r\n"));
    CHECK(Request{.websocket_version = ""}.answer().status == 426);
    CHECK(Request{.version = "HTTP/1.0"}.answer().status == 400);
}

TEST_CASE("a key is sixteen bytes in base64") {
    for (char const* const key :
         {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=!", "short==",
          "dGhlIHNhbXBsZSBub25jZ!==", "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
          "dGhlIHNhbXBsZSBub25jZQ0123456789=="}) {
        CAPTURE(key);
        CHECK(Request{.key = key}.answer().status == 400);
    }
}

TEST_CASE("a refused upgrade has its length, an end and a sentence, but none for HEAD") {
    auto const refused = Request{.key = "bad"}.answer();
    CHECK(holds(refused.response, "\r\nConnection: close\r\n"));
    CHECK(holds(refused.response, "\r\nContent-Length: " +
                                      std::to_string(refused.problem.size() + 1) + "\r\n"));
    CHECK(holds(refused.response, "\r\n\r\n" + std::string{refused.problem} + "\n"));
    auto const head = Request{.method = "HEAD"}.answer();
    CHECK(head.status == 405);
    CHECK(head.response.substr(head.response.size() - 4) == "\r\n\r\n");
}
