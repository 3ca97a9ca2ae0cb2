// SPDX-License-Identifier: MIT
//
// An echo server for WebSocket clients: each gets back what it says, text as text and binary as
// binary. Something to point a WebSocket client or a conformance suite at, with all that a server
// on the internet has besides: settings, limits, TLS, tokens, compression, metrics, traces.
//
//     echo [--port 8080] [--config FILE]      (--help lists all there is)
//
// Like every server it has a limit of messages, 100 per second and client; a conformance suite
// wants --security.messages_per_second 0. On /metrics it says what it does, on /health how it is.
// With --security.tls_certificate and --security.tls_key it speaks wss; at SIGHUP it reads them
// again.
#include <pumphouse/deflate.hpp>
#include <pumphouse/jwt.hpp>
#include <pumphouse/prometheus.hpp>
#include <pumphouse/settings.hpp>
#include <pumphouse/tls.hpp>
#include <pumphouse/websocket.hpp>

#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

struct Echo : pumphouse::DefaultPolicy {
    void on_message(auto& hub, auto client, pumphouse::Message message) {
        hub.send(client, message);
    }
};

namespace {

void say(std::string_view problem) {
    std::fprintf(stderr, "echo: %.*s\n", static_cast<int>(problem.size()), problem.data());
}

}  // namespace

int main(int argc, char** argv) try {
    pumphouse::ServerOptions options{.path = "*", .on_problem = say};
    pumphouse::HubOptions hub_options{.rate = {.messages = {.per_second = 100, .burst = 200}}};
    pumphouse::TlsOptions tls{.on_warning = say};
    pumphouse::JwtFileOptions jwt;
    pumphouse::TraceFileOptions traces;
    std::string metrics_path = "/metrics";
    bool compresses = false;
    pumphouse::Settings settings{"echo", "A WebSocket server that says everything back."};
    settings.add_short_name("server.port", "port");
    settings.add("monitoring.metrics_path", metrics_path, "For Prometheus; empty: none");
    settings.add("websocket.compression", compresses, "For clients that offer permessage-deflate");
    add_settings(settings, options);
    add_settings(settings, hub_options);
    add_settings(settings, tls);
    add_settings(settings, options.authentication);
    add_settings(settings, jwt);
    add_settings(settings, traces);
    if (auto const status = settings.read(argc, argv)) return *status;
    if (tls.is_wanted()) options.tls = pumphouse::tls_context(tls);
    if (compresses) options.compression = pumphouse::deflate();
    std::shared_ptr<pumphouse::JwtVerifier> verifier;
    if (jwt.is_wanted()) {
        verifier = std::make_shared<pumphouse::JwtVerifier>(
            pumphouse::jwt_options(jwt, options.authentication.max_token_bytes));
        options.authentication.verifier = verifier;
    }

    auto const tracer = tracer_of(traces, "echo");
    hub_options.tracer = tracer.get();
    asio::io_context io{1};
    pumphouse::Hub<Echo> hub{hub_options};
    pumphouse::WebSocketServer server{io, hub, options};
    pumphouse::PrometheusPage page;
    page.add(hub);
    page.serve(server, metrics_path);
    pumphouse::EndOnSignals signals{io, server, hub, pumphouse::EndOnSignals::in_words(say)};
    signals.on_hangup([&] {
        if (options.tls) {
            if (auto const problem = server.reload_certificate()) say(problem.text());
        }
        if (!verifier) return;
        if (auto const problem = pumphouse::reload_keys(*verifier, jwt)) say(*problem);
    });
    std::printf("echo: %s://localhost:%d\n", options.tls ? "wss" : "ws", server.port());
    std::fflush(stdout);
    io.run();
} catch (std::exception const& error) {
    say(error.what());
    return 1;
}
