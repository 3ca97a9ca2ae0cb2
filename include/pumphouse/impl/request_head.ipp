// SPDX-License-Identifier: MIT
// Bodies of server/request_head.hpp.
#pragma once

#include <algorithm>
#include <charconv>

#include <pumphouse/server/request_head.hpp>

namespace pumphouse {

namespace detail {

// `..` in whatever place: no honest client sends it, for they all resolve it first.
inline bool climbs(std::string_view path) noexcept {
    while (!path.empty()) {
        std::size_t const slash = std::min(path.find('/'), path.size());
        if (path.substr(0, slash) == "..") return true;
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return false;
}

inline bool has_control_character(std::string_view text, bool allow_tab) noexcept {
    return std::any_of(text.begin(), text.end(), [=](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && !(allow_tab && c == '\t')) || byte == 0x7f;
    });
}

}  // namespace detail

PUMPHOUSE_DECL Refusal RequestHead::parse(std::string_view text) {
    bool is_first = true;
    try {
        for (;;) {
            std::size_t const end = text.find("\r\n");
            if (end == text.npos) return {RefusedBecause::malformed, "the head has no end"};
            std::string_view const line = text.substr(0, end);
            text.remove_prefix(end + 2);
            if (line.empty()) break;
            Refusal const refusal = is_first ? parse_request_line(line) : parse_field(line);
            if (refusal) return refusal;
            is_first = false;
        }
    } catch (websocketpp::http::exception const&) {
        return {RefusedBecause::malformed};
    }
    if (is_first) return {RefusedBecause::malformed, "malformed request line"};
    for (auto const& [name, value] : parsed.get_headers()) {
        request.headers.emplace_back(name, value);
    }
    // A list of two hosts is what two Host lines become.
    std::string_view const host = request.header("Host");
    bool const needs_host = parsed.get_version() == "HTTP/1.1";
    if ((host.empty() && needs_host) || host.find(',') != host.npos) {
        return {RefusedBecause::malformed, "exactly one Host header is needed"};
    }
    // Whom such a request is for must not depend on which of the two somebody reads.
    if (!authority.empty() && !http::same_word(authority, host)) {
        return {RefusedBecause::malformed, "the target and the Host header differ"};
    }
    return {};
}

PUMPHOUSE_DECL Refusal RequestHead::parse_request_line(std::string_view line) {
    Refusal const malformed{RefusedBecause::malformed, "malformed request line"};
    if (detail::has_control_character(line, false)) return malformed;
    std::size_t const first = line.find(' ');
    std::size_t const last = line.rfind(' ');
    if (first == line.npos || first == 0 || first == last) return malformed;
    std::string_view const target = line.substr(first + 1, last - first - 1);
    std::string_view const protocol = line.substr(last + 1);
    if (target.empty() || target.find(' ') != target.npos) return malformed;
    if (!protocol.starts_with("HTTP/")) return malformed;
    if (protocol != "HTTP/1.1" && protocol != "HTTP/1.0") {
        return {RefusedBecause::http_version};
    }

    request.method = line.substr(0, first);
    parsed.set_method(request.method);
    parsed.set_uri(std::string{target});
    parsed.set_version(std::string{protocol});
    return parse_target(target);
}

PUMPHOUSE_DECL Refusal RequestHead::parse_target(std::string_view target) {
    if (target.starts_with("http://")) {  // as sent to a proxy; servers must take it too
        target.remove_prefix(7);
        std::size_t const end = std::min(target.find_first_of("/?#"), target.size());
        authority = target.substr(0, end);
        target.remove_prefix(end);
        if (target.empty()) target = "/";
    }
    target = target.substr(0, target.find('#'));
    std::size_t const mark = std::min(target.find('?'), target.size());
    if (!http::percent_decode(target.substr(0, mark), false, request.path)) {
        return {RefusedBecause::malformed, "malformed path"};
    }
    bool const is_fine = request.path.starts_with('/') && !detail::climbs(request.path) &&
                         !detail::has_control_character(request.path, false);
    if (!is_fine) return {RefusedBecause::malformed, "malformed path"};
    if (mark < target.size() && !parse_query(target.substr(mark + 1))) {
        return {RefusedBecause::malformed, "malformed query"};
    }
    return {};
}

PUMPHOUSE_DECL bool RequestHead::parse_query(std::string_view text) {
    while (!text.empty()) {
        std::size_t const end = std::min(text.find('&'), text.size());
        std::string_view const field = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (field.empty()) continue;
        std::size_t const equals = std::min(field.find('='), field.size());
        auto& [name, value] = request.query_fields.emplace_back();
        if (!http::percent_decode(field.substr(0, equals), true, name)) return false;
        if (equals == field.size()) continue;
        if (!http::percent_decode(field.substr(equals + 1), true, value)) return false;
    }
    return true;
}

PUMPHOUSE_DECL Refusal RequestHead::parse_field(std::string_view line) {
    Refusal const malformed{RefusedBecause::malformed, "malformed header"};
    std::size_t const colon = line.find(':');
    if (colon == line.npos || colon == 0) return malformed;
    std::string_view const name = line.substr(0, colon);
    std::string_view const value = http::trim(line.substr(colon + 1));
    if (detail::has_control_character(value, true)) return malformed;
    // An empty value would hide the first of two lines.
    if (value.empty() && http::same_word(name, "Content-Length")) return malformed;
    parsed.append_header(std::string{name}, std::string{value});
    return {};
}

PUMPHOUSE_DECL Refusal RequestHead::check_body(std::size_t max_bytes) {
    std::string_view const length = request.header("Content-Length");
    std::string_view const encoding = request.header("Transfer-Encoding");
    if (!encoding.empty()) {
        if (!length.empty()) {
            return {RefusedBecause::malformed, "both Content-Length and Transfer-Encoding"};
        }
        if (http::same_word(encoding, "chunked")) return {RefusedBecause::length_needed};
        return {RefusedBecause::transfer_encoding};
    }
    if (length.empty()) return {};
    bool const has_digits_only = length.find_first_not_of("0123456789") == length.npos;
    if (!has_digits_only) return {RefusedBecause::malformed, "malformed Content-Length"};
    auto const [end, error] =
        std::from_chars(length.data(), length.data() + length.size(), body_bytes);
    if (error == std::errc::result_out_of_range || body_bytes > max_bytes) {
        return {RefusedBecause::body_too_large};
    }
    if (body_bytes != 0 && wants_websocket()) {
        return {RefusedBecause::malformed, "an upgrade has no body"};
    }
    return {};
}

PUMPHOUSE_DECL bool RequestHead::wants_websocket() const {
    return http::has_word(request.header("Upgrade"), "websocket");
}

PUMPHOUSE_DECL bool RequestHead::waits_for_continue() const {
    return body_bytes != 0 && http::same_word(request.header("Expect"), "100-continue");
}

}  // namespace pumphouse
