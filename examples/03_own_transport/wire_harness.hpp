// SPDX-License-Identifier: MIT
//
// WireHarness: a WireTransport and its peer, as the library's conformance suite wants to hold them.
#pragma once

#include "wire_transport.hpp"

#include <pumphouse/testing/transport_conformance.hpp>

#include <memory>
#include <string>
#include <string_view>

class WireHarness {
public:
    WireTransport& transport() { return transport_; }
    pumphouse::Poller* poller() { return nullptr; }  // the wire calls its readiness itself
    void turn() {}
    void peer_sends(std::string_view bytes) { wire_->send(bytes); }
    std::string peer_reads(std::size_t most) { return wire_->receive(most); }
    bool peer_sees_end() { return wire_->hub_has_ended && wire_->to_peer.empty(); }
    void peer_ends() { wire_->end(); }
    void peer_vanishes() { wire_->end(); }
    std::string peer_frame(pumphouse::Opcode opcode, std::string_view payload) {
        std::string bytes(hex_format::frame_bytes(payload.size()), '\0');
        hex_format::frame(opcode, payload, reinterpret_cast<std::byte*>(bytes.data()));
        return bytes;
    }

private:
    std::shared_ptr<Wire> wire_ = std::make_shared<Wire>();
    WireTransport transport_{wire_};
};
