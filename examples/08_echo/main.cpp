// SPDX-License-Identifier: MIT
//
// An echo server for WebSocket clients: each gets back what it says, text as text and binary as
// binary. The smallest thing to point a WebSocket client or a conformance suite at.
//
//     echo [port]        (8080 when not said)
#include <pumphouse/websocket.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>

struct Echo : pumphouse::DefaultPolicy {
    void on_message(auto& hub, auto client, pumphouse::Message message) {
        hub.send(client, message);
    }
};

int main(int argc, char** argv) try {
    int const port = argc > 1 ? std::atoi(argv[1]) : 8080;
    asio::io_context io{1};
    pumphouse::Hub<Echo> hub;
    pumphouse::WebSocketServer server{
        io, hub, {.port = static_cast<std::uint16_t>(port), .path = "*"}};
    std::printf("echo: ws://localhost:%d\n", server.port());
    std::fflush(stdout);
    io.run();
} catch (std::exception const& error) {
    std::fprintf(stderr, "echo: %s\n", error.what());
    return 1;
}
