// SPDX-License-Identifier: MIT
//
// WebSocketTransport: a client over a WebSocket (RFC 6455, without TLS), from the moment when the
// upgrade has been answered; see <pumphouse/transport/websocket/handshake.hpp> for that.
//
// Owned by its client and used on that client's shard only; needs a hub whose driver has a
// poller. After the peer's close frame, or its first violation, it only reads and discards, so
// that the hub's close frame reaches the peer before the connection ends.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <pumphouse/transport/socket/read_batch.hpp>
#include <pumphouse/transport/socket/socket.hpp>
#include <pumphouse/transport/websocket/frame_decoder.hpp>
#include <pumphouse/transport/websocket_format.hpp>

namespace pumphouse {

struct WebSocketLimits {
    /// Of a whole message, all its fragments together. A peer that declares more is closed with
    /// 1009, before any of it is kept.
    std::size_t max_message_bytes = std::size_t{512} << 10;
};

class WebSocketTransport {
public:
    /// `already_read`: what the peer sent behind its upgrade request.
    explicit WebSocketTransport(Socket socket, WebSocketLimits limits = {},
                                std::string already_read = {})
        : socket_{std::move(socket)}, decoder_{limits.max_message_bytes} {
        if (already_read.empty()) return;
        already_read_ = std::make_unique<std::string>(std::move(already_read));
    }

    /// Takes over a connected descriptor.
    explicit WebSocketTransport(int descriptor, WebSocketLimits limits = {},
                                std::string already_read = {})
        : WebSocketTransport{Socket{descriptor}, limits, std::move(already_read)} {}

    WireFormat const& wire_format() const noexcept { return websocket_format; }

    bool attach(Readiness readiness) {
        if (!socket_.attach(readiness)) return false;
        // The kernel knows nothing of these bytes.
        if (already_read_) readiness.readable();
        return true;
    }

    ReadResult read(Receiver& receiver) {
        if (auto const first = std::exchange(already_read_, nullptr)) {
            decoder_.consume(*first, receiver);
            return ReadResult::more;
        }
        return read_batch(socket_,
                          [&](std::span<char> bytes) { decoder_.consume(bytes, receiver); });
    }

    WriteResult write(std::span<ConstBuffer const> buffers) noexcept {
        return socket_.write(buffers);
    }

    void close(CloseHow how) noexcept { socket_.close(how); }

    void end_output() noexcept { socket_.end_output(); }

    std::size_t unfinished_bytes() const noexcept { return decoder_.held_bytes(); }

private:
    Socket socket_;
    websocket::FrameDecoder decoder_;
    std::unique_ptr<std::string> already_read_;
};

static_assert(Transport<WebSocketTransport>);
static_assert(sizeof(WebSocketTransport) <= 272, "an idle client has a written budget");

}  // namespace pumphouse
