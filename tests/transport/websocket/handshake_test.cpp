// SPDX-License-Identifier: MIT
#include <pumphouse/transport/websocket/handshake.hpp>

#include <string>

#include "support/catch.hpp"

using pumphouse::HandshakeFault;

namespace {

struct Request {
    std::string method = "GET";
    std::string version = "HTTP/1.1";
    std::string upgrade = "websocket";
    std::string connection = "Upgrade";
    std::string websocket_version = "13";
    std::string key = "dGhlIHNhbXBsZSBub25jZQ==";

    websocketpp::http::parser::request parsed() const {
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
        return request;
    }
    HandshakeFault fault() const { return pumphouse::check_handshake(parsed()); }
};

}  // namespace

// The example of RFC 6455 section 1.3.
TEST_CASE("the upgrade is answered with the proof of the key") {
    CHECK(pumphouse::websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") ==
          "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    CHECK(Request{}.fault() == HandshakeFault::none);
    CHECK(pumphouse::handshake_answer(Request{}.parsed()) ==
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST_CASE("upgrade and connection are lists without case") {
    CHECK(Request{.upgrade = "WebSocket"}.fault() == HandshakeFault::none);
    CHECK(Request{.upgrade = "h2c,\tWEBSOCKET"}.fault() == HandshakeFault::none);
    CHECK(Request{.connection = "keep-alive, upgrade"}.fault() == HandshakeFault::none);
    CHECK(Request{.upgrade = "websockets"}.fault() == HandshakeFault::no_upgrade);
    CHECK(Request{.connection = "upgraded"}.fault() == HandshakeFault::no_upgrade);
}

TEST_CASE("the subprotocol is named in the answer") {
    auto const answer = pumphouse::handshake_answer(Request{}.parsed(), "chat.v2");
    CHECK(answer.find("\r\nSec-WebSocket-Protocol: chat.v2\r\n") != std::string::npos);
}

TEST_CASE("what is no upgrade is told what is missing") {
    CHECK(Request{.method = "POST"}.fault() == HandshakeFault::method);
    CHECK(Request{.upgrade = "", .connection = ""}.fault() == HandshakeFault::no_upgrade);
    CHECK(Request{.websocket_version = "8"}.fault() == HandshakeFault::websocket_version);
    CHECK(Request{.websocket_version = ""}.fault() == HandshakeFault::websocket_version);
    CHECK(Request{.version = "HTTP/1.0"}.fault() == HandshakeFault::http_version);
}

TEST_CASE("a key is sixteen bytes in base64") {
    for (char const* const key :
         {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=!", "short==",
          "dGhlIHNhbXBsZSBub25jZ!==", "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
          "dGhlIHNhbXBsZSBub25jZQ0123456789=="}) {
        CAPTURE(key);
        CHECK(Request{.key = key}.fault() == HandshakeFault::key);
    }
}
