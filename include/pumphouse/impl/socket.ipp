// SPDX-License-Identifier: MIT
// Bodies of transport/socket/socket.hpp.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <pumphouse/transport/socket/epoll_poller.hpp>
#include <pumphouse/transport/socket/socket.hpp>

namespace pumphouse {

PUMPHOUSE_DECL Socket::Socket(int descriptor, SocketOptions const& options) noexcept
    : descriptor_{descriptor} {
    // Options are a matter of speed: where one is refused the socket works all the same.
    auto const set = [descriptor](int level, int name, int value) {
        ::setsockopt(descriptor, level, name, &value, sizeof value);
    };
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    if (options.send_buffer_bytes > 0) set(SOL_SOCKET, SO_SNDBUF, options.send_buffer_bytes);
    if (options.receive_buffer_bytes > 0) set(SOL_SOCKET, SO_RCVBUF, options.receive_buffer_bytes);
    if (options.no_delay) set(IPPROTO_TCP, TCP_NODELAY, 1);
}

PUMPHOUSE_DECL Socket::Socket(Socket&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)},
      epoll_{std::exchange(other.epoll_, -1)} {}

PUMPHOUSE_DECL Socket& Socket::operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(epoll_, other.epoll_);
    return *this;
}

PUMPHOUSE_DECL bool Socket::attach(Readiness const& readiness) noexcept {
    Poller* const poller = readiness.poller();
    if (poller == nullptr || descriptor_ == -1) return false;
    if (!poller->watch(descriptor_, readiness.token())) return false;
    if (auto const* epoll = dynamic_cast<EpollPoller*>(poller)) epoll_ = epoll->descriptor();
    return true;
}

PUMPHOUSE_DECL Socket::ReadCount Socket::read(std::span<char> into) noexcept {
    for (;;) {
        ssize_t const got = ::recv(descriptor_, into.data(), into.size(), MSG_DONTWAIT);
        if (got > 0) return {Read::bytes, static_cast<std::size_t>(got)};
        if (got == 0) return {Read::ended};
        if (errno == EINTR) continue;
        return {errno == EAGAIN || errno == EWOULDBLOCK ? Read::would_block : Read::failed};
    }
}

PUMPHOUSE_DECL WriteResult Socket::write(std::span<ConstBuffer const> buffers,
                                         bool more_follows) noexcept {
    int const flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more_follows ? MSG_MORE : 0);
    std::array<iovec, max_buffers> pieces;
    std::size_t count = 0;
    for (ConstBuffer const& each : buffers.first(std::min(buffers.size(), max_buffers))) {
        // sendmsg only reads; iovec knows no const.
        if (each.bytes != 0) pieces[count++] = {const_cast<std::byte*>(each.data), each.bytes};
    }
    WriteResult result;
    iovec* first = pieces.data();
    // A short count is no promise of an edge; only being refused is. So: until then, or all.
    while (count != 0) {
        msghdr message{};
        message.msg_iov = first;
        message.msg_iovlen = count;
        ssize_t const sent = count == 1
                                 ? ::send(descriptor_, first->iov_base, first->iov_len, flags)
                                 : ::sendmsg(descriptor_, &message, flags);
        if (sent < 0) {
            if (errno == EINTR) continue;
            (errno == EAGAIN || errno == EWOULDBLOCK ? result.blocked : result.failed) = true;
            return result;
        }
        auto left = static_cast<std::size_t>(sent);
        result.taken += left;
        for (; count != 0 && left >= first->iov_len; --count) left -= first++->iov_len;
        if (count == 0) break;
        first->iov_base = static_cast<std::byte*>(first->iov_base) + left;
        first->iov_len -= left;
    }
    return result;
}

PUMPHOUSE_DECL void Socket::end_output() noexcept {
    if (descriptor_ != -1) ::shutdown(descriptor_, SHUT_WR);
}

PUMPHOUSE_DECL void Socket::close(CloseHow how) noexcept {
    if (descriptor_ == -1) return;
    // Closing ends the watch only when no forked child still has the descriptor; one that has
    // would let events of a client that is gone through. Harmless where it is not watched.
    if (epoll_ != -1) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor_, nullptr);
    if (how == CloseHow::abort) {
        linger const at_once{1, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    } else {
        // Bytes left unread would make the kernel answer with a reset, which may overtake what
        // the peer has still to read.
        constexpr int most_reads = 64;
        std::array<char, 8192> discarded;
        ::shutdown(descriptor_, SHUT_WR);
        for (int i = 0; i < most_reads && read(discarded).what == Read::bytes; ++i) {
        }
    }
    ::close(std::exchange(descriptor_, -1));
}

}  // namespace pumphouse
