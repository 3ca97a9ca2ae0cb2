// SPDX-License-Identifier: MIT
//
// The relay of the benchmark: every message goes to every client, its sender too. What the hub
// costs, and nothing else.
//
//     relay_server --port N        (localhost, any path)
//     relay_server_deflate --port N     compresses with who offers it
//     relay_server_tls --port N --certificate FILE --key FILE

#include <pumphouse/websocket.hpp>

#ifdef RELAY_TLS
#include <pumphouse/tls.hpp>
#endif
#ifdef RELAY_DEFLATE
#include <pumphouse/deflate.hpp>
#endif

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

#ifdef RELAY_TLS
constexpr int arguments = 7;
constexpr char const* usage = "usage: relay_server_tls --port N --certificate FILE --key FILE\n";
#else
constexpr int arguments = 3;
constexpr char const* usage = "usage: relay_server --port N\n";
#endif

int main(int argc, char** argv) try {
    if (argc != arguments || std::string_view{argv[1]} != "--port") {
        std::fputs(usage, stderr);
        return 2;
    }
    pumphouse::ServerOptions options;
    options.port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    options.path = "*";
#ifdef RELAY_TLS
    options.tls = pumphouse::tls_context({.certificate_file = argv[4], .key_file = argv[6]});
#endif
#ifdef RELAY_DEFLATE
    options.compression = pumphouse::deflate();
#endif
    asio::io_context io{1};
    pumphouse::Hub<Relay> hub;
    pumphouse::WebSocketServer server{io, hub, options};
    io.run();
} catch (std::exception const& error) {
    std::fprintf(stderr, "relay_server: %s\n", error.what());
    return 1;
}
