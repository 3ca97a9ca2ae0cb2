// SPDX-License-Identifier: MIT
//
// Two ends of a TLS connection over a pair of sockets: a TlsSocket of the library and a peer over
// OpenSSL that may send its bytes in small pieces.
#pragma once

#include <netinet/tcp.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <pumphouse/tls.hpp>
#include <pumphouse/transport/socket/tls_socket.hpp>

#include "support/certificates.hpp"
#include "support/tls_peer.hpp"
#include "transport/socket_pair.hpp"

namespace tls_test {

/// One for all tests of a program that do not care which.
inline pumphouse::TlsContext& shared_context() {
    static std::shared_ptr<pumphouse::TlsContext> const context = [] {
        support::Folder const folder;
        auto const made = support::make_certificate();
        return pumphouse::tls_context(
            {.certificate_file = folder.write("certificate.pem", made.certificate),
             .key_file = folder.write("key.pem", made.key)});
    }();
    return *context;
}

/// Repeats steps, each after a moment for the bytes on their way, until it holds.
template <typename Step, typename Condition>
void repeat_until(Condition&& holds, Step&& step) {
    auto const end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    for (step(); !holds() && std::chrono::steady_clock::now() < end; step()) {
        ::poll(nullptr, 0, 1);
    }
}

/// The peer over a socket. Its reads never wait; its writes do.
class Peer {
public:
    Peer(int descriptor, std::size_t chunk_bytes, support::TlsPeer::Options const& options = {})
        : socket{descriptor}, tls{options}, chunk_bytes_{chunk_bytes} {
        int const at_once = 1;  // small pieces stay small; no effect where there is no TCP
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    }

    void send(std::string_view plain) {
        tls.write(plain);
        push();
    }
    void push() {
        std::string const bytes = tls.output();
        for (std::size_t at = 0; at < bytes.size(); at += chunk_bytes_) {
            socket.send(std::string_view{bytes}.substr(at, chunk_bytes_));
        }
    }
    void shake_hands() {
        if (!is_over()) tls.take(socket.read(65536));
        tls.shake_hands();
        push();
    }
    std::string read(std::size_t most) {
        if (!is_over()) tls.take(socket.read(most));
        return tls.read();
    }
    bool sees_end() {
        if (is_over()) return true;
        std::string const bytes = socket.read(65536);
        tls.take(bytes);
        read_ahead += tls.read();
        return is_over();
    }
    bool is_over() { return is_closed_ || tls.is_told_of_end() || tls.has_failed() || closes(); }
    void end() {
        tls.end();
        push();
        socket.end();
    }

    SocketPeer socket;
    support::TlsPeer tls;
    std::string read_ahead;

private:
    // Looks only, so that no byte is lost.
    bool closes() {
        char byte = 0;
        ssize_t const got =
            ::recv(socket.descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        is_closed_ = got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
        return is_closed_;
    }

    std::size_t chunk_bytes_;
    bool is_closed_ = false;
};

struct Pair {
    explicit Pair(SocketPair pair, pumphouse::SocketOptions const& options = {},
                  std::size_t chunk_bytes = ~std::size_t{0} >> 1,
                  support::TlsPeer::Options const& peer_options = {})
        : ours{pumphouse::Socket{pair.ours, options}, shared_context().accept("http/1.1")},
          peer{pair.peers, chunk_bytes, peer_options} {}

    /// Until both are open, or one has failed.
    void shake_hands() {
        std::array<char, 1024> nothing;
        auto const is_over = [&] {
            bool const is_open = ours.engine().state() == pumphouse::TlsEngine::State::open;
            return (is_open && peer.tls.is_open()) || last == pumphouse::Socket::Read::failed;
        };
        repeat_until(is_over, [&] {
            peer.shake_hands();
            last = ours.read(nothing).what;
            ours.write({});
        });
    }

    pumphouse::TlsSocket ours;
    Peer peer;
    pumphouse::Socket::Read last = pumphouse::Socket::Read::would_block;
};

}  // namespace tls_test
