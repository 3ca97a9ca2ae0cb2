// SPDX-License-Identifier: MIT
//
// A hub inside a server that was there before it: on the same io_context and the same four threads,
// it tells WebSocket clients whatever the service (price_service.hpp) is told over TCP.
//
//     inside_an_asio_server [--prices.port 7000] [--port 8080]      (--help lists all there is)
#include "price_service.hpp"

#include <pumphouse/settings.hpp>
#include <pumphouse/websocket.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// Two shards run at a time, and one policy serves both: what it owns must bear that. All it has is
// a pointer to the service, which has a lock.
struct Prices : pumphouse::DefaultPolicy {
    static constexpr pumphouse::HubOptions options{
        .shards = 2, .rate = {.messages = {.per_second = 100, .burst = 200}}};

    PriceService* service = nullptr;

    void on_open(auto& hub, auto client) { hub.join(client, "prices"); }

    // A client may ask, too: a message is the name of what it wants the price of.
    void on_message(auto& hub, auto client, pumphouse::Message message) {
        std::string const name{message.payload};
        hub.send(client, pumphouse::text(name + " " + service->price(name)));
    }
};

void say(std::string_view what) {
    std::fprintf(stderr, "inside_an_asio_server: %.*s\n", static_cast<int>(what.size()),
                 what.data());
}

void run(std::uint16_t service_port, pumphouse::ServerOptions const& options,
         pumphouse::HubOptions const& hub_options) {
    asio::io_context io;
    pumphouse::Hub<Prices> hub{hub_options};

    // From the service to the hub: `broadcast` may be called on any thread. `full` means that the
    // hub is behind by its whole inbox; a price that is left out then is followed by a newer one.
    PriceService service{io, service_port, [&hub](auto const& name, auto const& price) {
                             static_cast<void>(
                                 hub.broadcast("prices", pumphouse::text(name + " " + price)));
                         }};
    hub.policy().service = &service;  // and from the hub to the service
    pumphouse::WebSocketServer server{io, hub, options};

    auto const words = pumphouse::EndOnSignals::in_words(say);

    // The hub sees its clients off; the service, which knows no end, ends with the last of them.
    pumphouse::EndOnSignals const signals{
        io, server, hub, [&io, words](std::size_t left, std::size_t of) {
            words(left, of);
            if (left == 0) io.stop();
        }};
    std::printf("WebSocket on ws://localhost:%d/ws, prices on port %d\n", server.port(),
                service.port());
    std::fflush(stdout);

    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back([&io] { io.run(); });
    io.run();
}

int main(int argc, char** argv) try {
    std::uint16_t service_port = 7000;
    pumphouse::ServerOptions options;
    pumphouse::HubOptions hub_options = Prices::options;
    pumphouse::Settings settings{"inside_an_asio_server", "Prices by TCP, and by WebSocket."};
    settings.add("prices.port", service_port, "Where they are told, line by line; 0: any");
    settings.add_short_name("server.port", "port");
    add_settings(settings, options);
    add_settings(settings, hub_options);
    if (auto const status = settings.read(argc, argv)) return *status;
    run(service_port, options, hub_options);
} catch (std::exception const& error) {
    say(error.what());
    return 1;
}
