// SPDX-License-Identifier: MIT
// Bodies of server/upgrade/forwarded.hpp.
#pragma once

#include <algorithm>
#include <stdexcept>

#include <pumphouse/server/upgrade/forwarded.hpp>

namespace pumphouse {

namespace detail {

// Calls with each part of a list. Quotes do not count: addresses need no comma and no semicolon,
// and a quote that a client has left open must not swallow what the proxy has written behind it.
inline void split(std::string_view list, char separator, auto&& part) {
    for (;;) {
        std::size_t const end = std::min(list.find(separator), list.size());
        part(http::trim(list.substr(0, end)));
        if (end == list.size()) return;
        list.remove_prefix(end + 1);
    }
}

// "for" of `for="[2001:db8::1]:4711";proto=https` (RFC 7239 section 4).
inline std::string_view forwarded_for(std::string_view element) {
    std::string_view found;
    split(element, ';', [&](std::string_view pair) {
        std::size_t const equals = pair.find('=');
        if (equals == pair.npos || !http::same_word(pair.substr(0, equals), "for")) return;
        found = pair.substr(equals + 1);
        bool const is_quoted = found.size() >= 2 && found.front() == '"' && found.back() == '"';
        if (is_quoted) found = found.substr(1, found.size() - 2);
    });
    return found;
}

// An address, which some proxies write with the client's port.
inline PeerAddress address_with_port(std::string_view text) {
    if (auto const address = PeerAddress::parse(text)) return *address;
    if (text.starts_with('[')) {
        std::size_t const end = text.find(']');
        text = end == text.npos ? std::string_view{} : text.substr(1, end - 1);
    } else {
        text = text.substr(0, text.find(':'));
    }
    return PeerAddress::parse(text).value_or(PeerAddress{});
}

}  // namespace detail

PUMPHOUSE_DECL ForwardedAddress::ForwardedAddress(ProxyOptions const& options)
    : header_{options.header} {
    for (std::string const& each : options.trusted_proxies) {
        auto const network = Network::parse(each);
        if (!network) {
            throw std::invalid_argument{"trusted_proxies: \"" + each +
                                        "\" is no address or network such as 10.0.0.0/8"};
        }
        networks_.push_back(*network);
    }
}

PUMPHOUSE_DECL bool ForwardedAddress::is_proxy(PeerAddress const& peer) const noexcept {
    return std::any_of(networks_.begin(), networks_.end(),
                       [&](Network const& each) { return each.holds(peer); });
}

PUMPHOUSE_DECL std::vector<std::string_view> ForwardedAddress::entries_of(std::string_view list) {
    std::vector<std::string_view> entries;
    detail::split(list, ',', [&](std::string_view entry) {
        if (!entry.empty()) entries.push_back(entry);
    });
    return entries;
}

PUMPHOUSE_DECL PeerAddress ForwardedAddress::parse_entry(std::string_view entry) const {
    bool const is_element = header_ == ProxyOptions::Header::forwarded;
    return detail::address_with_port(is_element ? detail::forwarded_for(entry) : entry);
}

PUMPHOUSE_DECL PeerAddress ForwardedAddress::client_of(PeerAddress const& peer,
                                                       HttpRequest const& request) const {
    PeerAddress client = peer;
    if (!is_proxy(client)) return client;
    bool const is_element = header_ == ProxyOptions::Header::forwarded;
    auto entries = entries_of(request.header(is_element ? "Forwarded" : "X-Forwarded-For"));
    while (!entries.empty() && is_proxy(client)) {
        PeerAddress const next = parse_entry(entries.back());
        entries.pop_back();
        if (!next) break;
        client = next;
    }
    return client;
}

}  // namespace pumphouse
