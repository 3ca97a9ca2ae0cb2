// SPDX-License-Identifier: MIT
//
// RequestHead: reads the head of an HTTP/1.1 request. Lenient in nothing: what two programs might
// read differently (folded lines, blanks before a colon, two lengths) is refused. Splits the
// lines itself, because its limit must be exact; names and methods are checked by websocketpp,
// whose request object is what the WebSocket handshake works on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <websocketpp/http/request.hpp>

#include <pumphouse/config.hpp>
#include <pumphouse/server/http.hpp>
#include <pumphouse/server/upgrade/refusal.hpp>

namespace pumphouse {

class RequestHead {
public:
    /// `text` ends with the empty line.
    Refusal parse(std::string_view text);

    /// Of the body that follows.
    Refusal check_body(std::size_t max_bytes);

    bool wants_websocket() const;
    bool waits_for_continue() const;

    HttpRequest request;
    websocketpp::http::parser::request parsed;
    std::string authority;  // of a target in absolute form
    std::size_t body_bytes = 0;

private:
    Refusal parse_request_line(std::string_view line);
    Refusal parse_field(std::string_view line);
    Refusal parse_target(std::string_view target);
    bool parse_query(std::string_view text);
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/request_head.ipp>
#endif
