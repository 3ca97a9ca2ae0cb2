// SPDX-License-Identifier: MIT
//
// Clients of a hub over WebSocket: the upgrade, paths, limits, threads, the end.

#include "server/served.hpp"

#include <memory>

using namespace served;
using namespace std::chrono_literals;

TEST_CASE("a message goes to the hub and back") {
    Server<> site;
    site.run();
    peer::Connection client{site.port()};
    CHECK(client.upgrade("/ws").starts_with("HTTP/1.1 101 "));
    client.say("hello");
    CHECK(client.hear() == "hello");
    CHECK(site.server.connection_count() == 1);
}

TEST_CASE("what stands behind the upgrade is not lost") {
    Server<> site;
    site.run();
    peer::Connection client{site.port()};
    std::string frames;
    for (int i = 0; i < 100; ++i) {
        frames += peer::websocket_frame(Opcode::text, std::string(100, 'a') + std::to_string(i));
    }
    // More than one read takes: a part of it is still in the kernel when the hub takes over.
    client.upgrade("/ws", frames + peer::websocket_frame(Opcode::text, std::string(100'000, 'z')));
    for (int i = 0; i < 100; ++i) CHECK(client.hear() == std::string(100, 'a') + std::to_string(i));
    std::string last;
    for (bool is_final = false; !is_final;) {
        auto const frame = client.receive_frame();
        REQUIRE(frame.first_byte >= 0);
        last += frame.payload;
        is_final = (frame.first_byte & 0x80) != 0;
    }
    CHECK(last == std::string(100'000, 'z'));
}

TEST_CASE("an upgrade elsewhere is 404, a wrong one is answered and the connection ends") {
    Server<> site;
    site.run();
    CHECK(peer::Connection{site.port()}.upgrade("/elsewhere").starts_with("HTTP/1.1 404 "));
    CHECK(peer::Connection{site.port()}.upgrade("/health").starts_with("HTTP/1.1 404 "));
    auto const ask = [&](std::string_view first, std::string_view headers) {
        return peer::ask(site.port(), std::string{first} +
                                          "\r\nHost: test\r\nUpgrade: websocket\r\n" +
                                          std::string{headers} + "\r\n")
            .status;
    };
    std::string const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    std::string const version = "Sec-WebSocket-Version: 13\r\n";
    std::string const upgrade = "Connection: keep-alive, Upgrade\r\n";
    CHECK(ask("GET /ws HTTP/1.1", upgrade + version) == 400);
    CHECK(ask("GET /ws HTTP/1.1", upgrade + key) == 426);
    CHECK(ask("GET /ws HTTP/1.1", key + version) == 426);
    CHECK(ask("POST /ws HTTP/1.1", upgrade + key + version) == 405);
    CHECK(ask("GET /ws HTTP/1.0", upgrade + key + version) == 400);
    CHECK(ask("GET /ws HTTP/1.1", upgrade + key + version + "Content-Length: 3\r\n") == 400);
    CHECK(ask("GET /ws HTTP/1.1", "Upgrade: h2c\r\n" + upgrade + key) == 426);
}

TEST_CASE("paths lead to their hubs, and a star to all that is left") {
    Server<> site{{}, Echo{{}, "one:"}};
    Hub<Echo> two{HubOptions{}, Echo{{}, "two:"}};
    Hub<Echo> any{HubOptions{}, Echo{{}, "any:"}};
    site.server.add_hub("/game", two);
    site.server.add_hub("*", any);
    CHECK_THROWS_AS(site.server.add_hub("/game", two), std::invalid_argument);
    CHECK_THROWS_AS(site.server.add_hub("game", two), std::invalid_argument);
    site.run();
    auto const hear_at = [&](std::string_view path) {
        peer::Connection client{site.port()};
        client.upgrade(path);
        client.say("x");
        return client.hear();
    };
    CHECK(hear_at("/ws?token=1") == "one:x");
    CHECK(hear_at("/game") == "two:x");
    CHECK(hear_at("/anything/else") == "any:x");
    site.threads.reset();
}

TEST_CASE("a full hub refuses before the upgrade, and takes the next when one has left") {
    HubOptions few;
    few.max_clients = 2;
    Server<> site{{}, {}, few};
    site.run();
    auto first = std::make_unique<peer::Connection>(site.port());
    peer::Connection second{site.port()};
    CHECK(first->upgrade("/ws").starts_with("HTTP/1.1 101 "));
    CHECK(second.upgrade("/ws").starts_with("HTTP/1.1 101 "));
    auto const answer = peer::Connection{site.port()}.upgrade("/ws");
    CHECK(answer.starts_with("HTTP/1.1 503 "));
    CHECK(answer.find("\r\nRetry-After: ") != std::string::npos);
    CHECK(peer::get(site.port(), "/health").status == 200);
    first.reset();
    CHECK(peer::eventually([&] {
        return peer::Connection{site.port()}.upgrade("/ws").starts_with("HTTP/1.1 101 ");
    }));
}

TEST_CASE("max_connections counts handshakes and clients alike") {
    ServerOptions options;
    options.max_connections = 3;
    Server<> site{options};
    site.run();
    peer::Connection client{site.port()};
    CHECK(client.upgrade("/ws").starts_with("HTTP/1.1 101 "));
    auto silent = std::make_unique<peer::Connection>(site.port());
    peer::Connection other{site.port()};
    CHECK(peer::eventually([&] { return site.server.connection_count() == 3; }));
    auto const answer = peer::get(site.port(), "/health");
    CHECK(answer.status == 503);
    CHECK(answer.head.find("\r\nRetry-After: ") != std::string::npos);
    CHECK(peer::Connection{site.port()}.upgrade("/ws").starts_with("HTTP/1.1 503 "));
    // A crowd of refused ones is not kept either.
    std::vector<peer::Connection> crowd;
    for (int i = 0; i < 200; ++i) crowd.emplace_back(site.port());
    for (auto& each : crowd) CHECK(peer::answer_from(each).status == 503);
    CHECK(site.server.connection_count() == 3);
    silent.reset();
    CHECK(peer::eventually([&] { return peer::get(site.port(), "/health").status == 200; }));
    client.say("still here");
    CHECK(client.hear() == "still here");
}

TEST_CASE("max_clients_per_address counts until the client is gone") {
    ServerOptions options;
    options.max_clients_per_address = 2;
    Server<> site{options};
    site.run();
    auto first = std::make_unique<peer::Connection>(site.port());
    peer::Connection second{site.port()};
    CHECK(first->upgrade("/ws").starts_with("HTTP/1.1 101 "));
    CHECK(second.upgrade("/ws").starts_with("HTTP/1.1 101 "));
    CHECK(peer::get(site.port(), "/health").status == 503);
    first.reset();
    CHECK(peer::eventually([&] { return peer::get(site.port(), "/health").status == 200; }));
}

TEST_CASE("clients of four threads and four shards all hear everybody") {
    HubOptions sharded;
    sharded.shards = 4;
    Server<Relay> site{{}, {}, sharded};
    site.run(4);
    constexpr int count = 20;
    constexpr int rounds = 10;
    std::vector<peer::Connection> clients;
    for (int i = 0; i < count; ++i) {
        clients.emplace_back(site.port());
        CHECK(clients.back().upgrade("/ws").starts_with("HTTP/1.1 101 "));
    }
    meet(clients);
    for (int round = 0; round < rounds; ++round) {
        for (auto& each : clients) each.say("round");
    }
    for (auto& each : clients) {
        for (int heard = 0; heard < rounds * count;) {
            auto const frame = each.receive_frame();
            REQUIRE(frame.first_byte >= 0);
            heard += frame.payload == "round";
        }
    }
}

TEST_CASE("io.run() returns when the server has stopped and the hub was shut down") {
    Server<> site;
    site.run(2);
    peer::Connection client{site.port()};
    client.upgrade("/ws");
    client.say("x");
    CHECK(client.hear() == "x");
    site.server.stop();
    site.hub.shutdown();
    auto const frame = client.receive_frame();
    CHECK(frame.opcode() == 8);
    CHECK(frame.close_code() == 1001);
    client.send(peer::websocket_frame(Opcode::close, peer::close_payload(1001)));
    CHECK(client.has_ended());
    site.threads->join();
    CHECK(site.io.stopped());
    CHECK_THROWS_AS(peer::Connection{site.port()}, std::system_error);
}

TEST_CASE("a server ends while its io_context and its hub go on") {
    asio::io_context io;
    Hub<Echo> hub;
    auto server = std::make_unique<WebSocketServer>(io, hub, on_any_port());
    auto const port = server->port();
    Threads threads{io, 2};
    peer::Connection client{port};
    client.upgrade("/ws");
    peer::Connection shaking_hands{port};
    CHECK(peer::eventually([&] { return server->connection_count() == 2; }));
    server.reset();
    CHECK(shaking_hands.has_ended());
    CHECK_THROWS_AS(peer::Connection{port}, std::system_error);
    client.say("still here");
    CHECK(client.hear() == "still here");
    WebSocketServer again{io, hub, {.port = port}};
    CHECK(peer::get(port, "/health").status == 200);
}

TEST_CASE("a server and a hub may end before and after their io_context") {
    auto io = std::make_unique<asio::io_context>();
    auto hub = std::make_unique<Hub<Echo>>();
    auto server = std::make_unique<WebSocketServer>(*io, *hub, on_any_port());
    peer::Connection client{server->port()};
    SECTION("the io_context first") {
        io->poll();
        io.reset();
        server.reset();
        hub.reset();
    }
    SECTION("the hub first") {
        hub.reset();
        io->poll();
        server.reset();
    }
    SECTION("unused") {
        server.reset();
        hub.reset();
    }
}

TEST_CASE("a server may end inside one of its handlers") {
    asio::io_context io;
    Hub<Echo> hub;
    auto server = std::make_unique<WebSocketServer>(io, hub, on_any_port());
    auto const port = server->port();
    server->route("GET", "/end", [&](HttpRequest const&) {
        server.reset();
        return HttpResponse{};
    });
    Threads threads{io};
    CHECK(peer::get(port, "/end").status == 0);
    CHECK_THROWS_AS(peer::Connection{port}, std::system_error);
}

TEST_CASE("the end of a server waits for its handler on another thread") {
    asio::io_context io;
    Hub<Echo> hub;
    auto server = std::make_unique<WebSocketServer>(io, hub, on_any_port());
    std::atomic<bool> is_inside{false};
    std::atomic<bool> has_left{false};
    server->route("GET", "/slow", [&](HttpRequest const&) {
        is_inside = true;
        ::poll(nullptr, 0, 50);
        has_left = true;
        return HttpResponse{};
    });
    Threads threads{io};
    peer::Connection client{server->port()};
    client.send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n");
    CHECK(peer::eventually([&] { return is_inside.load(); }));
    server.reset();
    CHECK(has_left);
}
