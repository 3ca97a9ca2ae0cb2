// SPDX-License-Identifier: MIT
//
// The server's side of the WebSocket upgrade (RFC 6455 section 4.2) on a request that
// websocketpp has parsed: pure functions from request to fault and to answer. Limits, origin,
// authentication and the words of a refusal are the server's. Any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <websocketpp/base64/base64.hpp>
#include <websocketpp/http/request.hpp>
#include <websocketpp/sha1/sha1.hpp>

namespace pumphouse {

/// What keeps a request from being an upgrade.
enum class HandshakeFault : std::uint8_t {
    none,
    method,             // 405: a WebSocket opens with GET
    http_version,       // 400: and with HTTP/1.1
    no_upgrade,         // 426
    websocket_version,  // 426: 13 is the only one
    key,                // 400: not 16 bytes in base64
};

namespace websocket {

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

/// Whether a comma-separated list has this element, whatever its case; parts of one do not count.
inline bool has_token(std::string_view list, std::string_view token) noexcept {
    for (;;) {
        std::size_t const comma = list.find(',');
        std::string_view element = list.substr(0, comma);
        while (!element.empty() && (element.front() == ' ' || element.front() == '\t')) {
            element.remove_prefix(1);
        }
        while (!element.empty() && (element.back() == ' ' || element.back() == '\t')) {
            element.remove_suffix(1);
        }
        if (equal_ignoring_case(element, token)) return true;
        if (comma == std::string_view::npos) return false;
        list.remove_prefix(comma + 1);
    }
}

/// RFC 7230's token, which a subprotocol has to be: nothing in it ends a header.
inline bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        bool const is_alphanumeric =
            (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9');
        return is_alphanumeric ||
               (c != '\0' && std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos);
    });
}

/// Sixteen bytes in base64: 22 characters and the padding.
inline bool is_key(std::string_view key) noexcept {
    constexpr std::size_t digits = 22;
    if (key.size() != digits + 2 || key.substr(digits) != "==") return false;
    return std::all_of(key.begin(), key.begin() + digits, [](char c) {
        return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
               c == '/';
    });
}

}  // namespace websocket

/// The proof that the server has understood a key (RFC 6455 section 1.3).
inline std::string websocket_accept(std::string_view key) {
    std::string const proven = std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, 20> digest;
    websocketpp::sha1::calc(proven.data(), proven.size(), digest.data());
    return websocketpp::base64_encode(digest.data(), digest.size());
}

inline HandshakeFault check_handshake(websocketpp::http::parser::request const& request) {
    using namespace websocket;
    if (request.get_method() != "GET") return HandshakeFault::method;
    if (request.get_version() != "HTTP/1.1") return HandshakeFault::http_version;
    bool const is_upgrade = has_token(request.get_header("Upgrade"), "websocket") &&
                            has_token(request.get_header("Connection"), "Upgrade");
    if (!is_upgrade) return HandshakeFault::no_upgrade;
    if (request.get_header("Sec-WebSocket-Version") != "13") {
        return HandshakeFault::websocket_version;
    }
    return is_key(request.get_header("Sec-WebSocket-Key")) ? HandshakeFault::none
                                                           : HandshakeFault::key;
}

/// The answer to a request without fault. `subprotocol`: the one to speak, of those it offers, a
/// token; empty: none. `extensions`: what was agreed on, in the same way.
inline std::string handshake_answer(websocketpp::http::parser::request const& request,
                                    std::string_view subprotocol = {},
                                    std::string_view extensions = {}) {
    std::string answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Accept: ";
    answer += websocket_accept(request.get_header("Sec-WebSocket-Key")) + "\r\n";
    if (!subprotocol.empty()) {
        answer.append("Sec-WebSocket-Protocol: ").append(subprotocol).append("\r\n");
    }
    if (!extensions.empty()) {
        answer.append("Sec-WebSocket-Extensions: ").append(extensions).append("\r\n");
    }
    return answer + "\r\n";
}

}  // namespace pumphouse
