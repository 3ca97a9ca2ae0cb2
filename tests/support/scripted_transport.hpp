// SPDX-License-Identifier: MIT
//
// ScriptedTransport: a connection that does what a test says, byte by byte, and Wire, its other
// end: how many bytes it takes, what it has parsed of the stream, and what it was asked to do.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <pumphouse/client/client.hpp>
#include <pumphouse/testing/simulation/stream_parser.hpp>
#include <pumphouse/transport/length_prefixed_format.hpp>
#include <pumphouse/transport/websocket_format.hpp>

namespace support {

struct Frame {
    pumphouse::Opcode opcode;
    std::string payload;
    friend bool operator==(Frame const&, Frame const&) = default;
};

inline Frame text_frame(std::string payload) {
    return {pumphouse::Opcode::text, std::move(payload)};
}

struct Wire {
    static constexpr std::uint64_t no_limit = ~std::uint64_t{0};

    explicit Wire(bool websocket = true) : is_websocket{websocket}, parser{websocket} {}
    Wire(Wire const&) = delete;
    Wire& operator=(Wire const&) = delete;

    // What it does with a write.
    bool const is_websocket;
    std::uint64_t credit = no_limit;     // bytes it takes before it says blocked
    std::uint64_t per_write = no_limit;  // bytes it takes at once, without saying blocked
    bool holds = false;                  // takes all and says blocked
    bool has_large_batches = false;      // of what it says
    bool keeps_frames = true;            // else they are only counted
    std::size_t unfinished = 0;          // bytes it says it keeps of a message to come

    // What it has seen.
    pumphouse::simulation::StreamParser parser;
    std::vector<Frame> frames;
    std::string broken;  // what was wrong with the stream
    std::uint64_t frame_count = 0;
    std::uint64_t bytes = 0;
    std::uint64_t writes = 0;
    std::uint64_t most_ranges = 0;  // in one write
    std::uint64_t most_bytes = 0;   // offered in one write
    std::optional<pumphouse::CloseHow> ended;

    // What the peer does.
    pumphouse::Readiness readiness;
    std::deque<std::function<void(pumphouse::Receiver&)>> inbound;
    bool has_vanished = false;
    bool is_waiting = false;  // said blocked

    void push(std::function<void(pumphouse::Receiver&)> what) {
        inbound.push_back(std::move(what));
        if (!ended && readiness) readiness.readable();
    }
    void say(std::string payload) {
        push([payload = std::move(payload)](pumphouse::Receiver& receiver) {
            receiver.message(pumphouse::text(payload));
        });
    }
    void ping(std::string payload) {
        push([payload = std::move(payload)](pumphouse::Receiver& receiver) {
            receiver.ping(payload);
        });
    }
    void pong() {
        push([](pumphouse::Receiver& receiver) { receiver.pong({}); });
    }
    void close(pumphouse::CloseCode code = pumphouse::CloseCode::normal) {
        push([code](pumphouse::Receiver& receiver) { receiver.close(code, {}); });
    }
    void vanish() {
        has_vanished = true;
        if (!ended && readiness) readiness.readable();
    }
    /// Takes this many bytes more, and says that it can.
    void take(std::uint64_t more) {
        credit = more;
        holds = false;
        if (more != 0 && std::exchange(is_waiting, false) && !ended) readiness.writable();
    }
    void take_all() { take(no_limit); }

    std::vector<std::string> texts() const {
        std::vector<std::string> all;
        for (Frame const& each : frames) {
            if (each.opcode == pumphouse::Opcode::text) all.push_back(each.payload);
        }
        return all;
    }
    /// The code of the close frame; 0: none has come.
    int close_code() const {
        if (frames.empty() || frames.back().opcode != pumphouse::Opcode::close) return 0;
        std::string const& payload = frames.back().payload;
        auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(payload[i]); };
        return payload.size() < 2 ? 1005 : byte(0) << 8 | byte(1);
    }
};

class ScriptedTransport {
public:
    explicit ScriptedTransport(Wire& wire) noexcept : wire_{wire} {}

    pumphouse::WireFormat const& wire_format() const noexcept {
        return wire_.is_websocket ? pumphouse::websocket_format
                                  : pumphouse::length_prefixed_format;
    }

    bool attach(pumphouse::Readiness readiness) {
        wire_.readiness = std::move(readiness);
        if (wire_.has_vanished || !wire_.inbound.empty()) wire_.readiness.readable();
        return true;
    }

    // One thing a call.
    pumphouse::ReadResult read(pumphouse::Receiver& receiver) {
        if (wire_.ended) throw std::logic_error{"read after close"};
        if (wire_.inbound.empty()) {
            return wire_.has_vanished ? pumphouse::ReadResult::ended
                                      : pumphouse::ReadResult::drained;
        }
        auto const next = std::move(wire_.inbound.front());
        wire_.inbound.pop_front();
        next(receiver);
        return wire_.has_large_batches ? pumphouse::ReadResult::full
                                       : pumphouse::ReadResult::more;
    }

    pumphouse::WriteResult write(std::span<pumphouse::ConstBuffer const> buffers) noexcept {
        pumphouse::WriteResult result;
        if (wire_.ended) wire_.broken = "a write after close";
        if (wire_.ended || wire_.has_vanished) return {.failed = true};
        std::uint64_t left = std::min(wire_.credit, wire_.per_write);
        std::uint64_t offered = 0;
        for (auto const& buffer : buffers) {
            offered += buffer.bytes;
            auto const here = static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.bytes));
            if (here == 0) continue;
            feed(reinterpret_cast<char const*>(buffer.data), here);
            left -= here;
            result.taken += here;
        }
        if (wire_.credit != Wire::no_limit) wire_.credit -= result.taken;
        ++wire_.writes;
        wire_.bytes += result.taken;
        wire_.most_ranges = std::max<std::uint64_t>(wire_.most_ranges, buffers.size());
        wire_.most_bytes = std::max(wire_.most_bytes, offered);
        result.blocked = wire_.holds || (result.taken < offered && wire_.credit == 0);
        wire_.is_waiting = result.blocked;
        return result;
    }

    std::size_t unfinished_bytes() const noexcept { return wire_.unfinished; }

    void close(pumphouse::CloseHow how) noexcept {
        if (wire_.ended) wire_.broken = "closed twice";
        wire_.ended = how;
    }

private:
    void feed(char const* data, std::size_t size) noexcept {
        try {
            wire_.parser.feed(data, size, [this](pumphouse::Opcode opcode, std::string_view what) {
                ++wire_.frame_count;
                if (wire_.keeps_frames) wire_.frames.push_back({opcode, std::string{what}});
            });
        } catch (std::exception const& error) {
            wire_.broken = error.what();
        }
    }

    Wire& wire_;
};

static_assert(pumphouse::Transport<ScriptedTransport>);

}  // namespace support
