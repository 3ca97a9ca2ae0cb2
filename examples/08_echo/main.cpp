// SPDX-License-Identifier: MIT
//
// An echo server for WebSocket clients: each gets back what it says, text as text and binary as
// binary. The smallest thing to point a WebSocket client or a conformance suite at.
//
//     echo [--port 8080] [--config FILE]      (--help lists all there is)
#include <pumphouse/settings.hpp>
#include <pumphouse/websocket.hpp>

#include <cstdio>
#include <exception>

struct Echo : pumphouse::DefaultPolicy {
    void on_message(auto& hub, auto client, pumphouse::Message message) {
        hub.send(client, message);
    }
};

int main(int argc, char** argv) try {
    pumphouse::ServerOptions options{.path = "*"};
    pumphouse::HubOptions hub_options;
    pumphouse::Settings settings{"echo", "A WebSocket server that says everything back."};
    settings.add_short_name("server.port", "port");
    add_settings(settings, options);
    pumphouse::TraceFileOptions traces;
    add_settings(settings, hub_options);
    add_settings(settings, traces);
    if (auto const status = settings.read(argc, argv)) return *status;

    auto const tracer = tracer_of(traces, "echo");
    hub_options.tracer = tracer.get();
    asio::io_context io{1};
    pumphouse::Hub<Echo> hub{hub_options};
    pumphouse::WebSocketServer server{io, hub, options};
    pumphouse::EndOnSignals const signals{io, server, hub};
    std::printf("echo: ws://localhost:%d\n", server.port());
    std::fflush(stdout);
    io.run();
} catch (std::exception const& error) {
    std::fprintf(stderr, "echo: %s\n", error.what());
    return 1;
}
