// SPDX-License-Identifier: MIT
//
// The generator's end of a connection, blocking: connecting is not what is measured. It also waits
// for a server that is only just starting.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace pumphouse::bench {

inline int checked(int result, const char* what) {
    if (result < 0) throw std::system_error{errno, std::generic_category(), what};
    return result;
}

class Socket {
public:
    Socket() : fd_{checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")} {}
    Socket(Socket&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    Socket& operator=(Socket&&) = delete;
    ~Socket() {
        if (fd_ >= 0) ::close(fd_);
    }

    int fd() const { return fd_; }

    template <typename Value>
    void set(int level, int option, const Value& value) {
        checked(setsockopt(fd_, level, option, &value, sizeof value), "setsockopt");
    }

    bool connect(std::uint16_t port) {
        const auto to = address(INADDR_LOOPBACK, port);
        return ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    }

    void bind_to(std::uint32_t ip) {
        const auto from = address(ip, 0);
        set(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
        checked(::bind(fd_, reinterpret_cast<const sockaddr*>(&from), sizeof from), "bind");
    }

private:
    static sockaddr_in address(std::uint32_t ip, std::uint16_t port) {
        sockaddr_in result{};
        result.sin_family = AF_INET;
        result.sin_port = htons(port);
        result.sin_addr.s_addr = htonl(ip);
        return result;
    }

    int fd_;
};

struct Dial {
    std::uint16_t port;
    std::uint32_t from = 0;    // source address; 0: the kernel's choice
    int receive_buffer = 0;    // bytes; 0: the kernel's choice
};

inline Socket dial_to(const Dial& dial) {
    Socket socket;
    socket.set(IPPROTO_TCP, TCP_NODELAY, 1);
    socket.set(SOL_SOCKET, SO_RCVTIMEO, timeval{.tv_sec = 10, .tv_usec = 0});
    if (dial.receive_buffer > 0) socket.set(SOL_SOCKET, SO_RCVBUF, dial.receive_buffer);
    if (dial.from != 0) socket.bind_to(dial.from);
    if (!socket.connect(dial.port)) checked(-1, "connect");
    return socket;
}

inline void wait_for_server(std::uint16_t port) {
    using namespace std::chrono_literals;
    for (int i = 0; i < 100; ++i, std::this_thread::sleep_for(100ms)) {
        if (Socket{}.connect(port)) return;
    }
    throw std::runtime_error{"no server answers"};
}

}  // namespace pumphouse::bench
