// SPDX-License-Identifier: MIT
//
// A WebSocket whose client may compress, for the conformance suite: one that does not, and one that
// compresses all that it sends.
#pragma once

#include <string>
#include <string_view>

#include <pumphouse/transport/websocket/websocket_transport.hpp>

#include "support/deflated.hpp"
#include "transport/socket_harness.hpp"
#include "transport/wire.hpp"

class DeflateHarness : public SocketHarness<pumphouse::DeflateTransport<pumphouse::Socket>> {
public:
    DeflateHarness(SocketPair pair, pumphouse::CompressionTerms const& terms)
        : SocketHarness{pair, {}, pumphouse::WebSocketLimits{}, std::string{}, terms} {}
    std::string peer_frame(pumphouse::Opcode opcode, std::string_view payload) {
        return wire::masked(opcode, payload);
    }
};

class CompressingHarness : public DeflateHarness {
public:
    using DeflateHarness::DeflateHarness;
    std::string peer_frame(pumphouse::Opcode opcode, std::string_view payload) {
        using enum pumphouse::Opcode;
        if (opcode != text && opcode != binary) return wire::masked(opcode, payload);
        int const first = static_cast<int>(opcode) | wire::fin | 0x40;
        return wire::WebSocketFrame{first, support::deflated(payload)}.bytes();
    }
};
