// SPDX-License-Identifier: MIT
//
// The server of the benchmark of slices: a room of many who hear all that one of them says, and
// two questions whose answers must not have to wait for that. The first byte of a message says
// what it is: b, to everybody in the room; d, back to its sender; j, join another room, answered
// by `on_joined`, and leave it again; q, leave the crowd; s, how many slices there were.
//
//     slices_server --port N        (localhost, any path)

#include <pumphouse/websocket.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

struct Crowd : pumphouse::DefaultPolicy {
    static constexpr pumphouse::HubOptions options{.max_clients = 0};

    void on_open(auto& hub, pumphouse::ClientId client) { hub.join(client, "crowd"); }

    void on_message(auto& hub, pumphouse::ClientId client, pumphouse::Message message) {
        switch (message.payload.empty() ? '\0' : message.payload.front()) {
            case 'b': hub.broadcast("crowd", message); break;
            case 'd': hub.send(client, message); break;
            case 'j': hub.join(client, "lobby"); break;
            case 'q': hub.leave(client, "crowd"); break;
            case 's': tell_slices(hub, client); break;
            default: hub.close(client);
        }
    }

    void on_joined(auto& hub, pumphouse::ClientId client, std::string_view room, auto const&) {
        if (room != "lobby") return;
        hub.send(client, pumphouse::binary("j"));
        hub.leave(client, room);
    }

private:
    static void tell_slices(auto& hub, pumphouse::ClientId client) {
        auto const slices = hub.hub().shard(0).stats().flush_slices;  // this hook's own shard
        hub.send(client, pumphouse::binary("s" + std::to_string(slices)));
    }
};

int main(int argc, char** argv) try {
    if (argc != 3 || std::string_view{argv[1]} != "--port") {
        std::fputs("usage: slices_server --port N\n", stderr);
        return 2;
    }
    pumphouse::ServerOptions options;
    options.port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    options.path = "*";
    asio::io_context io{1};
    pumphouse::Hub<Crowd> hub;
    pumphouse::WebSocketServer server{io, hub, options};
    io.run();
} catch (std::exception const& error) {
    std::fprintf(stderr, "slices_server: %s\n", error.what());
    return 1;
}
