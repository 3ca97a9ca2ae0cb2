// SPDX-License-Identifier: MIT
//
// The conformance suite over TLS: a wide way and the narrowest, bytes that come one by one, both
// versions of the protocol.
#include <pumphouse/testing/transport_conformance.hpp>

#include <memory>
#include <string>
#include <utility>

#include <pumphouse/transport/tcp/tcp_transport.hpp>
#include <pumphouse/transport/websocket/websocket_transport.hpp>

#include "support/catch.hpp"
#include "transport/tls/tls_harness.hpp"
#include "transport/tls/tls_pair.hpp"

using namespace pumphouse;
using tls_test::Pair;

namespace {

struct Way {
    SocketPair (*pair)() = [] { return tcp_pair(); };
    SocketOptions options{};
    std::size_t chunk_bytes = 65536;
    int version = TLS1_3_VERSION;
};

template <typename T>
void conforms(Way const& way) {
    auto const make = [way] {
        support::TlsPeer::Options const version{.max_version = way.version};
        auto const pair =
            std::make_shared<Pair>(way.pair(), way.options, way.chunk_bytes, version);
        pair->shake_hands();
        auto transport = std::make_unique<T>(std::move(pair->ours));
        std::shared_ptr<tls_test::Peer> const peer{pair, &pair->peer};
        return std::make_unique<TlsHarness<T>>(peer, std::move(transport));
    };
    for (auto const& each : testing::transport_conformance(make)) {
        SECTION(std::string{each.name}) { CHECK(each.run() == ""); }
    }
}

using TlsTcpTransport = BasicTcpTransport<TlsSocket>;
static_assert(Transport<TlsTcpTransport>);

SocketPair narrow() { return tcp_pair(4096); }
SocketOptions const tiny{.send_buffer_bytes = 4096};

}  // namespace

TEST_CASE("TlsWebSocketTransport conforms") { conforms<TlsWebSocketTransport>({}); }
TEST_CASE("TlsWebSocketTransport conforms with TLS 1.2") {
    conforms<TlsWebSocketTransport>({.version = TLS1_2_VERSION});
}
TEST_CASE("TlsWebSocketTransport conforms with the smallest kernel buffers") {
    conforms<TlsWebSocketTransport>({.pair = &narrow, .options = tiny});
}
TEST_CASE("TlsWebSocketTransport conforms over a Unix socket") {
    conforms<TlsWebSocketTransport>({.pair = &unix_pair, .options = tiny});
}
TEST_CASE("TlsWebSocketTransport conforms when the peer's bytes come one by one") {
    conforms<TlsWebSocketTransport>({.options = tiny, .chunk_bytes = 1});
}
TEST_CASE("TcpTransport over TLS conforms with the smallest kernel buffers") {
    conforms<TlsTcpTransport>({.pair = &narrow, .options = tiny});
}
