// SPDX-License-Identifier: MIT
//
// TcpTransport: a client over TCP (or any stream socket) whose messages are length-prefixed
// frames, the same in both directions: see <pumphouse/transport/length_prefixed_format.hpp>.
// BasicTcpTransport<TlsSocket> is the same over TLS, once hands are shaken.
//
// Owned by its client and used on that client's shard only; needs a hub whose driver has a
// poller. After the peer's close frame, or its first violation, it only reads and discards.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <utility>

#include <pumphouse/transport/length_prefixed_decoder.hpp>
#include <pumphouse/transport/length_prefixed_format.hpp>
#include <pumphouse/transport/socket/read_batch.hpp>
#include <pumphouse/transport/socket/socket.hpp>

namespace pumphouse {

struct TcpLimits {
    /// Of a whole message, all its fragments together. A peer that declares more is closed with
    /// 1009, before any of it is kept.
    std::size_t max_message_bytes = std::size_t{512} << 10;
};

template <ByteStream Stream>
class BasicTcpTransport {
public:
    explicit BasicTcpTransport(Stream stream, TcpLimits limits = {}) noexcept
        : stream_{std::move(stream)}, decoder_{limits.max_message_bytes} {}

    /// Takes over a connected descriptor.
    explicit BasicTcpTransport(int descriptor, TcpLimits limits = {}) noexcept
        requires std::same_as<Stream, Socket>
        : BasicTcpTransport{Socket{descriptor}, limits} {}

    WireFormat const& wire_format() const noexcept { return length_prefixed_format; }

    bool attach(Readiness readiness) {
        if (!stream_.attach(readiness)) return false;
        // The kernel knows nothing of these bytes.
        if (stream_.has_unread()) readiness.readable();
        return true;
    }

    ReadResult read(Receiver& receiver) {
        return read_batch(stream_, [&](std::span<char> bytes) {
            decoder_.consume({bytes.data(), bytes.size()}, receiver);
        });
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
    LengthPrefixedDecoder decoder_;
};

using TcpTransport = BasicTcpTransport<Socket>;

static_assert(Transport<TcpTransport>);
static_assert(sizeof(TcpTransport) <= 40, "an idle client has a written budget");

}  // namespace pumphouse
