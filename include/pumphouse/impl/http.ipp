// SPDX-License-Identifier: MIT
// Bodies of server/http.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>

#include <pumphouse/server/http.hpp>

namespace pumphouse {

namespace http {

namespace detail {

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    char const small = lower(c);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

}  // namespace detail

PUMPHOUSE_DECL bool same_word(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return detail::lower(x) == detail::lower(y); });
}

PUMPHOUSE_DECL bool has_word(std::string_view list, std::string_view word) noexcept {
    while (!list.empty()) {
        std::size_t const comma = std::min(list.find(','), list.size());
        if (same_word(trim(list.substr(0, comma)), word)) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

PUMPHOUSE_DECL bool percent_decode(std::string_view in, bool plus_is_space, std::string& out) {
    out.clear();
    for (std::size_t i = 0; i < in.size(); ++i) {
        if (in[i] == '+' && plus_is_space) {
            out += ' ';
        } else if (in[i] != '%') {
            out += in[i];
        } else {
            int const high = i + 2 < in.size() ? detail::hex_digit(in[i + 1]) : -1;
            int const low = i + 2 < in.size() ? detail::hex_digit(in[i + 2]) : -1;
            if (high < 0 || low < 0) return false;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return true;
}

}  // namespace http

PUMPHOUSE_DECL std::string_view HttpRequest::query(std::string_view name) const noexcept {
    for (auto const& [key, value] : query_fields) {
        if (key == name) return value;
    }
    return {};
}

PUMPHOUSE_DECL bool HttpRequest::has_query(std::string_view name) const noexcept {
    return std::any_of(query_fields.begin(), query_fields.end(),
                       [&](auto const& field) { return field.first == name; });
}

PUMPHOUSE_DECL std::string_view HttpRequest::header(std::string_view name) const noexcept {
    for (auto const& [key, value] : headers) {
        if (http::same_word(key, name)) return value;
    }
    return {};
}

PUMPHOUSE_DECL bool HttpRequest::has_header(std::string_view name) const noexcept {
    return std::any_of(headers.begin(), headers.end(), [&](auto const& field) {
        return http::same_word(field.first, name);
    });
}

PUMPHOUSE_DECL std::string_view reason_phrase(int status) noexcept {
    struct Row {
        int status;
        std::string_view text;
    };
    static constexpr std::array rows{
        Row{101, "Switching Protocols"}, Row{200, "OK"}, Row{201, "Created"},
        Row{202, "Accepted"}, Row{204, "No Content"}, Row{301, "Moved Permanently"},
        Row{302, "Found"}, Row{303, "See Other"}, Row{304, "Not Modified"},
        Row{307, "Temporary Redirect"}, Row{308, "Permanent Redirect"}, Row{400, "Bad Request"},
        Row{401, "Unauthorized"}, Row{403, "Forbidden"}, Row{404, "Not Found"},
        Row{405, "Method Not Allowed"}, Row{408, "Request Timeout"}, Row{409, "Conflict"},
        Row{411, "Length Required"}, Row{413, "Content Too Large"},
        Row{415, "Unsupported Media Type"}, Row{422, "Unprocessable Content"},
        Row{426, "Upgrade Required"}, Row{429, "Too Many Requests"},
        Row{431, "Request Header Fields Too Large"}, Row{500, "Internal Server Error"},
        Row{501, "Not Implemented"}, Row{503, "Service Unavailable"},
        Row{505, "HTTP Version Not Supported"}};
    for (Row const& row : rows) {
        if (row.status == status) return row.text;
    }
    return "Answer";
}

PUMPHOUSE_DECL std::string head_of(HttpResponse const& response) {
    if (response.status < 100 || response.status > 999) {
        throw std::invalid_argument{"HttpResponse: status must have three digits"};
    }
    std::string head = "HTTP/1.1 " + std::to_string(response.status) + ' ';
    head += reason_phrase(response.status);
    auto const add = [&head](std::string_view name, std::string_view value) {
        constexpr std::string_view breaking{"\r\n\0", 3};
        bool const breaks = name.find_first_of(breaking) != name.npos ||
                            value.find_first_of(breaking) != value.npos;
        if (breaks) {
            throw std::invalid_argument{"HttpResponse: a header with a line break"};
        }
        head.append("\r\n").append(name).append(": ").append(value);
    };
    bool const has_body = response.status != 204 && response.status != 304;
    if (has_body && !response.content_type.empty()) add("Content-Type", response.content_type);
    if (has_body) add("Content-Length", std::to_string(response.body.size()));
    for (auto const& [name, value] : response.headers) add(name, value);
    add("Connection", "close");
    return head += "\r\n\r\n";
}

}  // namespace pumphouse
