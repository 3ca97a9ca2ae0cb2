// SPDX-License-Identifier: MIT
//
// TlsSocket: a ByteStream over a Socket through a TlsEngine. Its user reads and writes plain
// bytes; hands are shaken along the way, by the first reads, or before, by `shake_hands`.
//
// Used by one thread at a time. It holds back at most one record of what it has taken: while the
// kernel has not taken that whole, `write` says `blocked` and takes nothing. Between calls an idle
// one keeps no buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <pumphouse/config.hpp>
#include <pumphouse/transport/socket/byte_stream.hpp>
#include <pumphouse/transport/socket/tls_engine.hpp>

namespace pumphouse {

class TlsSocket {
public:
    TlsSocket(Socket socket, std::unique_ptr<TlsEngine> engine) noexcept
        : socket_{std::move(socket)}, engine_{std::move(engine)} {}
    TlsSocket(TlsSocket&&) noexcept = default;
    TlsSocket& operator=(TlsSocket&&) noexcept = default;
    ~TlsSocket() { close(CloseHow::gently); }

    [[nodiscard]] bool attach(Readiness const& readiness) noexcept {
        return socket_.attach(readiness);
    }

    enum class Handshake : std::uint8_t {
        waits_for_peer,
        waits_for_kernel,  // to take what there is to say
        done,              // all of it is said, too
        failed,
    };

    /// Goes on with it, and reads nothing of what the peer says behind it.
    Handshake shake_hands() noexcept;

    /// `ended` only when the peer has said so (close_notify): a connection that just stops may
    /// have been cut by anybody, and has `failed`.
    Socket::ReadCount read(std::span<char> into) noexcept;

    /// Many small buffers go in one record. Nothing can be written before hands are shaken.
    WriteResult write(std::span<ConstBuffer const> buffers) noexcept;

    /// Both say goodbye (close_notify) first, unless it was aborted.
    void end_output() noexcept;
    void close(CloseHow how) noexcept;

    bool has_unread() const noexcept {
        return engine_ && (unread_ != nullptr || engine_->has_pending());
    }
    std::size_t unfinished_bytes() const noexcept { return engine_->unfinished_bytes(); }

    /// Taken, in records, and not the kernel's yet.
    std::size_t held_bytes() const noexcept { return engine_->output().size(); }

    TlsEngine const& engine() const noexcept { return *engine_; }
    int descriptor() const noexcept { return socket_.descriptor(); }

    /// The socket without its TLS, for a peer that speaks none.
    Socket release() && noexcept {
        engine_.reset();
        return std::move(socket_);
    }

private:
    std::size_t read_kept(std::span<char> into) noexcept;
    std::size_t decrypt(std::span<char const> input, std::span<char> into);
    WriteResult flush(bool more_follows = false) noexcept;

    Socket socket_;
    std::unique_ptr<TlsEngine> engine_;    // null: moved from or released
    std::unique_ptr<std::string> unread_;  // the peer's, left over by a read into little room
};

static_assert(ByteStream<TlsSocket>);

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/tls_socket.ipp>
#endif
