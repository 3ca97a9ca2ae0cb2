// SPDX-License-Identifier: MIT
//
// The other end of a connection in the servers' tests: a blocking socket with a deadline, and
// what HTTP and WebSocket peers say. Nothing waits longer than `patience`.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "server/frames.hpp"

namespace peer {

using namespace std::chrono_literals;

inline constexpr auto patience = 10s;

/// Polls for what another thread brings about.
template <typename Condition>
bool eventually(Condition&& condition) {
    auto const end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        ::poll(nullptr, 0, 1);
    }
    return true;
}

class Connection {
public:
    explicit Connection(std::uint16_t port, std::string_view receive_buffer = {})
        : descriptor_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        if (!receive_buffer.empty()) {
            int const bytes = std::atoi(receive_buffer.data());
            ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
        }
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
            int const error = errno;
            ::close(descriptor_);
            throw std::system_error{error, std::generic_category(), "connect"};
        }
    }
    Connection(Connection&& other) noexcept
        : descriptor_{std::exchange(other.descriptor_, -1)}, input_{std::move(other.input_)} {}
    Connection& operator=(Connection&&) = delete;
    virtual ~Connection() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    /// False when the other end is gone.
    virtual bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            auto const sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    void end_sending() { ::shutdown(descriptor_, SHUT_WR); }

    /// Reads more; false at the end, after an error, or when patience is over.
    bool receive() {
        std::string bytes;
        if (!receive_some(bytes)) return false;
        input_ += bytes;
        return true;
    }

    std::string receive_bytes(std::size_t count) {
        while (input_.size() < count && receive()) {
        }
        return take(std::min(count, input_.size()));
    }

    std::string receive_until(std::string_view end) {
        std::size_t at = 0;
        while ((at = input_.find(end)) == std::string::npos) {
            if (!receive()) return take(input_.size());
        }
        return take(at + end.size());
    }

    std::string receive_all() {
        while (receive()) {
        }
        return take(input_.size());
    }

    /// The other end has closed, in order or not, within the patience.
    bool has_ended() {
        while (receive()) {
        }
        return !is_late_;
    }
    bool was_reset() const { return was_reset_; }

    // --- WebSocket ---

    /// The head of the answer.
    std::string upgrade(std::string_view path, std::string_view behind = {}) {
        send("GET " + std::string{path} +
             " HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" +
             std::string{behind});
        return receive_until("\r\n\r\n");
    }

    bool say(std::string_view text) { return send(websocket_frame(Opcode::text, text)); }

    struct Frame {
        int first_byte = -1;
        std::string payload{};
        int opcode() const { return first_byte & 15; }
        int close_code() const {
            if (payload.size() < 2) return -1;
            return static_cast<unsigned char>(payload[0]) << 8 |
                   static_cast<unsigned char>(payload[1]);
        }
    };

    Frame receive_frame() {
        std::string const head = receive_bytes(2);
        if (head.size() < 2) return {};
        std::size_t length = static_cast<unsigned char>(head[1]) & 0x7FU;
        int const more = length == 126 ? 2 : length == 127 ? 8 : 0;
        if (more != 0) {
            length = 0;
            for (char const c : receive_bytes(static_cast<std::size_t>(more))) {
                length = length << 8 | static_cast<unsigned char>(c);
            }
        }
        return {static_cast<unsigned char>(head[0]), receive_bytes(length)};
    }

    std::string hear() { return receive_frame().payload; }

protected:
    /// What the wire has, when it has something.
    bool receive_raw(std::string& bytes) {
        pollfd wanted{descriptor_, POLLIN, 0};
        auto const milliseconds =
            std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
        if (::poll(&wanted, 1, static_cast<int>(milliseconds)) <= 0) {
            is_late_ = true;
            return false;
        }
        char some[65536];
        auto const got = ::recv(descriptor_, some, sizeof some, 0);
        was_reset_ = got < 0;
        if (got <= 0) return false;
        bytes.assign(some, static_cast<std::size_t>(got));
        return true;
    }
    virtual bool receive_some(std::string& bytes) { return receive_raw(bytes); }

private:
    std::string take(std::size_t count) {
        std::string const taken = input_.substr(0, count);
        input_.erase(0, count);
        return taken;
    }

    int descriptor_;
    std::string input_;
    bool is_late_ = false;
    bool was_reset_ = false;
};

struct Answer {
    int status = 0;
    std::string head;
    std::string body;
    bool has(std::string_view header) const {
        return head.find("\r\n" + std::string{header} + "\r\n") != std::string::npos;
    }
};

inline Answer answer_from(Connection& connection) {
    Answer answer;
    answer.head = connection.receive_until("\r\n\r\n");
    if (answer.head.starts_with("HTTP/1.1 ")) answer.status = std::atoi(answer.head.c_str() + 9);
    answer.body = connection.receive_all();
    return answer;
}

inline Answer ask(std::uint16_t port, std::string_view request) {
    Connection connection{port};
    connection.send(request);
    return answer_from(connection);
}

inline Answer get(std::uint16_t port, std::string_view path, std::string_view method = "GET") {
    return ask(port, std::string{method} + " " + std::string{path} +
                         " HTTP/1.1\r\nHost: test\r\n\r\n");
}

}  // namespace peer
