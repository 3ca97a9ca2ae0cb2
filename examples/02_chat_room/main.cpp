// SPDX-License-Identifier: MIT
//
// A whole chat server for WebSocket clients, on ws://localhost:8080/ws: what one says, all others
// hear. The same policy as in 01_hub_in_memory, on a network.
#include <pumphouse/websocket.hpp>

struct Chat : pumphouse::DefaultPolicy {
    void on_open(auto& hub, auto client) { hub.join(client, "lobby"); }
    void on_message(auto& hub, auto client, pumphouse::Message message) {
        hub.broadcast("lobby", message, pumphouse::except(client));
    }
};

int main() {
    asio::io_context io;
    pumphouse::Hub<Chat> hub;
    pumphouse::WebSocketServer server{io, hub, {.port = 8080}};
    pumphouse::EndOnSignals const signals{io, server, hub};
    io.run();
}
