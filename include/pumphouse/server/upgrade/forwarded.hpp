// SPDX-License-Identifier: MIT
//
// ForwardedAddress: whose connection it is that a proxy has made. Anybody can write
// `X-Forwarded-For`; only what proxies of ours have written there is believed: the list is read
// from its end, as far as those who wrote it are named in `trusted_proxies`.
//
// Immutable after construction; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pumphouse/config.hpp>
#include <pumphouse/server/http.hpp>
#include <pumphouse/server/peer_address.hpp>

namespace pumphouse {

struct ProxyOptions {
    /// Networks ("10.0.0.0/8", "::1"). A peer from elsewhere is taken for itself, whatever it
    /// sends. Empty: nobody is believed.
    std::vector<std::string> trusted_proxies{};

    enum class Header : std::uint8_t { x_forwarded_for, forwarded };

    /// Which header they write. Only this one is read: a proxy that writes the one passes the
    /// other on as the client sent it.
    Header header = Header::x_forwarded_for;
};

class ForwardedAddress {
public:
    /// Throws std::invalid_argument that names the entry that is no network.
    explicit ForwardedAddress(ProxyOptions const& options);

    bool is_proxy(PeerAddress const& peer) const noexcept;

    /// The client's address. A proxy that names nobody, or names him in a way that is no address,
    /// stands for itself.
    PeerAddress client_of(PeerAddress const& peer, HttpRequest const& request) const;

private:
    static std::vector<std::string_view> entries_of(std::string_view list);
    PeerAddress parse_entry(std::string_view entry) const;

    std::vector<Network> networks_;
    ProxyOptions::Header const header_;
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/forwarded.ipp>
#endif
