// SPDX-License-Identifier: MIT
// Bodies of server/upgrade/refusal.hpp.
#pragma once

#include <pumphouse/server/upgrade/refusal.hpp>

namespace pumphouse {

namespace detail {

// Only what the peer has sent itself comes here besides our own words: ASCII is enough of it.
inline void append_json_text(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += '"';
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out.append("\\u00").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
        } else {
            out += byte < 0x7f ? c : '?';
        }
    }
    out += '"';
}

}  // namespace detail

PUMPHOUSE_DECL HttpResponse answer_to(Refusal const& refusal) {
    RefusalRow const& row = row_of(refusal.because);
    HttpResponse answer;
    answer.status = row.status;
    answer.content_type = "application/json";
    answer.body = "{\"error\":\"" + std::string{row.code} + "\",\"message\":";
    detail::append_json_text(answer.body, refusal.message.empty() ? row.message : refusal.message);
    answer.body += "}\n";

    auto& headers = answer.headers;
    if (row.status == 503) {
        headers = {{"Retry-After", std::to_string(refusal.retry_after.count())}};
    }
    if (row.status == 426) headers = {{"Upgrade", "websocket"}};
    if (refusal.because == RefusedBecause::method) headers = {{"Allow", "GET"}};
    if (refusal.because == RefusedBecause::websocket_version) {
        headers.emplace_back("Sec-WebSocket-Version", "13");
    }
    // RFC 6750 section 3.1
    switch (refusal.because) {
        case RefusedBecause::missing_token:
            headers = {{"WWW-Authenticate", "Bearer"}};
            break;
        case RefusedBecause::invalid_token:
            headers = {{"WWW-Authenticate", "Bearer error=\"invalid_token\""}};
            break;
        case RefusedBecause::forbidden:
            headers = {{"WWW-Authenticate", "Bearer error=\"insufficient_scope\""}};
            break;
        default: break;
    }
    return answer;
}

}  // namespace pumphouse
