// SPDX-License-Identifier: MIT
// Bodies of server/upgrade/pipeline.hpp.
#pragma once

#include <stdexcept>
#include <string>

#include <pumphouse/server/upgrade/pipeline.hpp>
#include <pumphouse/transport/websocket/handshake.hpp>

namespace pumphouse {

PUMPHOUSE_DECL UpgradePipeline::UpgradePipeline(ServerOptions const& options)
    : options_{options}, origins_{options.origin} {
    for (std::string const& name : options.subprotocols) {
        if (websocket::is_token(name)) continue;
        throw std::invalid_argument{"subprotocols: \"" + name + "\" is no token of RFC 7230"};
    }
    if (options.require_subprotocol && options.subprotocols.empty()) {
        throw std::invalid_argument{"require_subprotocol: needs subprotocols"};
    }
    auto const& authentication = options.authentication;
    if (authentication.require_auth && !authentication.verifier) {
        throw std::invalid_argument{"require_auth: needs a verifier"};
    }
    if (!authentication.wall_clock) throw std::invalid_argument{"wall_clock: must not be empty"};
}

PUMPHOUSE_DECL Refusal UpgradePipeline::check_request(RequestHead const& head,
                                                      UpgradeFacts const& facts) const {
    if (!facts.has_hub) return {RefusedBecause::not_found};
    if (facts.is_shutting_down) return {RefusedBecause::shutting_down};
    if (facts.is_full) return {RefusedBecause::hub_full};
    if (Refusal const refusal = check_handshake_of(head)) return refusal;
    HttpRequest const& request = head.request;
    return origins_.check(request.header("Origin"), request.has_header("Origin"),
                          request.header("Host"), facts.is_tls);
}

PUMPHOUSE_DECL Refusal UpgradePipeline::check_handshake_of(RequestHead const& head) const {
    switch (check_handshake(head.parsed)) {
        case HandshakeFault::none: break;
        case HandshakeFault::method:
            return {RefusedBecause::method, "a WebSocket opens with GET"};
        case HandshakeFault::http_version:
            return {RefusedBecause::handshake, "a WebSocket opens with HTTP/1.1"};
        case HandshakeFault::no_upgrade: return {RefusedBecause::not_websocket};
        case HandshakeFault::websocket_version: return {RefusedBecause::websocket_version};
        case HandshakeFault::key:
            return {RefusedBecause::handshake, "Sec-WebSocket-Key must be 16 bytes in base64"};
    }
    if (offered(head).is_malformed) {
        return {RefusedBecause::handshake, "Sec-WebSocket-Protocol must name tokens"};
    }
    return {};
}

PUMPHOUSE_DECL Refusal UpgradePipeline::check_token(RequestHead const& head,
                                                    Credentials& found) const {
    auto const& options = options_.authentication;
    if (!options.verifier) return {};
    found = find_credentials(head.request, options);
    if (!found.is_present) {
        return {options.require_auth ? RefusedBecause::missing_token : RefusedBecause::nothing};
    }
    bool const may_be_one = !found.token.empty() && found.token.size() <= options.max_token_bytes;
    return {may_be_one ? RefusedBecause::nothing : RefusedBecause::invalid_token};
}

PUMPHOUSE_DECL Refusal UpgradePipeline::check_verdict(Verdict const& verdict) const {
    if (auto const* const error = std::get_if<AuthenticationError>(&verdict)) {
        switch (error->what) {
            case AuthenticationError::What::invalid: return {RefusedBecause::invalid_token};
            case AuthenticationError::What::forbidden: return {RefusedBecause::forbidden};
            case AuthenticationError::What::unavailable: break;
        }
        return {RefusedBecause::authentication_failed};
    }
    WallTime const now = options_.authentication.wall_clock();
    bool const is_over = time_left(std::get<Claims>(verdict), now) == Duration::zero();
    return {is_over ? RefusedBecause::invalid_token : RefusedBecause::nothing};
}

PUMPHOUSE_DECL OfferedSubprotocols UpgradePipeline::offered(RequestHead const& head) const {
    auto const& options = options_.authentication;
    bool const has_bearer = options.verifier && options.from_subprotocol;
    return offered_subprotocols(head.request.header("Sec-WebSocket-Protocol"), has_bearer);
}

PUMPHOUSE_DECL Refusal UpgradePipeline::check_subprotocol(OfferedSubprotocols const& offered,
                                                          std::string_view& chosen) const {
    chosen = choose_subprotocol(offered, options_.subprotocols);
    bool const is_spoken = std::find(options_.subprotocols.begin(), options_.subprotocols.end(),
                                     chosen) != options_.subprotocols.end();
    if (options_.require_subprotocol && !is_spoken) return {RefusedBecause::subprotocol};
    return {};
}

}  // namespace pumphouse
