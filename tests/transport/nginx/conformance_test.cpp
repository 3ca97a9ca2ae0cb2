// SPDX-License-Identifier: MIT
//
// The conformance suite through a real nginx, which passes bytes on once a connection is upgraded.
#include <pumphouse/testing/transport_conformance.hpp>

#include <memory>
#include <string>

#include <pumphouse/transport/tcp/tcp_transport.hpp>
#include <pumphouse/transport/websocket/websocket_transport.hpp>

#include "support/catch.hpp"
#include "transport/nginx/nginx.hpp"
#include "transport/socket_harness.hpp"

using namespace pumphouse;

namespace {

template <typename T>
void conforms_through_nginx(SocketOptions const& options = {}) {
    auto const make = [options] {
        return std::make_unique<SocketHarness<T>>(nginx_test::Nginx::shared().connect(), options);
    };
    for (auto const& each : testing::transport_conformance(make)) {
        SECTION(std::string{each.name}) { CHECK(each.run() == ""); }
    }
}

SocketOptions const tiny{.send_buffer_bytes = 4096};

}  // namespace

TEST_CASE("WebSocketTransport conforms through nginx") {
    conforms_through_nginx<WebSocketTransport>();
}
TEST_CASE("WebSocketTransport conforms through nginx with the smallest kernel buffers") {
    conforms_through_nginx<WebSocketTransport>(tiny);
}
TEST_CASE("TcpTransport conforms through nginx, behind an upgrade") {
    conforms_through_nginx<TcpTransport>();
}
