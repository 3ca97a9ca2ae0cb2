// SPDX-License-Identifier: MIT
//
// Subprotocols: which of those that a client offers is spoken (RFC 6455 section 1.9), and the
// token that may stand among them. Browsers let a page set no header but this one, so
// `new WebSocket(url, ["chat.v2", "bearer", token])` is how a page sends a token that no proxy
// writes into its log. The word behind `bearer` is a token, no subprotocol: it is never answered.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pumphouse/config.hpp>
#include <pumphouse/server/http.hpp>
#include <pumphouse/transport/websocket/handshake.hpp>

namespace pumphouse {

struct OfferedSubprotocols {
    std::vector<std::string_view> names;    // good as long as the header is
    std::optional<std::string_view> token;  // the word behind `bearer`
    bool is_malformed = false;              // some element is no token of RFC 7230

    bool has(std::string_view name) const noexcept {
        return std::find(names.begin(), names.end(), name) != names.end();
    }
};

/// The header's value, all of its lines. `has_bearer`: whether `bearer` stands for a token.
inline OfferedSubprotocols offered_subprotocols(std::string_view header, bool has_bearer) {
    OfferedSubprotocols offered;
    bool is_token_next = false;
    while (!header.empty()) {
        std::size_t const comma = std::min(header.find(','), header.size());
        std::string_view const name = http::trim(header.substr(0, comma));
        header.remove_prefix(std::min(comma + 1, header.size()));
        if (name.empty()) continue;  // RFC 7230 section 7 lets lists have holes
        offered.is_malformed |= !websocket::is_token(name);
        if (is_token_next) {
            offered.token = name;
        } else {
            offered.names.push_back(name);
        }
        is_token_next = has_bearer && !is_token_next && !offered.token &&
                        http::same_word(name, "bearer");
    }
    if (is_token_next) offered.token = std::string_view{};
    return offered;
}

/// The first of `spoken` that was offered; else `bearer` when a token came with it, for a browser
/// gives up on an answer that names none of what it offered; else nothing.
inline std::string_view choose_subprotocol(OfferedSubprotocols const& offered,
                                           std::vector<std::string> const& spoken) noexcept {
    for (std::string const& name : spoken) {
        if (offered.has(name)) return name;
    }
    if (!offered.token) return {};
    for (std::string_view const name : offered.names) {
        if (http::same_word(name, "bearer")) return name;
    }
    return {};
}

}  // namespace pumphouse
