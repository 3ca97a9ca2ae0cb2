// SPDX-License-Identifier: MIT
//
// The conformance suite on a WebSocket whose client compresses all that it sends, and on one that
// has agreed on compression and does not use it.
#include <pumphouse/testing/transport_conformance.hpp>

#include <memory>
#include <string>

#include <pumphouse/transport/deflate/deflate.hpp>
#include <pumphouse/transport/websocket/websocket_transport.hpp>

#include "support/catch.hpp"
#include "support/deflated.hpp"
#include "transport/socket_harness.hpp"
#include "transport/wire.hpp"

using namespace pumphouse;

namespace {

class Agreed : public DeflateTransport<Socket> {
public:
    explicit Agreed(Socket socket)
        : DeflateTransport<Socket>{std::move(socket), {}, {}, {deflate(), 15}} {}
};

class PlainHarness : public SocketHarness<Agreed> {
public:
    using SocketHarness<Agreed>::SocketHarness;
    std::string peer_frame(Opcode opcode, std::string_view payload) {
        return wire::masked(opcode, payload);
    }
};

class CompressingHarness : public SocketHarness<Agreed> {
public:
    using SocketHarness<Agreed>::SocketHarness;
    std::string peer_frame(Opcode opcode, std::string_view payload) {
        bool const is_data = opcode == Opcode::text || opcode == Opcode::binary;
        if (!is_data) return wire::masked(opcode, payload);
        int const first = static_cast<int>(opcode) | wire::fin | 0x40;
        return wire::WebSocketFrame{first, support::deflated(payload)}.bytes();
    }
};

class NothingAgreed : public DeflateTransport<Socket> {
public:
    explicit NothingAgreed(Socket socket) : DeflateTransport<Socket>{std::move(socket)} {}
};

class NothingAgreedHarness : public SocketHarness<NothingAgreed> {
public:
    using SocketHarness<NothingAgreed>::SocketHarness;
    std::string peer_frame(Opcode opcode, std::string_view payload) {
        return wire::masked(opcode, payload);
    }
};

template <typename Harness>
void conforms() {
    for (auto const& each : testing::transport_conformance(
             [] { return std::make_unique<Harness>(tcp_pair()); })) {
        SECTION(std::string{each.name}) { CHECK(each.run() == ""); }
    }
}

}  // namespace

TEST_CASE("a WebSocket that has agreed on compression conforms") { conforms<PlainHarness>(); }
TEST_CASE("a WebSocket whose client compresses conforms") { conforms<CompressingHarness>(); }
TEST_CASE("a WebSocket that could compress and has agreed on nothing conforms") {
    conforms<NothingAgreedHarness>();
}
