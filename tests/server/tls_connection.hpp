// SPDX-License-Identifier: MIT
//
// A Connection of the servers' tests over TLS: as its base, but for the bytes on the wire.
#pragma once

#include <string>
#include <string_view>

#include "server/peer.hpp"
#include "support/tls_peer.hpp"

namespace peer {

/// A record that announces more than comes.
inline constexpr std::string_view half_a_hello{"\x16\x03\x01\x02\x00\x01", 6};

class TlsConnection final : public Connection {
public:
    explicit TlsConnection(std::uint16_t port, support::TlsPeer::Options const& options = {},
                           std::string_view receive_buffer = {})
        : Connection{port, receive_buffer}, tls_{options} {}

    /// False when the server refuses, or is not heard of within the patience.
    bool shake_hands() {
        for (;;) {
            tls_.shake_hands();
            if (!push() || tls_.has_failed()) return false;
            if (tls_.is_open()) return true;
            if (!wait_for_more()) return false;
        }
    }

    bool send(std::string_view bytes) override {
        if (!tls_.is_open() && !shake_hands()) return false;
        tls_.write(bytes);
        return push();
    }

    support::TlsPeer& tls() { return tls_; }

    /// Of the certificate that the server has shown.
    std::string certificate_name() {
        X509* const certificate = SSL_get1_peer_certificate(tls_.ssl());
        if (certificate == nullptr) return {};
        char name[100] = {};
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                                  sizeof name);
        X509_free(certificate);
        return name;
    }

    /// As the wire has them, beside TLS.
    bool send_raw(std::string_view bytes) { return Connection::send(bytes); }

private:
    bool push() { return send_raw(tls_.output()); }
    bool wait_for_more() {
        std::string bytes;
        if (!receive_raw(bytes)) return false;
        tls_.take(bytes);
        return true;
    }
    bool receive_some(std::string& bytes) override {
        for (;;) {
            bytes = tls_.read();
            if (!bytes.empty()) return true;
            if (tls_.is_told_of_end() || tls_.has_failed() || !wait_for_more()) return false;
        }
    }

    support::TlsPeer tls_;
};

}  // namespace peer
