// SPDX-License-Identifier: MIT
//
// Two connected stream descriptors, over loopback TCP or a socket pair, and the peer's end of
// them for tests.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

struct SocketPair {
    int ours = -1;
    int peers = -1;
};

inline void expect_success(int result, char const* what) {
    if (result < 0) throw std::runtime_error{std::string{what} + " failed in a test"};
}

inline SocketPair unix_pair() {
    int both[2];
    expect_success(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both), "socketpair");
    return {both[0], both[1]};
}

/// On a port of the kernel's choice, of loopback.
struct Listening {
    Listening() {
        descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        expect_success(descriptor, "socket");
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        expect_success(::bind(descriptor, any(), size), "bind");
        expect_success(::listen(descriptor, 64), "listen");
        expect_success(::getsockname(descriptor, any(), &size), "getsockname");
    }
    Listening(Listening const&) = delete;
    Listening& operator=(Listening const&) = delete;
    ~Listening() { ::close(descriptor); }

    sockaddr* any() { return reinterpret_cast<sockaddr*>(&address); }
    std::string name() const { return "127.0.0.1:" + std::to_string(ntohs(address.sin_port)); }

    int descriptor = -1;
    sockaddr_in address{};
};

inline SocketPair tcp_pair(int receive_buffer_bytes = 0) {
    Listening listening;
    SocketPair pair;
    pair.peers = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer_bytes != 0) {
        ::setsockopt(pair.peers, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof(int));
    }
    expect_success(::connect(pair.peers, listening.any(), sizeof listening.address), "connect");
    pair.ours = ::accept4(listening.descriptor, nullptr, nullptr, SOCK_CLOEXEC);
    expect_success(pair.ours, "accept");
    return pair;
}

/// The peer's end. Its reads never wait; its writes do.
class SocketPeer {
public:
    explicit SocketPeer(int descriptor) : descriptor_{descriptor} {}
    SocketPeer(SocketPeer const&) = delete;
    SocketPeer& operator=(SocketPeer const&) = delete;
    ~SocketPeer() {
        if (descriptor_ != -1) ::close(descriptor_);
    }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            ssize_t const sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR) continue;
            expect_success(static_cast<int>(sent), "the peer's send");
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    std::string read(std::size_t most) {
        std::string bytes(std::min(most, std::size_t{64} << 10), '\0');
        ssize_t const got = ::recv(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT);
        bool const would_block = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        if (got <= 0 && !would_block) sees_end_ = true;
        bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return bytes;
    }
    bool sees_end() {
        if (!sees_end_) read_ahead_ += read(1);
        return sees_end_;
    }

    void end() { ::shutdown(descriptor_, SHUT_WR); }
    void vanish() {
        linger const at_once{1, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        ::close(std::exchange(descriptor_, -1));
    }

    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
    bool sees_end_ = false;
    std::string read_ahead_;
};
