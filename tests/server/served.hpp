// SPDX-License-Identifier: MIT
//
// A server on a port of the kernel's choice, its io_context run by threads of its own.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <pumphouse/tcp.hpp>
#include <pumphouse/websocket.hpp>

#include "server/peer.hpp"
#include "support/catch.hpp"

namespace served {

using namespace pumphouse;

/// Answers every client with its own message, behind the name of the hub.
struct Echo : DefaultPolicy {
    std::string name;
    void on_message(auto& hub, ClientId client, Message message) {
        hub.send(client, {name + std::string{message.payload}, message.opcode});
    }
};

/// Everybody hears everything.
struct Relay : DefaultPolicy {
    void on_message(auto& hub, ClientId, Message message) { hub.broadcast_all(message); }
};

class Threads {
public:
    explicit Threads(asio::io_context& io, int count = 1) : io_{io} {
        for (int i = 0; i < count; ++i) threads_.emplace_back([&io] { io.run(); });
    }
    ~Threads() {
        io_.stop();
        join();
    }
    void join() {
        for (auto& each : threads_) {
            if (each.joinable()) each.join();
        }
    }

private:
    asio::io_context& io_;
    std::vector<std::jthread> threads_;
};

/// Until each of a Relay's clients hears what any of them says: it does once it has heard itself.
template <typename Clients>
void meet(Clients& clients) {
    std::size_t number = 0;
    for (auto& each : clients) {
        std::string const own = "here is " + std::to_string(number++);
        each.say(own);
        std::size_t before = 0;
        while (each.hear() != own) REQUIRE(before++ < clients.size());
    }
}

inline ServerOptions on_any_port(ServerOptions options = {}) {
    options.port = 0;
    return options;
}

template <typename Policy = Echo>
struct Server {
    explicit Server(ServerOptions const& options = {}, Policy policy = {},
                    HubOptions const& hub_options = {})
        : hub{hub_options, policy}, server{io, hub, on_any_port(options)} {}
    std::uint16_t port() const { return server.port(); }
    void run(int count = 1) { threads = std::make_unique<Threads>(io, count); }

    asio::io_context io;
    Hub<Policy> hub;
    WebSocketServer server;
    std::unique_ptr<Threads> threads;  // last: joined before the rest ends
};

}  // namespace served
