// SPDX-License-Identifier: MIT
//
// Claims: what a token says of who carries it, once it was verified; and why it was not.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace pumphouse {

/// Dates in tokens are of the calendar's clock.
using WallTime = std::chrono::system_clock::time_point;

struct Claims {
    std::string user;                    // empty: a token that names none
    std::optional<WallTime> expires_at;  // the client is closed then; nothing: it is not
    std::string raw;                     // what the host's hooks are to know; a JwtVerifier: JSON
};

struct AuthenticationError {
    enum class What : std::uint8_t {
        invalid,      // 401: it proves nothing
        forbidden,    // 403: it proves who it is, and that one may not
        unavailable,  // 503: it could not be checked
    };
    What what = What::invalid;
    std::string why{};  // for the host's log; the peer is not told
};

using Verdict = std::variant<Claims, AuthenticationError>;

}  // namespace pumphouse
