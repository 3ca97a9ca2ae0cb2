// SPDX-License-Identifier: MIT
//
// ByteStream: what the transports over sockets need of their bytes' way to the peer. Models:
// `Socket` (plain) and `TlsSocket`; the transports are templates over it, so that a plain one pays
// nothing for the other.
//
//   verb                     what it does
//   s.attach(readiness)      has the shard's poller watch it; false: it cannot be used
//   s.read(into)             what has arrived, never waiting
//   s.write(buffers)         takes bytes; as a Transport's `write`, see transport.hpp
//   s.end_output()           the peer sees the end while it can still be read
//   s.close(how)             ends it
//   s.has_unread()           bytes have left the kernel and were not read yet: no edge will come
//   s.unfinished_bytes()     memory kept for what cannot be read yet
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include <pumphouse/transport/socket/socket.hpp>

namespace pumphouse {

template <typename S>
concept ByteStream = std::movable<S> &&
    requires(S& s, S const& c, Readiness const& readiness, std::span<char> into,
             std::span<ConstBuffer const> buffers, CloseHow how) {
        { s.attach(readiness) } noexcept -> std::same_as<bool>;
        { s.read(into) } noexcept -> std::same_as<Socket::ReadCount>;
        { s.write(buffers) } noexcept -> std::same_as<WriteResult>;
        { s.end_output() } noexcept -> std::same_as<void>;
        { s.close(how) } noexcept -> std::same_as<void>;
        { c.has_unread() } noexcept -> std::same_as<bool>;
        { c.unfinished_bytes() } noexcept -> std::same_as<std::size_t>;
    };

static_assert(ByteStream<Socket>);

}  // namespace pumphouse
