// SPDX-License-Identifier: MIT
//
// SimTransport: the hub's end of a simulated connection. What it does, its SimPeer says.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>

#include <pumphouse/client/client.hpp>
#include <pumphouse/testing/simulation/sim_peer.hpp>
#include <pumphouse/transport/length_prefixed_format.hpp>
#include <pumphouse/transport/websocket_format.hpp>

namespace pumphouse::simulation {

class SimTransport {
public:
    explicit SimTransport(SimPeer& peer) noexcept : peer_{peer} {}

    WireFormat const& wire_format() const noexcept {
        return peer_.is_websocket ? websocket_format : length_prefixed_format;
    }

    bool attach(Readiness readiness) {
        peer_.readiness = std::move(readiness);
        if (peer_.has_vanished || !peer_.inbound.empty()) peer_.readiness.readable();
        return true;
    }

    // One message a call, so that budgets cut everywhere. Who has said much sends large batches.
    ReadResult read(Receiver& receiver) {
        using What = Inbound::What;
        if (peer_.hub_has_closed) throw std::logic_error{"read after close"};
        if (peer_.has_vanished) return ReadResult::ended;
        if (peer_.inbound.empty()) return ReadResult::drained;
        Inbound const next = std::move(peer_.inbound.front());
        peer_.inbound.pop_front();
        switch (next.what) {
            case What::message: receiver.message(text(next.payload)); break;
            case What::ping: receiver.ping(next.payload); break;
            case What::pong: receiver.pong(next.payload); break;
            case What::close: receiver.close(CloseCode::normal, {}); break;
            case What::violation:
                receiver.violation(CloseCode::protocol_error, "made up");
                break;
        }
        constexpr std::size_t much = 3;
        return peer_.inbound.size() >= much ? ReadResult::full : ReadResult::more;
    }

    WriteResult write(std::span<ConstBuffer const> buffers) noexcept {
        WriteResult result;
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
        if (peer_.credit != no_limit) peer_.credit -= result.taken;
        result.blocked = peer_.holds || (result.taken < offered && peer_.credit == 0);
        peer_.is_waiting = result.blocked;
        return result;
    }

    void close(CloseHow) noexcept { peer_.hub_has_closed = true; }

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

static_assert(Transport<SimTransport>);

inline std::unique_ptr<ClientBase> SimPeer::connect() {
    return std::make_unique<Client<SimTransport>>(*this);
}

static_assert(SimulatedPeer<SimPeer>);

}  // namespace pumphouse::simulation
