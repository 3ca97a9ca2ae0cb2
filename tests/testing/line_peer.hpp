// SPDX-License-Identifier: MIT
//
// A host's own transport and its peer in a simulation: each message is a line, and there are no
// frames for ping, pong and close.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <pumphouse/testing/simulation/sim_peer.hpp>

struct LinePeer;

inline constexpr pumphouse::WireFormat line_format{
    .name = "lines",
    .frame_bytes = [](std::size_t payload) noexcept { return payload + 1; },
    .frame =
        [](pumphouse::Opcode, std::string_view payload, std::byte* out) noexcept {
            std::memcpy(out, payload.data(), payload.size());
            out[payload.size()] = std::byte{'\n'};
        },
    .has_control_frames = false};

class LineTransport {
public:
    explicit LineTransport(LinePeer& peer) noexcept : peer_{peer} {}

    pumphouse::WireFormat const& wire_format() const noexcept { return line_format; }
    bool attach(pumphouse::Readiness readiness);
    pumphouse::ReadResult read(pumphouse::Receiver& receiver);
    pumphouse::WriteResult write(std::span<pumphouse::ConstBuffer const> buffers) noexcept;
    void close(pumphouse::CloseHow) noexcept;

private:
    LinePeer& peer_;
};

struct LinePeer {
    LinePeer(pumphouse::simulation::Random&, pumphouse::simulation::OnFrame on_frame)
        : handle{std::move(on_frame)} {}

    std::unique_ptr<pumphouse::ClientBase> connect() {
        return std::make_unique<pumphouse::Client<LineTransport>>(*this);
    }
    void push(pumphouse::simulation::Inbound what) {
        using What = pumphouse::simulation::Inbound::What;
        if (what.what == What::message) to_hub.push_back(std::move(what.payload));
        if (what.what == What::close || what.what == What::violation) has_ended = true;
        if (!is_over && readiness) readiness.readable();
    }
    void release(std::uint64_t bytes) {
        room = bytes;
        if (bytes != 0 && std::exchange(is_blocked, false) && !is_over) readiness.writable();
    }
    void slow_down(pumphouse::simulation::Random& random) { release(random.below(10)); }
    void recover() { release(pumphouse::simulation::no_limit); }
    void vanish() { push({pumphouse::simulation::Inbound::What::close, {}}); }
    bool is_closed() const noexcept { return is_over; }
    std::string_view problem() const noexcept { return {}; }

    void take(char const* bytes, std::size_t count) {
        for (char const each : std::string_view{bytes, count}) {
            if (each != '\n') {
                line += each;
                continue;
            }
            handle(pumphouse::Opcode::text, line);
            line.clear();
        }
    }

    pumphouse::simulation::OnFrame handle;
    pumphouse::Readiness readiness;
    std::deque<std::string> to_hub;
    std::string line;  // has come in part
    std::uint64_t room = pumphouse::simulation::no_limit;
    bool is_blocked = false;
    bool has_ended = false;
    bool is_over = false;
};

inline bool LineTransport::attach(pumphouse::Readiness readiness) {
    (peer_.readiness = std::move(readiness)).readable();
    return true;
}

inline pumphouse::ReadResult LineTransport::read(pumphouse::Receiver& receiver) {
    while (!peer_.to_hub.empty()) {
        receiver.message(pumphouse::text(peer_.to_hub.front()));
        peer_.to_hub.pop_front();
    }
    return peer_.has_ended ? pumphouse::ReadResult::ended : pumphouse::ReadResult::drained;
}

inline pumphouse::WriteResult LineTransport::write(
    std::span<pumphouse::ConstBuffer const> buffers) noexcept {
    pumphouse::WriteResult result{.failed = peer_.has_ended};
    for (auto const& each : buffers) {
        auto const most = std::min<std::uint64_t>(peer_.room, each.bytes);
        peer_.take(reinterpret_cast<char const*>(each.data), static_cast<std::size_t>(most));
        result.taken += static_cast<std::size_t>(most);
        result.blocked |= most < each.bytes;
        if (peer_.room != pumphouse::simulation::no_limit) peer_.room -= most;
    }
    peer_.is_blocked = result.blocked;
    return result;
}

inline void LineTransport::close(pumphouse::CloseHow) noexcept {
    peer_.readiness = {};
    peer_.is_over = true;
}

static_assert(pumphouse::Transport<LineTransport>);
static_assert(pumphouse::simulation::SimulatedPeer<LinePeer>);
