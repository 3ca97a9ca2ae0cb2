// SPDX-License-Identifier: MIT
//
// SimPeer: the other end of a simulated connection, and all that its SimTransport does. It takes
// any number of bytes, stalls, holds bytes back, and vanishes in the middle of a frame.
//
// A simulation asks of a peer what `SimulatedPeer` says. A host whose transport is its own writes
// a peer for it: docs/simulation.md.
#pragma once

#include <concepts>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <pumphouse/client/client_base.hpp>
#include <pumphouse/testing/simulation/random.hpp>
#include <pumphouse/testing/simulation/stream_parser.hpp>
#include <pumphouse/transport/readiness.hpp>

namespace pumphouse::simulation {

/// What a peer sends.
struct Inbound {
    enum class What : std::uint8_t { message, ping, pong, close, violation };
    What what;
    std::string payload;
};

inline constexpr std::uint64_t no_limit = ~std::uint64_t{0};

template <typename P>
concept SimulatedPeer = requires(P& peer, P const& seen, Random& random, std::uint64_t bytes) {
    P{random, OnFrame{}};     // draws what kind it is; the function gets what it parses
    { peer.connect() } -> std::same_as<std::unique_ptr<ClientBase>>;  // once; ends before the peer
    peer.push(Inbound{});
    peer.release(bytes);      // takes so many more, then blocks; 0: blocks at once
    peer.slow_down(random);   // from now on it takes in small bits, or whatever makes it slow
    peer.recover();           // takes everything, as fast as can be
    peer.vanish();            // the connection breaks
    { seen.is_closed() } -> std::same_as<bool>;  // by the hub
    { seen.problem() } -> std::convertible_to<std::string_view>;  // of the stream; empty: none
};

class SimPeer {
public:
    using Inbound = simulation::Inbound;

    SimPeer(Random& random, OnFrame on_frame)
        : is_websocket{random.one_in(2)}, parser{is_websocket}, handle{std::move(on_frame)} {}

    std::unique_ptr<ClientBase> connect();

    void push(Inbound what) {
        inbound.push_back(std::move(what));
        if (!hub_has_closed && readiness) readiness.readable();
    }
    void release(std::uint64_t bytes) {
        credit = bytes;
        holds = false;
        if (bytes != 0 && std::exchange(is_waiting, false) && !hub_has_closed) {
            readiness.writable();
        }
    }
    void slow_down(Random& random) {
        holds = random.one_in(2);
        per_write = random.between(1, 7);
    }
    void recover() {
        release(no_limit);
        per_write = no_limit;
    }
    void vanish() {
        if (std::exchange(has_vanished, true)) return;
        if (!hub_has_closed && readiness) readiness.readable();
    }
    bool is_closed() const noexcept { return hub_has_closed; }
    std::string const& problem() const noexcept { return broken; }

    bool const is_websocket;  // else length-prefixed
    StreamParser parser;
    OnFrame handle;
    Readiness readiness;
    std::deque<Inbound> inbound;
    std::uint64_t credit = no_limit;     // bytes it takes before it blocks
    std::uint64_t per_write = no_limit;  // takes no more at once, without blocking
    bool holds = false;                  // keeps what it took and says blocked
    bool is_waiting = false;             // said blocked
    bool has_vanished = false;
    bool hub_has_closed = false;
    std::string broken;
};

}  // namespace pumphouse::simulation

#include <pumphouse/testing/simulation/sim_transport.hpp>
