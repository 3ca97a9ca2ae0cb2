// SPDX-License-Identifier: MIT
//
// A transport whose peer speaks TLS, for the conformance suite.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <pumphouse/transport/socket/epoll_poller.hpp>
#include <pumphouse/transport/websocket_format.hpp>

#include "transport/tls/tls_pair.hpp"
#include "transport/wire.hpp"

/// Both have shaken hands, or whatever is between them has.
template <typename T>
class TlsHarness {
public:
    TlsHarness(std::shared_ptr<tls_test::Peer> peer, std::unique_ptr<T> transport)
        : peer_{std::move(peer)}, transport_{std::move(transport)} {}

    T& transport() { return *transport_; }
    pumphouse::Poller* poller() { return &poller_; }
    void turn() {}
    void peer_sends(std::string_view bytes) { peer_->send(bytes); }
    std::string peer_reads(std::size_t most) { return peer_->read(most); }
    bool peer_sees_end() { return peer_->sees_end(); }
    void peer_ends() { peer_->end(); }
    void peer_vanishes() { peer_->socket.vanish(); }
    std::string peer_frame(pumphouse::Opcode opcode, std::string_view payload) {
        bool const is_websocket = &transport_->wire_format() == &pumphouse::websocket_format;
        return is_websocket ? wire::masked(opcode, payload) : wire::prefixed(opcode, payload);
    }

private:
    pumphouse::EpollPoller poller_;
    std::shared_ptr<tls_test::Peer> peer_;
    std::unique_ptr<T> transport_;
};
