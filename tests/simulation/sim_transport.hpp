// SPDX-License-Identifier: MIT
//
// SimTransport and SimPeer: a connection that does what the seed says: it takes any number of
// bytes, stalls, holds bytes back, vanishes in the middle of a frame.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <pumphouse/client/client.hpp>
#include <pumphouse/transport/length_prefixed_format.hpp>
#include <pumphouse/transport/websocket_format.hpp>

#include "stream_parser.hpp"

namespace simulation {

struct SimPeer {
    struct Inbound {
        enum class What : std::uint8_t { message, ping, pong, close, violation };
        What what;
        std::string payload;
    };

    SimPeer(bool is_websocket, StreamParser::Handler on_frame)
        : websocket{is_websocket}, parser{is_websocket}, handle{std::move(on_frame)} {}

    bool const websocket;
    StreamParser parser;
    StreamParser::Handler handle;
    pumphouse::Readiness readiness;
    std::deque<Inbound> inbound;
    std::uint64_t credit = ~std::uint64_t{0};  // bytes it takes before it blocks
    std::uint64_t per_write = ~std::uint64_t{0};  // takes no more at once, without blocking
    bool holds = false;      // keeps what it took and says blocked
    bool is_waiting = false;  // said blocked
    bool has_vanished = false;
    bool hub_has_closed = false;
    std::string broken;  // what was wrong with the stream

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
    void vanish() {
        if (std::exchange(has_vanished, true)) return;
        if (!hub_has_closed && readiness) readiness.readable();
    }
};

class SimTransport {
public:
    explicit SimTransport(SimPeer& peer) noexcept : peer_{peer} {}

    pumphouse::WireFormat const& wire_format() const noexcept {
        return peer_.websocket ? pumphouse::websocket_format : pumphouse::length_prefixed_format;
    }

    bool attach(pumphouse::Readiness readiness) {
        peer_.readiness = std::move(readiness);
        if (peer_.has_vanished || !peer_.inbound.empty()) peer_.readiness.readable();
        return true;
    }

    // One message a call, so that budgets cut everywhere.
    pumphouse::ReadResult read(pumphouse::Receiver& receiver) {
        using What = SimPeer::Inbound::What;
        if (peer_.hub_has_closed) throw std::logic_error{"read after close"};
        if (peer_.has_vanished) return pumphouse::ReadResult::ended;
        if (peer_.inbound.empty()) return pumphouse::ReadResult::drained;
        SimPeer::Inbound const next = std::move(peer_.inbound.front());
        peer_.inbound.pop_front();
        switch (next.what) {
            case What::message: receiver.message(pumphouse::text(next.payload)); break;
            case What::ping: receiver.ping(next.payload); break;
            case What::pong: receiver.pong(next.payload); break;
            case What::close: receiver.close(pumphouse::CloseCode::normal, {}); break;
            case What::violation:
                receiver.violation(pumphouse::CloseCode::protocol_error, "made up");
                break;
        }
        return pumphouse::ReadResult::more;
    }

    pumphouse::WriteResult write(std::span<pumphouse::ConstBuffer const> buffers) noexcept {
        pumphouse::WriteResult result;
        if (peer_.hub_has_closed || peer_.has_vanished) return {.failed = true};
        std::uint64_t left = std::min(peer_.credit, peer_.per_write);
        std::uint64_t offered = 0;
        for (auto const& buffer : buffers) {
            offered += buffer.bytes;
            auto const here = static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.bytes));
            if (here == 0) continue;
            feed(reinterpret_cast<char const*>(buffer.data), here);
            left -= here;
            result.taken += here;
        }
        if (peer_.credit != ~std::uint64_t{0}) peer_.credit -= result.taken;
        result.blocked = peer_.holds || (result.taken < offered && peer_.credit == 0);
        peer_.is_waiting = result.blocked;
        return result;
    }

    void close(pumphouse::CloseHow) noexcept { peer_.hub_has_closed = true; }

private:
    void feed(char const* data, std::size_t size) noexcept {
        try {
            peer_.parser.feed(data, size, peer_.handle);
        } catch (std::exception const& error) {
            peer_.broken = error.what();
        }
    }

    SimPeer& peer_;
};

static_assert(pumphouse::Transport<SimTransport>);

}  // namespace simulation
