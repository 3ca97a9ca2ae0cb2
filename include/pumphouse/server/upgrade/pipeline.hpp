// SPDX-License-Identifier: MIT
//
// UpgradePipeline: decides on a parsed request that wants to become a WebSocket, step by step in
// the order of docs/server.md, and does nothing: whoever asks it answers the peer. What a server
// counts (connections, addresses, users) is asked outside, before and between.
//
// Immutable after construction; any thread.
#pragma once

#include <string_view>

#include <pumphouse/config.hpp>
#include <pumphouse/server/auth/credentials.hpp>
#include <pumphouse/server/auth/token_refresh.hpp>
#include <pumphouse/server/request_head.hpp>
#include <pumphouse/server/server_options.hpp>
#include <pumphouse/server/upgrade/origin.hpp>
#include <pumphouse/server/upgrade/subprotocol.hpp>

namespace pumphouse {

/// What the steps need to know besides the request.
struct UpgradeFacts {
    bool has_hub = false;
    bool is_full = false;  // that hub
    bool is_shutting_down = false;
    bool is_tls = false;
};

class UpgradePipeline {
public:
    /// `options` are kept by reference. Throws std::invalid_argument that names an option.
    explicit UpgradePipeline(ServerOptions const& options);

    /// The hub's cap; method, version and headers; origin.
    Refusal check_request(RequestHead const& head, UpgradeFacts const& facts) const;

    /// Looks for the token. Nothing refused and none present: it is served without a user.
    Refusal check_token(RequestHead const& head, Credentials& found) const;

    /// What a verifier has said. The user's own cap is asked for in between.
    Refusal check_verdict(Verdict const& verdict) const;

    OfferedSubprotocols offered(RequestHead const& head) const;

    /// The last step. `chosen` is good as long as the head and the options.
    Refusal check_subprotocol(OfferedSubprotocols const& offered, std::string_view& chosen) const;

private:
    Refusal check_handshake_of(RequestHead const& head) const;

    ServerOptions const& options_;
    OriginCheck const origins_;
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/pipeline.ipp>
#endif
