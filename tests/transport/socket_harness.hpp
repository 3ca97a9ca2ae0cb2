// SPDX-License-Identifier: MIT
//
// A transport over a socket and its peer, for the conformance suite.
#pragma once

#include <string>
#include <string_view>

#include <pumphouse/transport/socket/epoll_poller.hpp>
#include <pumphouse/transport/socket/socket.hpp>
#include <pumphouse/transport/websocket_format.hpp>

#include "transport/socket_pair.hpp"
#include "transport/wire.hpp"

template <typename T>
class SocketHarness {
public:
    /// `more`: what the transport takes behind its socket.
    template <typename... More>
    explicit SocketHarness(SocketPair pair, pumphouse::SocketOptions const& options = {},
                           More const&... more)
        : transport_{pumphouse::Socket{pair.ours, options}, more...}, peer_{pair.peers} {}

    T& transport() { return transport_; }
    pumphouse::Poller* poller() { return &poller_; }
    void turn() {}
    void peer_sends(std::string_view bytes) { peer_.send(bytes); }
    std::string peer_reads(std::size_t most) { return peer_.read(most); }
    bool peer_sees_end() { return peer_.sees_end(); }
    void peer_ends() { peer_.end(); }
    void peer_vanishes() { peer_.vanish(); }
    std::string peer_frame(pumphouse::Opcode opcode, std::string_view payload) {
        bool const is_websocket = &transport_.wire_format() == &pumphouse::websocket_format;
        return is_websocket ? wire::masked(opcode, payload) : wire::prefixed(opcode, payload);
    }

private:
    pumphouse::EpollPoller poller_;
    T transport_;
    SocketPeer peer_;
};
