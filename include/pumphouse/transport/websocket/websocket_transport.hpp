// SPDX-License-Identifier: MIT
//
// WebSocketTransport: a client over a WebSocket (RFC 6455), from the moment when the upgrade has
// been answered; see <pumphouse/transport/websocket/handshake.hpp> for that. TlsWebSocketTransport
// is the same over TLS. A transport with an InflatingFrameDecoder is for clients that compress.
//
// Owned by its client and used on that client's shard only; needs a hub whose driver has a
// poller. After the peer's close frame, or its first violation, it only reads and discards, so
// that the hub's close frame reaches the peer before the connection ends.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <pumphouse/transport/socket/read_batch.hpp>
#include <pumphouse/transport/socket/socket.hpp>
#include <pumphouse/transport/socket/tls_socket.hpp>
#include <pumphouse/transport/websocket/frame_decoder.hpp>
#include <pumphouse/transport/websocket_format.hpp>

namespace pumphouse {

struct WebSocketLimits {
    /// Of a whole message, all its fragments together. A peer that declares more is closed with
    /// 1009, before any of it is kept.
    std::size_t max_message_bytes = std::size_t{512} << 10;
};

template <ByteStream Stream, typename Decoder = websocket::FrameDecoder>
class BasicWebSocketTransport {
public:
    using Terms = typename Decoder::Terms;

    /// `already_read`: what the peer sent behind its upgrade request. `terms`: what was agreed on
    /// with it, where it compresses; on nothing: it neither gets nor may send compressed messages.
    explicit BasicWebSocketTransport(Stream stream, WebSocketLimits limits = {},
                                     std::string already_read = {}, Terms const& terms = {})
        : stream_{std::move(stream)}, decoder_{limits.max_message_bytes, terms} {
        if (already_read.empty()) return;
        already_read_ = std::make_unique<std::string>(std::move(already_read));
    }

    /// Takes over a connected descriptor.
    explicit BasicWebSocketTransport(int descriptor, WebSocketLimits limits = {},
                                     std::string already_read = {})
        requires std::same_as<Stream, Socket>
        : BasicWebSocketTransport{Socket{descriptor}, limits, std::move(already_read)} {}

    WireFormat const& wire_format() const noexcept { return decoder_.wire_format(); }

    bool attach(Readiness readiness) {
        if (!stream_.attach(readiness)) return false;
        // The kernel knows nothing of these bytes.
        if (already_read_ || stream_.has_unread()) readiness.readable();
        return true;
    }

    ReadResult read(Receiver& receiver) {
        if (auto const first = std::exchange(already_read_, nullptr)) {
            decoder_.consume(*first, receiver);
            return ReadResult::more;
        }
        return read_batch(stream_,
                          [&](std::span<char> bytes) { decoder_.consume(bytes, receiver); });
    }

    WriteResult write(std::span<ConstBuffer const> buffers) noexcept {
        return stream_.write(buffers);
    }

    void close(CloseHow how) noexcept { stream_.close(how); }

    void end_output() noexcept { stream_.end_output(); }

    std::size_t unfinished_bytes() const noexcept {
        return decoder_.held_bytes() + stream_.unfinished_bytes();
    }

private:
    Stream stream_;
    Decoder decoder_;
    std::unique_ptr<std::string> already_read_;
};

using WebSocketTransport = BasicWebSocketTransport<Socket>;
using TlsWebSocketTransport = BasicWebSocketTransport<TlsSocket>;
template <ByteStream Stream>
using DeflateTransport = BasicWebSocketTransport<Stream, websocket::InflatingFrameDecoder>;

static_assert(Transport<WebSocketTransport> && Transport<TlsWebSocketTransport>);
static_assert(Transport<DeflateTransport<Socket>> && Transport<DeflateTransport<TlsSocket>>);
static_assert(sizeof(WebSocketTransport) <= 272, "an idle client has a written budget");
static_assert(sizeof(DeflateTransport<Socket>) <= sizeof(WebSocketTransport) + 64,
              "and one that compresses costs little more");

}  // namespace pumphouse
