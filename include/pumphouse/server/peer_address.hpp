// SPDX-License-Identifier: MIT
//
// PeerAddress: where a connection comes from, and Network: a range of such addresses. Any thread.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace pumphouse {

/// IPv4, IPv6, or nothing. An IPv4 address in IPv6's clothes (::ffff:192.0.2.1) is an IPv4 one.
struct PeerAddress {
    std::array<std::uint8_t, 17> bytes{};  // the first one: 4, 6 or 0

    friend auto operator<=>(PeerAddress const&, PeerAddress const&) = default;
    explicit operator bool() const noexcept { return bytes[0] != 0; }
    bool is_v6() const noexcept { return bytes[0] == 6; }

    static PeerAddress v4(void const* four) noexcept {
        PeerAddress address;
        address.bytes[0] = 4;
        std::memcpy(&address.bytes[1], four, 4);
        return address;
    }
    static PeerAddress v6(void const* sixteen) noexcept {
        in6_addr from{};
        std::memcpy(&from, sixteen, sizeof from);
        if (IN6_IS_ADDR_V4MAPPED(&from)) return v4(from.s6_addr + 12);
        PeerAddress address;
        address.bytes[0] = 6;
        std::memcpy(&address.bytes[1], sixteen, 16);
        return address;
    }

    /// "192.0.2.1" or "2001:db8::1", without brackets, port and zone.
    static std::optional<PeerAddress> parse(std::string_view text) {
        std::string const terminated{text};
        std::array<std::uint8_t, 16> raw{};
        if (terminated.find('\0') != std::string::npos) return std::nullopt;
        if (::inet_pton(AF_INET, terminated.c_str(), raw.data()) == 1) return v4(raw.data());
        if (::inet_pton(AF_INET6, terminated.c_str(), raw.data()) == 1) return v6(raw.data());
        return std::nullopt;
    }

    /// Empty when it is nothing.
    std::string text() const {
        std::array<char, INET6_ADDRSTRLEN> out{};
        if (!*this) return {};
        ::inet_ntop(is_v6() ? AF_INET6 : AF_INET, &bytes[1], out.data(), out.size());
        return out.data();
    }

    /// What a single customer of a provider has: the address, or of IPv6 the first 64 bits.
    PeerAddress customer() const noexcept {
        PeerAddress whose = *this;
        if (is_v6()) std::fill(whose.bytes.begin() + 9, whose.bytes.end(), std::uint8_t{0});
        return whose;
    }
};

/// "10.0.0.0/8", "2001:db8::/32", or one address.
struct Network {
    PeerAddress first;
    unsigned bits = 0;

    static std::optional<Network> parse(std::string_view text) {
        std::size_t const slash = std::min(text.find('/'), text.size());
        auto const address = PeerAddress::parse(text.substr(0, slash));
        if (!address) return std::nullopt;
        unsigned const most = address->is_v6() ? 128 : 32;
        Network network{*address, most};
        if (slash == text.size()) return network;
        std::string_view const number = text.substr(slash + 1);
        char const* const end = number.data() + number.size();
        auto const [stop, error] = std::from_chars(number.data(), end, network.bits);
        bool const is_fine = error == std::errc{} && stop == end && network.bits <= most;
        return is_fine ? std::optional{network} : std::nullopt;
    }

    bool holds(PeerAddress const& address) const noexcept {
        if (address.bytes[0] != first.bytes[0]) return false;
        unsigned const whole = bits / 8;
        if (!std::equal(&first.bytes[1], &first.bytes[1] + whole, &address.bytes[1])) return false;
        unsigned const rest = bits % 8;
        if (rest == 0) return true;
        unsigned const different = first.bytes[whole + 1] ^ address.bytes[whole + 1];
        return (different >> (8 - rest)) == 0;
    }
};

}  // namespace pumphouse
