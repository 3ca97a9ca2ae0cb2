// SPDX-License-Identifier: MIT
// Bodies of server/auth/credentials.hpp.
#pragma once

#include <algorithm>
#include <optional>

#include <pumphouse/server/auth/credentials.hpp>
#include <pumphouse/server/upgrade/subprotocol.hpp>

namespace pumphouse {

namespace detail {

constexpr std::string_view redacted = "[redacted]";

// Of another scheme (a proxy's own, say) it is not ours to judge.
inline std::optional<std::string_view> bearer_of(std::string_view authorization) noexcept {
    constexpr std::string_view scheme = "Bearer";
    authorization = http::trim(authorization);
    if (!http::same_word(authorization.substr(0, scheme.size()), scheme)) return std::nullopt;
    authorization.remove_prefix(scheme.size());
    bool const ends_there = authorization.empty() || authorization.front() == ' ';
    return ends_there ? std::optional{http::trim(authorization)} : std::nullopt;
}

inline std::string redact_subprotocols(std::string_view header) {
    auto const offered = offered_subprotocols(header, true);
    std::string out;
    for (std::string_view const name : offered.names) {
        out.append(out.empty() ? "" : ", ").append(name);
        if (offered.token && http::same_word(name, "bearer")) out.append(", ").append(redacted);
    }
    return out;
}

}  // namespace detail

PUMPHOUSE_DECL bool find_cookie(std::string_view header, std::string_view name,
                                std::string& value) {
    while (!header.empty()) {
        std::size_t const end = std::min(header.find(';'), header.size());
        std::string_view const pair = http::trim(header.substr(0, end));
        header.remove_prefix(std::min(end + 1, header.size()));
        std::size_t const equals = pair.find('=');
        if (equals == pair.npos || pair.substr(0, equals) != name) continue;
        std::string_view text = pair.substr(equals + 1);
        bool const is_quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
        value = is_quoted ? text.substr(1, text.size() - 2) : text;
        return true;
    }
    return false;
}

PUMPHOUSE_DECL Credentials find_credentials(HttpRequest const& request,
                                            AuthenticationOptions const& options) {
    Credentials found;
    if (options.from_authorization) {
        if (auto const token = detail::bearer_of(request.header("Authorization"))) {
            return {true, std::string{*token}};
        }
    }
    if (options.from_subprotocol) {
        auto const offered = offered_subprotocols(request.header("Sec-WebSocket-Protocol"), true);
        if (offered.token) return {true, std::string{*offered.token}};
    }
    if (!options.cookie.empty()) {
        found.is_present = find_cookie(request.header("Cookie"), options.cookie, found.token);
        if (found.is_present) return found;
    }
    if (!options.query_field.empty() && request.has_query(options.query_field)) {
        return {true, std::string{request.query(options.query_field)}};
    }
    return found;
}

PUMPHOUSE_DECL ClientRequest without_secrets(HttpRequest const& request,
                                             AuthenticationOptions const& options) {
    ClientRequest out;
    out.path = request.path;
    out.peer = request.peer;
    for (auto const& [name, value] : request.query_fields) {
        bool const is_token = !options.query_field.empty() && name == options.query_field;
        out.query.emplace_back(name, is_token ? detail::redacted : value);
    }
    for (auto const& [name, value] : request.headers) {
        if (http::same_word(name, "Authorization") || http::same_word(name, "Cookie") ||
            http::same_word(name, "Proxy-Authorization")) {
            continue;
        }
        bool const may_hold_token = http::same_word(name, "Sec-WebSocket-Protocol");
        out.headers.emplace_back(name,
                                 may_hold_token ? detail::redact_subprotocols(value) : value);
    }
    return out;
}

}  // namespace pumphouse
