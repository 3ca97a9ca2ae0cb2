// SPDX-License-Identifier: MIT
//
// Why clients are closed: every code and text in one table. 1000-1015 are RFC 6455's (section
// 7.4.1). 3000-3499 ask the client to reconnect, 3500-3999 not to (Centrifugo's convention).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace pumphouse {

enum class CloseCode : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    protocol_error = 1002,
    unsupported_data = 1003,
    no_code = 1005,   // never on the wire: the peer's close frame named no code
    abnormal = 1006,  // never on the wire: the connection ended without a close frame
    invalid_payload = 1007,
    policy_violation = 1008,
    message_too_big = 1009,
    internal_error = 1011,
    try_again_later = 1013,
    drain = 3001,
    token_expired = 3005,
    slow = 3008,
    position_lost = 3010,
    no_pong = 3012,
    rate = 3013,
    invalid_token = 3500,
    bad_request = 3501,
    kicked = 3503,
    not_permitted = 3507,
};

struct CloseCodeText {
    CloseCode code;
    std::string_view text;
};

inline constexpr std::array close_code_texts{
    CloseCodeText{CloseCode::normal, "closed"},
    CloseCodeText{CloseCode::going_away, "shutting down"},
    CloseCodeText{CloseCode::protocol_error, "protocol error"},
    CloseCodeText{CloseCode::unsupported_data, "this kind of message is not accepted"},
    CloseCodeText{CloseCode::no_code, "closed without a code"},
    CloseCodeText{CloseCode::abnormal, "connection lost"},
    CloseCodeText{CloseCode::invalid_payload, "invalid UTF-8"},
    CloseCodeText{CloseCode::policy_violation, "policy violation"},
    CloseCodeText{CloseCode::message_too_big, "message too big"},
    CloseCodeText{CloseCode::internal_error, "internal error"},
    CloseCodeText{CloseCode::try_again_later, "try again later"},
    CloseCodeText{CloseCode::drain, "reconnect elsewhere"},
    CloseCodeText{CloseCode::token_expired, "token expired"},
    CloseCodeText{CloseCode::slow, "too slow"},
    CloseCodeText{CloseCode::position_lost, "position lost"},
    CloseCodeText{CloseCode::no_pong, "no pong"},
    CloseCodeText{CloseCode::rate, "too many messages"},
    CloseCodeText{CloseCode::invalid_token, "invalid token"},
    CloseCodeText{CloseCode::bad_request, "bad request"},
    CloseCodeText{CloseCode::kicked, "removed"},
    CloseCodeText{CloseCode::not_permitted, "not permitted"},
};

constexpr std::string_view text_of(CloseCode code) noexcept {
    for (auto const& row : close_code_texts) {
        if (row.code == code) return row.text;
    }
    return "closed";
}

/// Closes that belong to a normal day; everything else is worth a line in the log.
constexpr bool is_expected(CloseCode code) noexcept {
    return code == CloseCode::normal || code == CloseCode::going_away ||
           code == CloseCode::no_code;
}

/// Whether a code may stand in a close frame (RFC 6455 section 7.4).
constexpr bool is_sendable(std::uint16_t code) noexcept {
    if (code >= 3000 && code <= 4999) return true;
    return (code >= 1000 && code <= 1014) && code != 1004 && code != 1005 && code != 1006;
}

/// What made the library, the host or the peer end a connection.
enum class CloseCause : std::uint8_t {
    host,            // the host asked for it
    peer,            // the peer closed, with or without a close frame
    transport,       // the transport failed
    lag,             // stalled and behind by more than a room's bound
    write_deadline,  // one frame took longer than the write deadline
    read_deadline,   // a message took too long to arrive whole
    no_pong,         // the peer did not answer a ping
    idle,            // nothing was received for the idle limit
    protocol,        // the peer broke the protocol
    hook,            // a hook threw
    limit,           // a cap of the hub refused the client
    shutdown,        // the hub shut down
    expired,         // its token has
};

/// The word for a cause in logs and metrics: "lag", "write_deadline", ...
constexpr std::string_view name_of(CloseCause cause) noexcept {
    switch (cause) {
        case CloseCause::host: return "host";
        case CloseCause::peer: return "peer";
        case CloseCause::transport: return "transport";
        case CloseCause::lag: return "lag";
        case CloseCause::write_deadline: return "write_deadline";
        case CloseCause::read_deadline: return "read_deadline";
        case CloseCause::no_pong: return "no_pong";
        case CloseCause::idle: return "idle";
        case CloseCause::protocol: return "protocol";
        case CloseCause::hook: return "hook";
        case CloseCause::limit: return "limit";
        case CloseCause::shutdown: return "shutdown";
        case CloseCause::expired: return "expired";
    }
    return "unknown";
}

/// What `on_close` is told. `text` is good until the hook returns.
struct CloseReason {
    CloseCode code = CloseCode::abnormal;
    CloseCause cause = CloseCause::transport;
    std::string_view text;
};

}  // namespace pumphouse
