// SPDX-License-Identifier: MIT
//
// An echo server for WebSocket clients: each gets back what it says, text as text and binary as
// binary. The smallest thing to point a WebSocket client or a conformance suite at.
//
//     echo [--port 8080] [--config FILE]      (--help lists all there is)
//
// Like every server it has a limit of messages, 100 per second and client; a conformance suite
// wants --security.messages_per_second 0. On /metrics it says what it does, on /health how it is.
#include <pumphouse/prometheus.hpp>
#include <pumphouse/settings.hpp>
#include <pumphouse/websocket.hpp>

#include <cstdio>
#include <exception>
#include <string>

struct Echo : pumphouse::DefaultPolicy {
    void on_message(auto& hub, auto client, pumphouse::Message message) {
        hub.send(client, message);
    }
};

int main(int argc, char** argv) try {
    pumphouse::ServerOptions options{.path = "*"};
    pumphouse::HubOptions hub_options{.rate = {.messages = {.per_second = 100, .burst = 200}}};
    std::string metrics_path = "/metrics";
    pumphouse::Settings settings{"echo", "A WebSocket server that says everything back."};
    settings.add_short_name("server.port", "port");
    settings.add("monitoring.metrics_path", metrics_path, "For Prometheus; empty: none");
    add_settings(settings, options);
    add_settings(settings, hub_options);
    if (auto const status = settings.read(argc, argv)) return *status;

    asio::io_context io{1};
    pumphouse::Hub<Echo> hub{hub_options};
    pumphouse::WebSocketServer server{io, hub, options};
    pumphouse::PrometheusPage page;
    page.add(hub);
    page.add([&server](pumphouse::MetricSink& sink) { describe(server.upgrade_stats(), sink); });
    if (!metrics_path.empty()) {
        server.admin_route("GET", metrics_path, [&page](auto const&) {
            return pumphouse::HttpResponse{200, std::string{page.content_type}, page.text()};
        });
    }
    pumphouse::EndOnSignals const signals{io, server, hub};
    std::printf("echo: ws://localhost:%d\n", server.port());
    std::fflush(stdout);
    io.run();
} catch (std::exception const& error) {
    std::fprintf(stderr, "echo: %s\n", error.what());
    return 1;
}
