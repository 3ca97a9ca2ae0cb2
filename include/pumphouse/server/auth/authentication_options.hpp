// SPDX-License-Identifier: MIT
//
// AuthenticationOptions: who has to show a token before the upgrade, where it is looked for, and
// what checking it may cost.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include <pumphouse/fwd.hpp>
#include <pumphouse/server/auth/token_verifier.hpp>

namespace pumphouse {

struct AuthenticationOptions {
    /// Checks every token that comes. None: tokens are not looked for.
    AnyVerifier verifier{};

    /// Whether a client without a token is answered 401. False: it is served without a user.
    bool require_auth = false;

    /// `Authorization: Bearer <token>`, the first place looked at: what programs send.
    bool from_authorization = true;

    /// `Sec-WebSocket-Protocol: bearer, <token>`, the second: what pages can send.
    bool from_subprotocol = true;

    /// The cookie of this name, the third. Empty: none. Browsers send cookies for whatever page
    /// asks them to; only the check of the origin stands before that.
    std::string cookie{};

    /// The field of this name in the query, the last. Empty: none. Addresses are written into logs
    /// on their way; this server hands the value to nobody but the verifier.
    std::string query_field = "token";

    /// Bytes of a token; a longer one is invalid without being looked at.
    std::size_t max_token_bytes = std::size_t{8} << 10;

    /// Tokens being checked at a time; more are answered 503. 0: no limit.
    std::size_t max_pending_authentications = 256;

    /// How long checking one may take; 503 after that. 0: forever.
    Duration authentication_deadline = std::chrono::seconds{5};

    /// Clients of one user at a time, of this server; more are answered 503. 0: no limit.
    std::size_t max_clients_per_user = 0;

    /// The calendar, which the dates in tokens are of.
    std::function<WallTime()> wall_clock = [] { return std::chrono::system_clock::now(); };
};

}  // namespace pumphouse
