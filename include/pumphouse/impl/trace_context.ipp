// SPDX-License-Identifier: MIT
// Bodies of observe/tracing/trace_context.hpp.
#pragma once

#include <algorithm>
#include <span>

#include <pumphouse/observe/tracing/trace_context.hpp>

namespace pumphouse {

namespace detail {

// Lower case only, as the specification has it. Negative: none.
constexpr int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

inline bool read_hex(std::string_view text, std::span<std::uint8_t> out) noexcept {
    for (std::size_t i = 0; i < out.size(); ++i) {
        int const high = hex_digit(text[2 * i]);
        int const low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        out[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return true;
}

constexpr bool is_lower_or_digit(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// key = ( lcalpha / DIGIT ) 0*255( lcalpha / DIGIT / "_" / "-" / "*" / "/" / "@" ), which is what
// level 2 has; level 1's keys are among them.
constexpr bool is_tracestate_key(std::string_view key) noexcept {
    if (key.empty() || key.size() > 256 || !is_lower_or_digit(key.front())) return false;
    return std::all_of(key.begin(), key.end(), [](char c) {
        return is_lower_or_digit(c) || c == '_' || c == '-' || c == '*' || c == '/' || c == '@';
    });
}

// Printable, without comma and equals sign, and no blank at its end.
constexpr bool is_tracestate_value(std::string_view value) noexcept {
    if (value.empty() || value.size() > 256 || value.back() == ' ') return false;
    return std::all_of(value.begin(), value.end(), [](char c) {
        return c >= ' ' && c <= '~' && c != ',' && c != '=';
    });
}

constexpr std::string_view without_blanks(std::string_view text) noexcept {
    auto const is_blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace detail

PUMPHOUSE_DECL std::optional<TraceContext> read_traceparent(std::string_view text) noexcept {
    if (text.size() < traceparent_bytes || text.size() > max_traceparent_bytes) return {};
    std::uint8_t version = 0;
    if (!detail::read_hex(text, {&version, 1}) || version == 0xff) return {};
    bool const is_longer = text.size() > traceparent_bytes;
    if (is_longer && (version == 0 || text[traceparent_bytes] != '-')) return {};
    if (text[2] != '-' || text[35] != '-' || text[52] != '-') return {};
    TraceContext context;
    bool const is_hex = detail::read_hex(text.substr(3), context.trace_id) &&
                        detail::read_hex(text.substr(36), context.span_id) &&
                        detail::read_hex(text.substr(53), {&context.flags, 1});
    if (!is_hex || !context.is_valid()) return {};
    context.flags &= TraceContext::sampled | TraceContext::random;
    return context;
}

PUMPHOUSE_DECL std::string hexadecimal(std::uint8_t const* bytes, std::size_t count) {
    std::string text;
    text.reserve(count * 2);
    for (std::size_t i = 0; i < count; ++i) {
        text += "0123456789abcdef"[bytes[i] >> 4];
        text += "0123456789abcdef"[bytes[i] & 0xf];
    }
    return text;
}

PUMPHOUSE_DECL std::string to_traceparent(TraceContext const& context) {
    std::string text{"00-"};
    text.reserve(traceparent_bytes);
    text += hexadecimal(context.trace_id.data(), context.trace_id.size());
    text += '-';
    text += hexadecimal(context.span_id.data(), context.span_id.size());
    text += '-';
    text += hexadecimal(&context.flags, 1);
    return text;
}

PUMPHOUSE_DECL std::string read_tracestate(std::string_view text) {
    if (text.size() > max_tracestate_bytes) return {};
    std::array<std::string_view, max_tracestate_members> keys;
    std::size_t count = 0;
    std::string out;
    while (!text.empty()) {
        std::size_t const end = std::min(text.find(','), text.size());
        std::string_view const member = detail::without_blanks(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (member.empty()) continue;
        std::size_t const equals = std::min(member.find('='), member.size());
        std::string_view const key = member.substr(0, equals);
        std::string_view const value = member.substr(std::min(equals + 1, member.size()));
        auto const known = std::span{keys}.first(count);
        bool const is_new = std::find(known.begin(), known.end(), key) == known.end();
        if (count == keys.size() || !is_new || !detail::is_tracestate_key(key) ||
            !detail::is_tracestate_value(value)) {
            return {};
        }
        keys[count++] = key;
        out.append(out.empty() ? "" : ",").append(member);
    }
    return out;
}

}  // namespace pumphouse
