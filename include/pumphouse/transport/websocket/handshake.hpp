// SPDX-License-Identifier: MIT
//
// The server's side of the WebSocket upgrade (RFC 6455 section 4.2) on a request that
// websocketpp has parsed: a pure function from request to answer. Limits, origin and
// authentication are the server's and come before. Any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <websocketpp/base64/base64.hpp>
#include <websocketpp/http/request.hpp>
#include <websocketpp/sha1/sha1.hpp>

namespace pumphouse {

/// What to answer to an upgrade request.
struct Upgrade {
    int status = 101;          // 101, or 400, 405, 426
    std::string response;      // all of its bytes; after anything but 101 the connection ends
    std::string_view problem;  // a sentence for the peer and the log; empty with 101

    explicit operator bool() const noexcept { return status == 101; }
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

inline Upgrade refuse(int status, std::string_view reason, std::string_view headers,
                      std::string_view problem, bool has_body = true) {
    std::string response = "HTTP/1.1 " + std::to_string(status) + ' ';
    response.append(reason).append("\r\n").append(headers);
    response += "Content-Type: text/plain; charset=utf-8\r\nContent-Length: ";
    response += std::to_string(problem.size() + 1) + "\r\nConnection: close\r\n\r\n";
    if (has_body) response.append(problem).append("\n");
    return {status, std::move(response), problem};
}

}  // namespace websocket

/// The proof that the server has understood a key (RFC 6455 section 1.3).
inline std::string websocket_accept(std::string_view key) {
    std::string const proven = std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, 20> digest;
    websocketpp::sha1::calc(proven.data(), proven.size(), digest.data());
    return websocketpp::base64_encode(digest.data(), digest.size());
}

/// `subprotocol`: the one to speak, of those the request offers; empty: none.
inline Upgrade answer_upgrade(websocketpp::http::parser::request const& request,
                              std::string_view subprotocol = {}) {
    using namespace websocket;
    if (request.get_method() != "GET") {
        return refuse(405, "Method Not Allowed", "Allow: GET\r\n", "A WebSocket opens with GET.",
                      request.get_method() != "HEAD");
    }
    if (request.get_version() != "HTTP/1.1") {
        return refuse(400, "Bad Request", {}, "A WebSocket opens with HTTP/1.1.");
    }
    if (!has_token(request.get_header("Upgrade"), "websocket") ||
        !has_token(request.get_header("Connection"), "Upgrade")) {
        return refuse(426, "Upgrade Required", "Upgrade: websocket\r\n",
                      "This address speaks WebSocket only.");
    }
    if (request.get_header("Sec-WebSocket-Version") != "13") {
        return refuse(426, "Upgrade Required",
                      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
                      "The WebSocket version must be 13.");
    }
    std::string const& key = request.get_header("Sec-WebSocket-Key");
    if (!is_key(key)) {
        return refuse(400, "Bad Request", {}, "Sec-WebSocket-Key must be 16 bytes in base64.");
    }
    std::string response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                           "Connection: Upgrade\r\nSec-WebSocket-Accept: ";
    response += websocket_accept(key) + "\r\n";
    if (!subprotocol.empty()) {
        if (!is_token(subprotocol)) {
            return refuse(400, "Bad Request", {}, "Sec-WebSocket-Protocol must name tokens.");
        }
        response.append("Sec-WebSocket-Protocol: ").append(subprotocol).append("\r\n");
    }
    return {101, response + "\r\n", {}};
}

}  // namespace pumphouse
