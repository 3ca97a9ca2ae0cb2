// SPDX-License-Identifier: MIT
//
// The relay of the benchmark, speaking the JSON room protocol: who joins a room hears what is
// broadcast there, with its position.
//
//     protocol_server --port N        (localhost, any path)

#include <pumphouse/protocol.hpp>
#include <pumphouse/websocket.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

struct Relay : pumphouse::protocol::RoomProtocol<Relay> {
    static constexpr pumphouse::RoomOptions room = pumphouse::protocol::speaking();
};

int main(int argc, char** argv) try {
    if (argc != 3 || std::string_view{argv[1]} != "--port") {
        std::fputs("usage: protocol_server --port N\n", stderr);
        return 2;
    }
    auto const port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    asio::io_context io{1};
    pumphouse::Hub<Relay> hub;
    pumphouse::WebSocketServer server{io, hub, {.port = port, .path = "*"}};
    io.run();
} catch (std::exception const& error) {
    std::fprintf(stderr, "protocol_server: %s\n", error.what());
    return 1;
}
