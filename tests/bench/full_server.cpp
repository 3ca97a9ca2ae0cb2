// SPDX-License-Identifier: MIT
//
// The relay of the benchmark with everything on that a server on the internet has, but TLS and
// compression, or with all of it off: heartbeats, deadlines, rate limits of clients and users,
// limits of addresses, the origin check, a log in JSON, health checks, metrics that are read once a
// second, and traces of one message in a hundred. The limits are there and not reached.
//
//     full_server --port N --everything on|off        (localhost, any path)

#include <pumphouse/observe/json_lines.hpp>
#include <pumphouse/observe/tracing/otlp_tracer.hpp>
#include <pumphouse/prometheus.hpp>
#include <pumphouse/websocket.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <string_view>

namespace {

using namespace std::chrono_literals;
using pumphouse::Duration;

struct Relay : pumphouse::DefaultPolicy {
    void on_message(auto& hub, auto, pumphouse::Message message) { hub.broadcast_all(message); }
    void on_log(pumphouse::LogRecord const& record) {
        if (log != nullptr) pumphouse::JsonLines{log}(record);
    }

    std::FILE* log = nullptr;
};

pumphouse::HubOptions nothing() {
    pumphouse::HubOptions options{.max_clients = 0, .max_rooms_per_client = 0};
    options.message_deadline = options.write_deadline = options.close_wait = Duration::zero();
    options.heartbeat.ping_interval = options.heartbeat.pong_wait = Duration::zero();
    options.max_inbound_bytes = 0;
    return options;
}

pumphouse::HubOptions everything() {
    static pumphouse::OtlpTracer tracer{pumphouse::trace_file("/dev/null"),
                                        {.sampling = {.ratio = 0.01}}};
    pumphouse::HubOptions options{.tracer = &tracer};
    constexpr pumphouse::RateLimit plenty{.per_second = 1e9, .burst = 1e9};
    options.rate = {.messages = plenty, .bytes = plenty};
    options.user_rate = options.rate;
    return options;
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 5 || std::string_view{argv[1]} != "--port" ||
        std::string_view{argv[3]} != "--everything") {
        std::fputs("usage: full_server --port N --everything on|off\n", stderr);
        return 2;
    }
    bool const is_full = std::string_view{argv[4]} == "on";
    pumphouse::ServerOptions options;
    options.port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    options.path = "*";
    if (is_full) options.max_clients_per_address = 1'000'000;

    asio::io_context io{1};
    Relay relay;
    relay.log = is_full ? std::fopen("/dev/null", "w") : nullptr;
    pumphouse::Hub<Relay> hub{is_full ? everything() : nothing(), relay};
    pumphouse::WebSocketServer server{io, hub, options};
    pumphouse::PrometheusPage page;
    asio::steady_timer each_second{io};
    std::function<void()> scrape = [&] {
        each_second.expires_after(1s);
        each_second.async_wait([&](auto error) {
            if (error) return;
            if (page.text().empty()) std::abort();
            scrape();
        });
    };
    if (is_full) {
        page.add(hub);
        server.add_check("disk", [] { return pumphouse::CheckResult{}; });
        scrape();
    }
    io.run();
} catch (std::exception const& error) {
    std::fprintf(stderr, "full_server: %s\n", error.what());
    return 1;
}
