// SPDX-License-Identifier: MIT
//
// HttpRequest and HttpResponse: what a route of a server gets and gives. Every answer carries
// `Content-Length` and `Connection: close`; the connection ends with it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pumphouse/config.hpp>

namespace pumphouse {

using HttpFields = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
    std::string method;
    std::string path;          // percent-decoded; begins with a slash; has no `..` and no NUL
    HttpFields query_fields;   // percent-decoded, `+` is a space
    HttpFields headers;        // one that came twice: its values joined by ", "
    std::string body;
    std::string peer{};  // its address; behind a trusted proxy, the one that proxy names

    /// Empty when there is none; of several, the first.
    std::string_view query(std::string_view name) const noexcept;
    bool has_query(std::string_view name) const noexcept;

    /// The name in any case; empty when there is none.
    std::string_view header(std::string_view name) const noexcept;
    bool has_header(std::string_view name) const noexcept;
};

struct HttpResponse {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body{};
    HttpFields headers{};
};

/// "Not Found"
std::string_view reason_phrase(int status) noexcept;

/// The head of an answer, from the status line to the empty line. A header of the host's that
/// would break the head throws std::invalid_argument.
std::string head_of(HttpResponse const& response);

namespace http {

/// Without the blanks around it.
constexpr std::string_view trim(std::string_view text) noexcept {
    auto const is_blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

/// ASCII only, as HTTP's names are.
bool same_word(std::string_view a, std::string_view b) noexcept;

/// Whether a comma-separated list has the word, in any case.
bool has_word(std::string_view list, std::string_view word) noexcept;

/// False when a percent sign is not followed by two hexadecimal digits.
bool percent_decode(std::string_view in, bool plus_is_space, std::string& out);

}  // namespace http

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/http.ipp>
#endif
