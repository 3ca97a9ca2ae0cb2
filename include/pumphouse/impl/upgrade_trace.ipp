// SPDX-License-Identifier: MIT
// Bodies of server/upgrade/upgrade_trace.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include <pumphouse/server/auth/credentials.hpp>
#include <pumphouse/server/upgrade/upgrade_trace.hpp>

namespace pumphouse {

namespace detail {

// A query's fields are decoded when they come here; a span has them as they were.
inline void append_encoded(std::string& out, std::string_view text) {
    for (char const c : text) {
        bool const is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') ||
                              std::string_view{"-._~/[]:@!$'()*,;"}.find(c) != std::string::npos;
        if (is_plain) {
            out += c;
            continue;
        }
        auto const byte = static_cast<std::uint8_t>(c);
        out.append("%").append(hexadecimal(&byte, 1));
    }
}

// A header that comes twice, joined; `count` says how often it came.
inline std::string joined_header(HttpRequest const& request, std::string_view name,
                                 std::size_t& count) {
    std::string text;
    count = 0;
    for (auto const& [key, value] : request.headers) {
        if (!http::same_word(key, name)) continue;
        text.append(count++ == 0 ? "" : ",").append(value);
        if (text.size() > max_tracestate_bytes) break;  // and is dropped for that
    }
    return text;
}

}  // namespace detail

PUMPHOUSE_DECL TraceContext trace_context_of(HttpRequest const& request, std::string& tracestate) {
    std::size_t count = 0;
    std::string const text = detail::joined_header(request, "traceparent", count);
    auto const context = count == 1 ? read_traceparent(http::trim(text)) : std::nullopt;
    if (!context) return {};
    tracestate = read_tracestate(detail::joined_header(request, "tracestate", count));
    return *context;
}

PUMPHOUSE_DECL Span begin_upgrade(Tracer& tracer, HttpRequest const& request, PeerTrace peer,
                                  Time begun) {
    SpanStart start{.name = "websocket.upgrade", .kind = SpanKind::server, .at = begun};
    std::string tracestate;
    if (peer != PeerTrace::ignored) {
        TraceContext const context = trace_context_of(request, tracestate);
        bool const is_child = peer == PeerTrace::parent && context.is_valid();
        (is_child ? start.parent : start.link) = context;
        start.is_remote = is_child;
        if (is_child) start.tracestate = tracestate;
    }
    return Span{tracer, start};
}

PUMPHOUSE_DECL void end_upgrade(Span& span, HttpRequest const& request,
                                AuthenticationOptions const& options, UpgradeEnd const& end) {
    if (!span.is_recorded()) return;
    ClientRequest const shown = without_secrets(request, options);
    std::string path;
    detail::append_encoded(path, shown.path);
    std::string query;
    for (auto const& [name, value] : shown.query) {
        if (!query.empty()) query += '&';
        detail::append_encoded(query, name);
        query += '=';
        detail::append_encoded(query, value);
    }
    std::array const attributes{LogField{"http.request.method", request.method},
                                LogField{"url.path", path},
                                LogField{"url.query", query},
                                LogField{"client.address", shown.peer},
                                LogField{"connection.type", "websocket"},
                                LogField{"http.response.status_code", end.status},
                                LogField{"client.id", end.client.value()}};
    std::size_t const count = attributes.size() - (end.client ? 0 : 1);
    span.end({end.at, std::span{attributes}.first(count), end.problem});
}

}  // namespace pumphouse
