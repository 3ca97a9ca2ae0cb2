// SPDX-License-Identifier: MIT
//
// A whole chat server for WebSocket clients, on ws://localhost:8080/ws: what one says, all others
// hear. The same policy as in 01_hub_in_memory, on a network. `--port 9000` has it elsewhere, and
// --help lists what else there is to say.
#include <pumphouse/settings.hpp>
#include <pumphouse/websocket.hpp>

struct Chat : pumphouse::DefaultPolicy {
    void on_open(auto& hub, auto client) { hub.join(client, "lobby"); }
    void on_message(auto& hub, auto client, pumphouse::Message message) {
        hub.broadcast("lobby", message, pumphouse::except(client));
    }
};

int main(int argc, char** argv) {
    pumphouse::ServerOptions options{.port = 8080};
    pumphouse::HubOptions hub_options;
    pumphouse::Settings settings{"chat_room", "What one says, all others hear."};
    add_settings(settings, options);
    add_settings(settings, hub_options);
    settings.add_short_name("server.port", "port");
    if (auto const status = settings.read(argc, argv)) return *status;

    asio::io_context io;
    pumphouse::Hub<Chat> hub{hub_options};
    pumphouse::WebSocketServer server{io, hub, options};
    pumphouse::EndOnSignals const signals{io, server, hub};
    io.run();
}
