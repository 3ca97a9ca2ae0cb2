// SPDX-License-Identifier: MIT
//
// Socket: a connected stream descriptor, owned, non-blocking, and watched edge-triggered by the
// poller of its shard: what the socket transports have in common. POSIX, with Linux's epoll.
//
// Used by one thread at a time. `read` and `write` never wait; after `would_block` or `blocked`
// the poller tells when to go on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <pumphouse/config.hpp>
#include <pumphouse/transport/transport.hpp>

namespace pumphouse {

struct SocketOptions {
    /// The most that the kernel keeps of what a peer does not read, in bytes (Linux doubles it
    /// for its own bookkeeping). 0: the kernel's default, which grows to megabytes per client.
    int send_buffer_bytes = 256 * 1024;

    /// What the kernel keeps of what was not read yet. 0: the kernel's default, which adapts.
    int receive_buffer_bytes = 0;

    /// TCP_NODELAY: a turn's messages go out at once, already gathered. No effect on a socket
    /// that is not TCP.
    bool no_delay = true;
};

class Socket {
public:
    enum class Read : std::uint8_t { bytes, would_block, ended, failed };
    struct ReadCount {
        Read what;
        std::size_t bytes = 0;
    };

    /// Takes over a connected descriptor, makes it non-blocking and sets the options. One that
    /// is no socket is found out by the first read.
    explicit Socket(int descriptor, SocketOptions const& options = {}) noexcept;
    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&& other) noexcept;
    ~Socket() { close(CloseHow::gently); }

    /// Has the shard's poller watch it; false when there is none or the kernel refuses.
    [[nodiscard]] bool attach(Readiness const& readiness) noexcept;

    /// One recv.
    ReadCount read(std::span<char> into) noexcept;

    /// Sends of at most the first 64 buffers what the kernel takes. `blocked` means that it was
    /// asked until it refused, so the poller will tell when it takes bytes again. `more_follows`:
    /// another write comes at once, so that the kernel need not send these bytes by themselves.
    WriteResult write(std::span<ConstBuffer const> buffers, bool more_follows = false) noexcept;

    /// The peer reads to the end of what was sent and then sees the end; reading goes on.
    void end_output() noexcept;

    /// Gently: what was sent still reaches the peer. Abort: the kernel forgets it (linger 0).
    void close(CloseHow how) noexcept;

    int descriptor() const noexcept { return descriptor_; }

    // As a ByteStream: it keeps nothing itself.
    static constexpr bool has_unread() noexcept { return false; }
    static constexpr std::size_t unfinished_bytes() noexcept { return 0; }

    static constexpr std::size_t max_buffers = 64;

private:
    int descriptor_ = -1;
    int epoll_ = -1;  // that watches it
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/socket.ipp>
#endif
