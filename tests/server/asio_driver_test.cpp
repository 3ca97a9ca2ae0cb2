// SPDX-License-Identifier: MIT
//
// A hub on the host's io_context.

#include "server/served.hpp"

#include <atomic>
#include <memory>
#include <stdexcept>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

using namespace served;
using namespace std::chrono_literals;

TEST_CASE("a hub has one driver, of one io_context") {
    asio::io_context io;
    asio::io_context other;
    Hub<Echo> hub;
    AsioDriver& driver = asio_driver(io, hub);
    CHECK(&asio_driver(io, hub) == &driver);
    CHECK_THROWS_AS(asio_driver(other, hub), std::logic_error);
    CHECK_THROWS_AS((WebSocketServer{other, hub, on_any_port()}), std::logic_error);
}

TEST_CASE("the driver keeps io.run() until the hub is shut down") {
    for (std::size_t const shards : {1U, 4U}) {
        HubOptions options;
        options.shards = shards;
        asio::io_context io;
        Hub<Echo> hub{options};
        asio_driver(io, hub);
        std::jthread thread{[&] { io.run(); }};
        CHECK_FALSE(io.stopped());
        hub.shutdown();
        thread.join();
        CHECK(io.stopped());
    }
}

TEST_CASE("the host's other handlers get their turn while a shard is busy") {
    Server<Relay> site;
    site.run();
    peer::Connection sender{site.port()};
    sender.upgrade("/ws");
    std::atomic<bool> has_run{false};
    std::string many;
    for (int i = 0; i < 2000; ++i) {
        many += peer::websocket_frame(Opcode::text, std::string(50, 'x'));
    }
    sender.send(many);
    asio::post(site.io, [&] { has_run = true; });
    CHECK(peer::eventually([&] { return has_run.load(); }));
}

TEST_CASE("a timer of the hub fires with nothing else to do") {
    HubOptions options;
    options.heartbeat.ping_interval = 30ms;
    options.heartbeat.pong_wait = 60ms;
    Server<> site{{}, {}, options};
    site.run();
    peer::Connection client{site.port()};
    client.upgrade("/ws");
    CHECK(client.receive_frame().opcode() == 9);
    // It does not answer, and is gone.
    auto frame = client.receive_frame();
    while (frame.opcode() == 9) frame = client.receive_frame();
    CHECK(client.has_ended());
}

TEST_CASE("messages of the host's threads wake the sleeping hub") {
    Server<> site;
    site.run(4);
    peer::Connection client{site.port()};
    client.upgrade("/ws");
    CHECK(peer::eventually([&] { return site.hub.client_count() == 1; }));
    client.say("open");
    CHECK(client.hear() == "open");
    for (int i = 0; i < 500; ++i) {
        CHECK(site.hub.broadcast_all({std::to_string(i), Opcode::text}) == Accepted::accepted);
        CHECK(client.hear() == std::to_string(i));
    }
}

TEST_CASE("a hub may end while threads run its io_context") {
    asio::io_context io;
    auto const keep = asio::make_work_guard(io);
    Threads threads{io, 4};
    for (int i = 0; i < 50; ++i) {
        HubOptions options;
        options.shards = 2;
        Hub<Relay> hub{options};
        WebSocketServer server{io, hub, on_any_port()};
        peer::Connection client{server.port()};
        client.upgrade("/ws");
        client.say("x");
        if (i % 2 == 0) CHECK(client.hear() == "x");
    }
}
