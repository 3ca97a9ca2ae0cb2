// SPDX-License-Identifier: MIT
// Bodies of server/upgrade/origin.hpp.
#pragma once

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include <pumphouse/server/upgrade/origin.hpp>

namespace pumphouse {

namespace detail {

struct HostAndPort {
    std::string host;
    std::string_view port;  // empty: there was none
};

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

inline std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
    std::uint16_t port = 0;
    if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit)) {
        return std::nullopt;
    }
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} ? std::optional{port} : std::nullopt;
}

// "[2001:DB8::0:1]" in its shortest form; other forms of the same address are equal then.
inline std::optional<std::string> shortest_ipv6(std::string_view inside) {
    std::string const text{inside};
    std::array<unsigned char, 16> raw{};
    std::array<char, INET6_ADDRSTRLEN> out{};
    if (::inet_pton(AF_INET6, text.c_str(), raw.data()) != 1) return std::nullopt;
    ::inet_ntop(AF_INET6, raw.data(), out.data(), out.size());
    return '[' + std::string{out.data()} + ']';
}

// Names as they come over the wire: international ones are in ASCII there (RFC 3490), so other
// bytes are nobody's name; neither is anything with `@`, `\`, `/` or a blank.
inline std::optional<HostAndPort> parse_host(std::string_view text) {
    HostAndPort parts;
    std::size_t end = 0;
    if (text.starts_with('[')) {
        end = text.find(']');
        if (end == text.npos) return std::nullopt;
        auto address = shortest_ipv6(text.substr(1, end - 1));
        if (!address) return std::nullopt;
        parts.host = std::move(*address);
        ++end;
    } else {
        end = std::min(text.find(':'), text.size());
        for (char const c : text.substr(0, end)) {
            char const small = http::detail::lower(c);
            bool const is_fine =
                (small >= 'a' && small <= 'z') || is_digit(c) || c == '-' || c == '.' || c == '_';
            if (!is_fine) return std::nullopt;
            parts.host += small;
        }
    }
    if (parts.host.empty()) return std::nullopt;
    if (end == text.size()) return parts;
    if (text[end] != ':' || end + 1 == text.size()) return std::nullopt;
    parts.port = text.substr(end + 1);
    return parts;
}

constexpr std::uint16_t port_of(std::string_view scheme) noexcept {
    return scheme == "https" ? 443 : 80;
}

// Takes "http://" or "https://" off the front.
inline std::string_view take_scheme(std::string_view& text) noexcept {
    for (std::string_view const scheme : {std::string_view{"https"}, std::string_view{"http"}}) {
        bool const is_it = text.size() > scheme.size() + 3 &&
                           http::same_word(text.substr(0, scheme.size()), scheme) &&
                           text.substr(scheme.size(), 3) == "://";
        if (!is_it) continue;
        text.remove_prefix(scheme.size() + 3);
        return scheme;
    }
    return {};
}

// The Host header names no scheme. A server that speaks TLS knows its own; one that does not may
// stand behind a proxy that does, so there the page's scheme counts for both.
inline bool is_same_origin(Origin const& origin, std::string_view host, bool is_tls) {
    if (is_tls && origin.scheme != "https") return false;
    auto const own = parse_host(host);
    if (!own || own->host != origin.host) return false;
    if (own->port.empty()) return origin.port == port_of(origin.scheme);
    return parse_port(own->port) == origin.port;
}

}  // namespace detail

PUMPHOUSE_DECL std::optional<Origin> Origin::parse(std::string_view text) {
    Origin origin;
    origin.scheme = detail::take_scheme(text);
    if (origin.scheme.empty()) return std::nullopt;
    auto parts = detail::parse_host(text);
    if (!parts) return std::nullopt;
    origin.host = std::move(parts->host);
    origin.port = detail::port_of(origin.scheme);
    if (parts->port.empty()) return origin;
    auto const port = detail::parse_port(parts->port);
    if (!port) return std::nullopt;
    origin.port = *port;
    return origin;
}

PUMPHOUSE_DECL std::optional<OriginCheck::Pattern> OriginCheck::parse_pattern(
    std::string_view text) {
    Pattern pattern;
    pattern.scheme = detail::take_scheme(text);
    if (text.starts_with("*.")) {
        pattern.is_wildcard = true;
        text.remove_prefix(2);
    }
    auto const parts = detail::parse_host(text);
    if (!parts) return std::nullopt;
    pattern.host = (pattern.is_wildcard ? "." : "") + parts->host;
    if (parts->port.empty()) return pattern;
    pattern.has_port = true;
    pattern.any_port = parts->port == "*";
    if (pattern.any_port) return pattern;
    auto const port = detail::parse_port(parts->port);
    if (!port) return std::nullopt;
    pattern.port = *port;
    return pattern;
}

PUMPHOUSE_DECL bool OriginCheck::Pattern::allows(Origin const& origin) const noexcept {
    if (!scheme.empty() && scheme != origin.scheme) return false;
    std::uint16_t const wanted = has_port ? port : detail::port_of(origin.scheme);
    if (!any_port && wanted != origin.port) return false;
    if (!is_wildcard) return host == origin.host;
    return origin.host.size() > host.size() && origin.host.ends_with(host);
}

PUMPHOUSE_DECL OriginCheck::OriginCheck(OriginOptions const& options)
    : same_origin_{options.same_origin},
      any_origin_{options.any_origin},
      require_origin_{options.require_origin} {
    for (std::string const& each : options.allowed_origins) {
        auto pattern = parse_pattern(each);
        if (!pattern) {
            throw std::invalid_argument{"allowed_origins: \"" + each +
                                        "\" is no origin such as https://example.com, "
                                        "*.example.com or localhost:*"};
        }
        patterns_.push_back(std::move(*pattern));
    }
}

PUMPHOUSE_DECL Refusal OriginCheck::check(std::string_view origin, bool has_origin,
                                          std::string_view host, bool is_tls) const {
    constexpr std::size_t enough_of_a_name = 200;
    if (!has_origin) return {require_origin_ ? RefusedBecause::origin_missing
                                             : RefusedBecause::nothing};
    if (any_origin_) return {};
    if (auto const page = Origin::parse(origin)) {
        if (same_origin_ && detail::is_same_origin(*page, host, is_tls)) return {};
        auto const allows = [&](Pattern const& each) { return each.allows(*page); };
        if (std::any_of(patterns_.begin(), patterns_.end(), allows)) return {};
    }
    return {RefusedBecause::origin_not_allowed,
            "the origin " + std::string{origin.substr(0, enough_of_a_name)} +
                " is not allowed (option allowed_origins)"};
}

}  // namespace pumphouse
