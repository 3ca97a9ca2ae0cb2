// SPDX-License-Identifier: MIT
//
// The conformance suite over TLS: a wide way and the narrowest, bytes that come one by one, both
// versions of the protocol.
#include <pumphouse/testing/transport_conformance.hpp>

#include <memory>
#include <string>
#include <utility>

#include <pumphouse/transport/socket/epoll_poller.hpp>
#include <pumphouse/transport/tcp/tcp_transport.hpp>
#include <pumphouse/transport/websocket/websocket_transport.hpp>

#include "support/catch.hpp"
#include "transport/tls/tls_pair.hpp"
#include "transport/wire.hpp"

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
class TlsHarness {
public:
    explicit TlsHarness(Way const& way)
        : pair_{std::make_unique<Pair>(way.pair(), way.options, way.chunk_bytes,
                                       support::TlsPeer::Options{.max_version = way.version})} {
        pair_->shake_hands();
        transport_ = std::make_unique<T>(std::move(pair_->ours));
    }

    T& transport() { return *transport_; }
    Poller* poller() { return &poller_; }
    void turn() {}
    void peer_sends(std::string_view bytes) { pair_->peer.send(bytes); }
    std::string peer_reads(std::size_t most) { return pair_->peer.read(most); }
    bool peer_sees_end() { return pair_->peer.sees_end(); }
    void peer_ends() { pair_->peer.end(); }
    void peer_vanishes() { pair_->peer.socket.vanish(); }
    std::string peer_frame(Opcode opcode, std::string_view payload) {
        bool const is_websocket = &transport_->wire_format() == &websocket_format;
        return is_websocket ? wire::masked(opcode, payload) : wire::prefixed(opcode, payload);
    }

private:
    EpollPoller poller_;
    std::unique_ptr<Pair> pair_;
    std::unique_ptr<T> transport_;
};

template <typename T>
void conforms(Way const& way) {
    auto const make = [way] { return std::make_unique<TlsHarness<T>>(way); };
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
