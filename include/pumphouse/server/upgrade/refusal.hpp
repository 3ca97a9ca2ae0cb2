// SPDX-License-Identifier: MIT
//
// Refusal: why a server does not serve a request. Every reason with its status, the code of its
// JSON body and its sentence is a row of one table; docs/server.md shows the same.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pumphouse/config.hpp>
#include <pumphouse/server/http.hpp>

namespace pumphouse {

enum class RefusedBecause : std::uint8_t {
    nothing,
    out_of_descriptors,  // connection caps
    server_full,
    address_full,
    too_many_handshakes,
    hub_full,
    user_full,
    shutting_down,
    head_too_large,  // head limits
    too_slow,
    malformed,
    http_version,
    length_needed,
    transfer_encoding,
    body_too_large,
    not_found,  // method, version and headers
    method,
    not_websocket,
    websocket_version,
    handshake,
    origin_missing,  // origin
    origin_not_allowed,
    starting,       // storm control
    missing_token,  // authentication
    invalid_token,
    forbidden,
    too_many_authentications,
    authentication_late,
    authentication_failed,
    subprotocol,  // subprotocol
};

struct RefusalRow {
    RefusedBecause because;
    int status;
    std::string_view code;
    std::string_view message;
};

inline constexpr std::array refusal_rows{
    RefusalRow{RefusedBecause::nothing, 200, "", ""},
    RefusalRow{RefusedBecause::out_of_descriptors, 503, "server_full", "the server is full"},
    RefusalRow{RefusedBecause::server_full, 503, "server_full", "the server is full"},
    RefusalRow{RefusedBecause::address_full, 503, "address_full",
               "too many connections from this address"},
    RefusalRow{RefusedBecause::too_many_handshakes, 503, "handshakes_busy",
               "too many handshakes at a time"},
    RefusalRow{RefusedBecause::hub_full, 503, "hub_full", "the hub is full"},
    RefusalRow{RefusedBecause::user_full, 503, "user_full", "too many connections of this user"},
    RefusalRow{RefusedBecause::shutting_down, 503, "shutting_down", "shutting down"},
    RefusalRow{RefusedBecause::head_too_large, 431, "head_too_large",
               "the request's head is too large"},
    RefusalRow{RefusedBecause::too_slow, 408, "too_slow", "the request took too long"},
    RefusalRow{RefusedBecause::malformed, 400, "malformed", "malformed request"},
    RefusalRow{RefusedBecause::http_version, 505, "http_version", "HTTP/1.1 is spoken here"},
    RefusalRow{RefusedBecause::length_needed, 411, "length_needed", "a Content-Length is needed"},
    RefusalRow{RefusedBecause::transfer_encoding, 501, "transfer_encoding",
               "this Transfer-Encoding is not supported"},
    RefusalRow{RefusedBecause::body_too_large, 413, "body_too_large", "the body is too large"},
    RefusalRow{RefusedBecause::not_found, 404, "not_found", "nothing is here"},
    RefusalRow{RefusedBecause::method, 405, "method", "this method is not served here"},
    RefusalRow{RefusedBecause::not_websocket, 426, "not_websocket",
               "this address speaks WebSocket only"},
    RefusalRow{RefusedBecause::websocket_version, 426, "websocket_version",
               "the WebSocket version must be 13"},
    RefusalRow{RefusedBecause::handshake, 400, "handshake", "malformed WebSocket handshake"},
    RefusalRow{RefusedBecause::origin_missing, 403, "origin_missing",
               "an Origin is needed (option require_origin)"},
    RefusalRow{RefusedBecause::origin_not_allowed, 403, "origin_not_allowed",
               "this origin is not allowed (option allowed_origins)"},
    RefusalRow{RefusedBecause::starting, 503, "starting",
               "the server has just started and lets clients in little by little"},
    RefusalRow{RefusedBecause::missing_token, 401, "missing_token", "missing token"},
    RefusalRow{RefusedBecause::invalid_token, 401, "invalid_token", "invalid token"},
    RefusalRow{RefusedBecause::forbidden, 403, "forbidden", "forbidden"},
    RefusalRow{RefusedBecause::too_many_authentications, 503, "authentication_busy",
               "too many authentications at a time"},
    RefusalRow{RefusedBecause::authentication_late, 503, "authentication_late",
               "the authentication took too long"},
    RefusalRow{RefusedBecause::authentication_failed, 503, "authentication_failed",
               "the token could not be checked"},
    RefusalRow{RefusedBecause::subprotocol, 400, "subprotocol",
               "none of the subprotocols offered is spoken here"},
};

static_assert([] {
    for (std::size_t i = 0; i < refusal_rows.size(); ++i) {
        if (static_cast<std::size_t>(refusal_rows[i].because) != i) return false;
    }
    return true;
}(), "a row's place is its reason");

constexpr RefusalRow const& row_of(RefusedBecause because) noexcept {
    return refusal_rows[static_cast<std::size_t>(because)];
}

struct Refusal {
    RefusedBecause because = RefusedBecause::nothing;
    std::string message{};  // empty: the row's
    std::chrono::seconds retry_after{5};  // of a 503
    explicit operator bool() const noexcept { return because != RefusedBecause::nothing; }
    int status() const noexcept { return row_of(because).status; }
};

/// `{"error":"code","message":"..."}`, with the headers that belong to the reason.
HttpResponse answer_to(Refusal const& refusal);

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/refusal.ipp>
#endif
