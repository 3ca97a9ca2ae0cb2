// SPDX-License-Identifier: MIT
//
// The floor: what a broadcast costs when nothing but the kernel is in the way. One thread, one
// epoll, no library; every text or binary message goes to every client, its sender too. A turn
// reads all that is ready, frames each message once into one log, and then makes exactly one send()
// per client for the whole turn. There are no rooms, no limits per client but one, no fragments, no
// timers: a server that offers those and comes near these numbers has nothing left to gain.
//
//     floor_server --port N        (listens on 127.0.0.1, any path)

#include "accept_key.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace pumphouse::bench {
namespace {

constexpr std::size_t max_message_bytes = 512 * 1024;
constexpr std::size_t max_request_bytes = 16 * 1024;
constexpr std::size_t max_behind_bytes = 1024 * 1024;
constexpr std::size_t max_batch_bytes = 1024 * 1024;
constexpr std::size_t read_buffer_bytes = 1024 * 1024;
constexpr int send_buffer_bytes = 256 * 1024;
constexpr int passes_per_turn = 4;

enum Opcode : std::uint8_t { text = 1, binary = 2, closing = 8, ping = 9, pong = 10 };

int checked(int result, const char* what) {
    if (result < 0) throw std::system_error{errno, std::generic_category(), what};
    return result;
}

// ---- frames ------------------------------------------------------------------------------------

struct Frame {
    enum class Verdict { incomplete, whole, wrong } verdict = Verdict::incomplete;
    std::uint8_t opcode = 0;
    std::string_view key{}, payload{};
    std::size_t bytes = 0;
};

Frame parse_frame(std::string_view in) {
    constexpr auto wrong = Frame{.verdict = Frame::Verdict::wrong};
    if (in.size() < 2) return {};
    const auto first = static_cast<std::uint8_t>(in[0]), second = static_cast<std::uint8_t>(in[1]);
    // FIN and no reserved bit, masked: what every client sends that neither fragments nor deflates.
    if ((first & 0xF0) != 0x80 || (second & 0x80) == 0) return wrong;

    std::size_t length = second & 0x7F;
    const std::size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
    const std::size_t head = 2 + extended + 4;
    if (in.size() < head) return {};
    if (extended != 0) length = 0;
    for (std::size_t i = 0; i < extended; ++i) {
        length = length << 8 | static_cast<std::uint8_t>(in[2 + i]);
    }
    if (length > max_message_bytes) return wrong;
    if (in.size() < head + length) return {};
    return {Frame::Verdict::whole, static_cast<std::uint8_t>(first & 0x0F), in.substr(head - 4, 4),
            in.substr(head, length), head + length};
}

void unmask(char* to, std::string_view from, std::string_view key) {
    std::array<char, 8> twice{key[0], key[1], key[2], key[3], key[0], key[1], key[2], key[3]};
    const auto wide_key = std::bit_cast<std::uint64_t>(twice);
    std::size_t i = 0;
    for (; i + 8 <= from.size(); i += 8) {
        std::uint64_t word;
        std::memcpy(&word, from.data() + i, 8);
        word ^= wide_key;
        std::memcpy(to + i, &word, 8);
    }
    for (; i < from.size(); ++i) to[i] = static_cast<char>(from[i] ^ key[i % 4]);
}

void append_frame(std::string& out, const Frame& frame, std::uint8_t opcode) {
    const std::size_t length = frame.payload.size();
    out += static_cast<char>(0x80 | opcode);
    const int extended = length < 126 ? 0 : length < 65536 ? 2 : 8;
    out += static_cast<char>(extended == 0 ? length : extended == 2 ? 126u : 127u);
    for (int shift = 8 * (extended - 1); shift >= 0; shift -= 8) {
        out += static_cast<char>(length >> shift & 0xFF);
    }
    const std::size_t start = out.size();
    out.resize(start + length);
    unmask(out.data() + start, frame.payload, frame.key);
}

// ---- the handshake -----------------------------------------------------------------------------

/// The value of Sec-WebSocket-Key, or nothing when this is no upgrade.
std::string_view find_key(std::string_view head) {
    constexpr std::string_view name = "\r\nsec-websocket-key:";
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
    const auto found = std::search(head.begin(), head.end(), name.begin(), name.end(), same);
    if (found == head.end()) return {};
    head.remove_prefix(static_cast<std::size_t>(found - head.begin()) + name.size());
    head.remove_prefix(std::min(head.find_first_not_of(' '), head.size()));
    return head.substr(0, head.find_first_of(" \r"));
}

std::string switching_protocols(std::string_view key) {
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: " + accept_key(key) + "\r\n\r\n";
}

// ---- the server --------------------------------------------------------------------------------

/// What few clients have at any moment, and idle ones never.
struct Backlog {
    std::string unread;  // the begin of a frame or request
    std::string unsent;  // what the socket refused
};

struct Client {
    enum class State : std::uint8_t { gone, connected, open };

    std::unique_ptr<Backlog> backlog;
    std::uint32_t member = 0;  // index in members_ while open
    State state = State::gone;
};
static_assert(sizeof(Client) == 16, "an idle client is nearly nothing");

class FloorServer {
public:
    explicit FloorServer(std::uint16_t port) : buffer_{new char[read_buffer_bytes]} {
        listen_on(port);
    }

    [[noreturn]] void run() {
        for (;;) turn();
    }

private:
    void listen_on(std::uint16_t port) {
        const int yes = 1;
        // Accepted sockets inherit both options, which saves two calls per client.
        setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        setsockopt(listener_, SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes, sizeof send_buffer_bytes);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        checked(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
        checked(listen(listener_, 4096), "listen");
        watch(EPOLL_CTL_ADD, listener_, EPOLLIN);
    }

    /// Reads until nothing more is ready, so that the batch is as large as the load allows.
    void turn() {
        for (int pass = 0; pass < passes_per_turn && log_.size() < max_batch_bytes; ++pass) {
            const int timeout = pass == 0 ? -1 : 0;
            const int ready = epoll_wait(epoll_, events_.data(), int(events_.size()), timeout);
            if (ready <= 0) break;
            for (const auto& event : std::span{events_}.first(static_cast<std::size_t>(ready))) {
                handle(event);
            }
        }
        if (!log_.empty()) flush();
    }

    void handle(const epoll_event& event) {
        const int fd = event.data.fd;
        if (fd == listener_) return accept_all();
        if ((event.events & EPOLLOUT) != 0) drain(fd);
        if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) read(fd);
    }

    void accept_all() {
        for (;;) {
            const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
            if (fd < 0 && (errno == EAGAIN || errno == ECONNABORTED)) return;
            checked(fd, "accept");
            if (clients_.size() <= static_cast<std::size_t>(fd)) {
                clients_.resize(static_cast<std::size_t>(fd) + 1);
            }
            client(fd).state = Client::State::connected;
            watch(EPOLL_CTL_ADD, fd, EPOLLIN);
        }
    }

    void read(int fd) {
        std::size_t filled = 0;
        if (const auto& backlog = client(fd).backlog) {
            filled = backlog->unread.copy(buffer_.get(), backlog->unread.size());
        }
        const ssize_t got = recv(fd, buffer_.get() + filled, read_buffer_bytes - filled, 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) return drop(fd);
        std::string_view in{buffer_.get(), filled + static_cast<std::size_t>(got)};
        if (client(fd).state == Client::State::connected) in.remove_prefix(upgrade(fd, in));
        if (client(fd).state == Client::State::open) in.remove_prefix(take_frames(fd, in));
        if (client(fd).state != Client::State::gone) keep_unread(fd, in);
    }

    std::size_t upgrade(int fd, std::string_view in) {
        const auto end = in.find("\r\n\r\n");
        if (end == in.npos) {
            if (in.size() > max_request_bytes) drop(fd);
            return 0;
        }
        const auto key = find_key(in.substr(0, end + 2));
        if (key.empty()) {
            drop(fd);
            return 0;
        }
        client(fd).state = Client::State::open;
        client(fd).member = static_cast<std::uint32_t>(members_.size());
        members_.push_back(fd);
        send_to(fd, switching_protocols(key));
        return end + 4;
    }

    std::size_t take_frames(int fd, std::string_view in) {
        std::size_t used = 0;
        for (;;) {
            const Frame frame = parse_frame(in.substr(used));
            if (frame.verdict == Frame::Verdict::incomplete) return used;
            if (frame.verdict == Frame::Verdict::wrong || !take(fd, frame)) {
                drop(fd);
                return used;
            }
            used += frame.bytes;
        }
    }

    /// False when the client is to be dropped.
    bool take(int fd, const Frame& frame) {
        if (frame.opcode == text || frame.opcode == binary) {
            append_frame(log_, frame, frame.opcode);
            return true;
        }
        if (frame.opcode != ping && frame.opcode != closing) return frame.opcode == pong;
        std::string answer;
        append_frame(answer, frame, frame.opcode == ping ? pong : closing);
        send_to(fd, answer);
        return frame.opcode == ping && client(fd).state == Client::State::open;
    }

    void flush() {
        // From the back: a drop moves the last member, who has been served, into the gap.
        for (std::size_t i = members_.size(); i-- > 0;) send_to(members_[i], log_);
        log_.clear();
    }

    void send_to(int fd, std::string_view bytes) {
        if (has_unsent(fd)) return keep_unsent(fd, bytes);
        const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return drop(fd);
        const auto taken = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
        if (taken == bytes.size()) return;
        keep_unsent(fd, bytes.substr(taken));
        if (has_unsent(fd)) watch(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLOUT);
    }

    void drain(int fd) {
        if (!has_unsent(fd)) return;
        auto& unsent = client(fd).backlog->unsent;
        const ssize_t sent = send(fd, unsent.data(), unsent.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN) drop(fd);
            return;
        }
        unsent.erase(0, static_cast<std::size_t>(sent));
        if (!unsent.empty()) return;
        watch(EPOLL_CTL_MOD, fd, EPOLLIN);
        if (client(fd).backlog->unread.empty()) client(fd).backlog.reset();
    }

    void keep_unread(int fd, std::string_view rest) {
        auto& backlog = client(fd).backlog;
        if (rest.empty() && !has_unsent(fd)) return backlog.reset();
        if (!backlog) backlog = std::make_unique<Backlog>();
        backlog->unread = rest;
    }

    void keep_unsent(int fd, std::string_view rest) {
        auto& backlog = client(fd).backlog;
        if (!backlog) backlog = std::make_unique<Backlog>();
        if (backlog->unsent.size() + rest.size() > max_behind_bytes) return drop_now(fd);
        backlog->unsent += rest;
    }

    void drop(int fd) {
        if (client(fd).state == Client::State::gone) return;
        if (client(fd).state == Client::State::open) {
            const auto gap = client(fd).member;
            members_[gap] = members_.back();
            client(members_[gap]).member = gap;
            members_.pop_back();
        }
        client(fd) = {};
        close(fd);
    }

    /// Also throws away what the kernel still holds for a client that does not read.
    void drop_now(int fd) {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        drop(fd);
    }

    bool has_unsent(int fd) { return client(fd).backlog && !client(fd).backlog->unsent.empty(); }

    Client& client(int fd) { return clients_[static_cast<std::size_t>(fd)]; }

    void watch(int operation, int fd, std::uint32_t what) {
        epoll_event event{.events = what, .data = {.fd = fd}};
        checked(epoll_ctl(epoll_, operation, fd, &event), "epoll_ctl");
    }

    int epoll_ = checked(epoll_create1(0), "epoll_create1");
    int listener_ = checked(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
    std::array<epoll_event, 1024> events_{};
    std::unique_ptr<char[]> buffer_;  // every client reads into this one
    std::vector<Client> clients_;     // by descriptor
    std::vector<int> members_;        // descriptors of the open ones
    std::string log_;                 // this turn's frames
};

}  // namespace
}  // namespace pumphouse::bench

int main(int argc, char** argv) try {
    if (argc != 3 || std::string_view{argv[1]} != "--port") {
        std::fputs("usage: floor_server --port N\n", stderr);
        return 2;
    }
    const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    pumphouse::bench::FloorServer{port}.run();
} catch (const std::exception& error) {
    std::fprintf(stderr, "floor_server: %s\n", error.what());
    return 1;
}
