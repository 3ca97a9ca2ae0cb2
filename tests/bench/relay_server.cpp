// SPDX-License-Identifier: MIT
//
// The relay of the benchmark: every message goes to every client, its sender too. What the hub
// costs, and nothing else.
//
//     relay_server --port N        (localhost, any path)

#include <pumphouse/websocket.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

struct Relay : pumphouse::DefaultPolicy {
    void on_message(auto& hub, auto, pumphouse::Message message) {
        hub.broadcast_all(message);
    }
};

int main(int argc, char** argv) try {
    if (argc != 3 || std::string_view{argv[1]} != "--port") {
        std::fputs("usage: relay_server --port N\n", stderr);
        return 2;
    }
    auto const port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    asio::io_context io{1};
    pumphouse::Hub<Relay> hub;
    pumphouse::WebSocketServer server{io, hub, {.port = port, .path = "*"}};
    io.run();
} catch (std::exception const& error) {
    std::fprintf(stderr, "relay_server: %s\n", error.what());
    return 1;
}
