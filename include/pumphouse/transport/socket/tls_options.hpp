// SPDX-License-Identifier: MIT
//
// TlsOptions: the files and bounds of a server's TLS. They name no library: programs can read them
// from their settings, and hand them to `tls_context` of <pumphouse/tls.hpp>.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace pumphouse {

enum class TlsVersion : std::uint8_t {
    tls_1_2,
    tls_1_3,
};

struct TlsOptions {
    /// PEM: the server's certificate, then the intermediate ones up to, but without, the root.
    std::string certificate_file{};

    /// PEM, not encrypted: the key of the first certificate in that file.
    std::string key_file{};

    /// Peers that speak only older ones are refused. Browsers speak 1.3 since 2018, programs not
    /// all.
    TlsVersion min_version = TlsVersion::tls_1_2;

    /// Lets peers resume a session by a ticket, which spares the server a signature when they
    /// come back. Off, as Mozilla recommends: the tickets' key lives as long as the context, and
    /// whoever gets hold of it can read what TLS 1.2 peers said in resumed sessions. A reload
    /// changes it; tickets of before then lead to a whole handshake.
    bool session_tickets = false;

    /// Told, when the files are read, what is served none the less: a certificate that has expired
    /// or is not valid yet, a key that every user of the machine may read. Empty: nobody is.
    std::function<void(std::string_view warning)> on_warning{};

    /// What certificates are held against.
    std::function<std::chrono::system_clock::time_point()> wall_clock = [] {
        return std::chrono::system_clock::now();
    };

    /// Somebody wants TLS: a program without speaks plain.
    bool is_wanted() const noexcept { return !certificate_file.empty() || !key_file.empty(); }
};

}  // namespace pumphouse
