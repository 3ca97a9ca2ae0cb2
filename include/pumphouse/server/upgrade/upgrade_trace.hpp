// SPDX-License-Identifier: MIT
//
// The span `websocket.upgrade`, from accept to the answer. It is begun when the outcome is known,
// with the moment when it all began: only then it is known whether the peer may say which trace
// its upgrade belongs to (decision 0046). No token is in it, wherever the request has one.
#pragma once

#include <string>
#include <string_view>

#include <pumphouse/config.hpp>
#include <pumphouse/message/client_id.hpp>
#include <pumphouse/observe/tracing/span.hpp>
#include <pumphouse/server/auth/authentication_options.hpp>
#include <pumphouse/server/http.hpp>

namespace pumphouse {

/// What a peer's `traceparent` may do.
enum class PeerTrace : std::uint8_t {
    ignored,  // it was refused, and nobody knows who it is
    linked,   // it got in without a token
    parent,   // its token was verified, or the option says that peers are believed
};

/// What the request's headers say, if anything: of two `traceparent`, neither.
TraceContext trace_context_of(HttpRequest const& request, std::string& tracestate);

Span begin_upgrade(Tracer& tracer, HttpRequest const& request, PeerTrace peer, Time begun);

struct UpgradeEnd {
    int status = 101;
    std::string_view problem{};  // a refusal's code; empty: it is a client now
    ClientId client{};
    Time at{};
};

void end_upgrade(Span& span, HttpRequest const& request, AuthenticationOptions const& options,
                 UpgradeEnd const& end);

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/upgrade_trace.ipp>
#endif
