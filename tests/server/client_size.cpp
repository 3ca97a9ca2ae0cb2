// SPDX-License-Identifier: MIT
//
// What an idle WebSocket client in one room costs over a real socket: at most 1.5 KB of heap, all
// that the server, the hub and Asio keep of it, whether or not it has said and heard something.
// What the kernel keeps is not counted. A program of its own, because it counts memory.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <stdexcept>
#include <string_view>

#include <pumphouse/deflate.hpp>
#include <pumphouse/websocket.hpp>

#include "support/counted_memory.hpp"

namespace {

using namespace pumphouse;

constexpr std::size_t clients = 450;  // of two descriptors each; most machines allow 1,024
constexpr std::size_t earlier = 50;   // what the first ones need is there for all
constexpr double most = 1536;
constexpr double most_for_compression = 80;  // more; its inflater is lent for a message only

struct Lobby : DefaultPolicy {
    struct Session {
        std::uint64_t number = 0;
    };
    void on_open(auto& hub, ClientId client) { hub.join(client, "lobby"); }
    void on_message(auto& hub, ClientId client, Message message) { hub.send(client, message); }
};

// Peers allocate nothing, and everything happens in one thread.
class Peers {
public:
    ~Peers() {
        for (int const each : descriptors_) {
            if (each >= 0) ::close(each);
        }
    }

    void connect(std::uint16_t port) {
        int const descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        descriptors_.at(count_++) = descriptor;
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        constexpr std::string_view request =
            "GET /ws HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
        if (::connect(descriptor, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 ||
            ::send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) !=
                static_cast<ssize_t>(request.size())) {
            throw std::runtime_error{"a peer cannot connect"};
        }
    }

    void say(std::size_t peer, std::string_view frame) const {
        if (::send(descriptors_[peer], frame.data(), frame.size(), MSG_NOSIGNAL) < 0) {
            throw std::runtime_error{"a peer cannot send"};
        }
    }

    void hear(std::size_t peer) const {
        std::array<char, 1024> some;
        if (::recv(descriptors_[peer], some.data(), some.size(), 0) <= 0) {
            throw std::runtime_error{"a peer hears nothing"};
        }
    }

private:
    std::array<int, clients> descriptors_ = [] {
        std::array<int, clients> all;
        all.fill(-1);
        return all;
    }();
    std::size_t count_ = 0;
};

void run_until(asio::io_context& io, auto&& is_reached) {
    while (!is_reached()) io.run_one();
    while (io.poll() != 0) {
    }
}

struct Cost {
    double when_new;
    double having_talked;
};

bool is_small(char const* when, double each, double most_bytes) {
    std::printf("an idle WebSocket client in one room, %s: %.0f bytes, at most %.0f\n", when, each,
                most_bytes);
    return each <= most_bytes;
}

Cost measure(Compression const* compression) {
    asio::io_context io{1};
    Hub<Lobby> hub;
    ServerOptions options;
    options.port = 0;
    options.compression = compression;
    WebSocketServer server{io, hub, options};
    Shard const& shard = hub.shard(0);
    Peers peers;
    auto const connect = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) {
            peers.connect(server.port());
            run_until(io, [&] {
                Room const* const lobby = shard.room("lobby");
                return lobby != nullptr && lobby->members.size() == i + 1;
            });
        }
    };
    auto const say_hello = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) {
            compression == nullptr
                ? peers.say(i, {"\x81\x85\0\0\0\0hello", 11})
                : peers.say(i, {"\xc1\x87\0\0\0\0\xf2\x48\xcd\xc9\xc9\x07\0", 13});
            run_until(io, [&] { return shard.stats().messages_received == i + 1; });
            peers.hear(i);  // the handshake's answer, and behind it the echo
        }
    };
    connect(0, earlier);
    say_hello(0, earlier);
    std::int64_t const before = support::heap_bytes;
    connect(earlier, clients);
    auto const each = [&] {
        return static_cast<double>(support::heap_bytes - before) / double{clients - earlier};
    };
    double const when_new = each();
    say_hello(earlier, clients);
    return {when_new, each()};
}

}  // namespace

int main() {
    Cost const plain = measure(nullptr);
    Cost const packed = measure(deflate());
    bool is_right = is_small("new", plain.when_new, most);
    is_right &= is_small("having talked", plain.having_talked, most);
    is_right &= is_small("new, for compression", packed.when_new - plain.when_new,
                         most_for_compression);
    is_right &= is_small("having talked, for compression",
                         packed.having_talked - plain.having_talked, most_for_compression);
    return is_right ? 0 : 1;
}
