// SPDX-License-Identifier: MIT
//
// The conformance suite through a real nginx that ends TLS: peers speak it, we get plain bytes.
#include <pumphouse/testing/transport_conformance.hpp>

#include <memory>
#include <stdexcept>
#include <string>

#include <pumphouse/transport/tcp/tcp_transport.hpp>
#include <pumphouse/transport/websocket/websocket_transport.hpp>

#include "support/catch.hpp"
#include "support/certificates.hpp"
#include "transport/nginx/nginx.hpp"
#include "transport/tls/tls_harness.hpp"
#include "transport/tls/tls_pair.hpp"

using namespace pumphouse;

namespace {

struct Way {
    SocketOptions options{};
    std::size_t chunk_bytes = 65536;
    int version = TLS1_3_VERSION;
};

nginx_test::Nginx& tls_nginx() {
    static auto const made = support::make_certificate();
    static nginx_test::Nginx one{made.certificate, made.key};
    return one;
}

template <typename T>
std::unique_ptr<TlsHarness<T>> through_nginx(Way const& way) {
    int const descriptor = tls_nginx().knock();
    auto const peer = std::make_shared<tls_test::Peer>(
        descriptor, way.chunk_bytes, support::TlsPeer::Options{.max_version = way.version});
    tls_test::repeat_until([&] { return peer->tls.is_open() || peer->tls.has_failed(); },
                           [&] { peer->shake_hands(); });
    if (!peer->tls.is_open()) throw std::runtime_error{"nginx does not shake hands"};
    Socket socket{tls_nginx().upgrade(descriptor, *peer), way.options};
    return std::make_unique<TlsHarness<T>>(peer, std::make_unique<T>(std::move(socket)));
}

template <typename T>
void conforms_behind_tls(Way const& way = {}) {
    auto const make = [way] { return through_nginx<T>(way); };
    for (auto const& each : testing::transport_conformance(make)) {
        SECTION(std::string{each.name}) { CHECK(each.run() == ""); }
    }
}

SocketOptions const tiny{.send_buffer_bytes = 4096};

}  // namespace

TEST_CASE("WebSocketTransport conforms through nginx, which ends TLS") {
    conforms_behind_tls<WebSocketTransport>();
}
TEST_CASE("WebSocketTransport conforms through nginx, which ends TLS 1.2") {
    conforms_behind_tls<WebSocketTransport>({.version = TLS1_2_VERSION});
}
TEST_CASE("WebSocketTransport conforms through nginx, which ends TLS, in the smallest pieces") {
    conforms_behind_tls<WebSocketTransport>({.options = tiny, .chunk_bytes = 1});
}
TEST_CASE("TcpTransport conforms through nginx, which ends TLS, behind an upgrade") {
    conforms_behind_tls<TcpTransport>();
}
