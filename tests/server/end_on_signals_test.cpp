// SPDX-License-Identifier: MIT
//
// The orderly end of a program at a signal.

#include <atomic>
#include <csignal>
#include <mutex>

#include "server/served.hpp"

using namespace served;
using namespace std::chrono_literals;

namespace {

bool listens(std::uint16_t port) try {
    peer::Connection const connection{port};
    return true;
} catch (std::system_error const&) {
    return false;
}

void ends_at(int signal) {
    Server<> site;
    std::mutex mutex;
    std::vector<std::size_t> told;
    std::size_t all = 0;
    auto const progress = [&](std::size_t left, std::size_t of) {
        std::scoped_lock const lock{mutex};
        told.push_back(left);
        all = of;
    };
    EndOnSignals const signals{site.io, site.server, site.hub, progress};
    site.run(2);
    std::vector<peer::Connection> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(site.port());
        CHECK(clients.back().upgrade("/ws").starts_with("HTTP/1.1 101 "));
        clients.back().say("hello");
        CHECK(clients.back().hear() == "hello");
    }
    std::raise(signal);
    for (auto& each : clients) {
        auto const frame = each.receive_frame();
        CHECK(frame.opcode() == 8);
        CHECK(frame.close_code() == 1001);
    }
    clients.clear();
    site.threads->join();  // io.run() has returned by itself
    CHECK(!listens(site.port()));
    REQUIRE(told.size() >= 2);
    CHECK(told.front() == 3);
    CHECK(told.back() == 0);
    CHECK(all == 3);
}

}  // namespace

TEST_CASE("signals: at SIGTERM and SIGINT everybody is told, and the io_context runs dry") {
    ends_at(SIGTERM);
    ends_at(SIGINT);
}

TEST_CASE("signals: until the last client is gone, who comes is told 503") {
    HubOptions patient;
    patient.close_wait = 20s;
    Server<> site{{}, {}, patient};
    EndOnSignals const signals{site.io, site.server, site.hub};
    site.run();
    peer::Connection client{site.port()};
    CHECK(client.upgrade("/ws").starts_with("HTTP/1.1 101 "));
    CHECK(peer::get(site.port(), "/health").status == 200);
    std::raise(SIGTERM);
    CHECK(client.receive_frame().close_code() == 1001);
    peer::Answer const health = peer::get(site.port(), "/health");
    CHECK(health.status == 503);
    CHECK(health.body.find(R"("status":"draining")") != std::string::npos);
    peer::Connection late{site.port()};
    std::string const refusal = late.upgrade("/ws");
    CHECK(refusal.starts_with("HTTP/1.1 503 "));
    CHECK(refusal.find("Retry-After: ") != std::string::npos);
    CHECK(site.hub.stats().rejected == 1);
    client.send(peer::websocket_frame(Opcode::close, peer::close_payload(1001)));
    site.threads->join();
    CHECK(!listens(site.port()));
}

TEST_CASE("signals: all hubs and servers that were named end, when the last client is gone") {
    Server<> site;
    Hub<Echo> other;
    WebSocketServer second{site.io, other, on_any_port()};
    TcpServer third{site.io, other, {.port = 0}};
    site.server.add_hub("/other", other);
    EndOnSignals signals{site.io, site.server, site.hub};
    signals.also(other);
    signals.also(second);
    signals.also(third);
    site.run(2);
    std::vector<peer::Connection> clients;
    for (auto const& [port, path] : {std::pair{site.port(), "/ws"}, {site.port(), "/other"},
                                     {second.port(), "/ws"}}) {
        clients.emplace_back(port);
        CHECK(clients.back().upgrade(path).starts_with("HTTP/1.1 101 "));
    }
    std::raise(SIGINT);
    for (auto& each : clients) CHECK(each.receive_frame().close_code() == 1001);
    clients.clear();
    site.threads->join();
    for (auto const port : {site.port(), second.port(), third.port()}) CHECK(!listens(port));
}

TEST_CASE("signals: when all are gone that is told once") {
    Server<> site;
    std::vector<std::size_t> told;
    EndOnSignals const signals{site.io, site.server, site.hub,
                               [&](std::size_t left, std::size_t) { told.push_back(left); }};
    site.run();
    std::raise(SIGINT);
    site.threads->join();
    CHECK(told == std::vector<std::size_t>{0});
}

TEST_CASE("signals: the progress of an end in words names those left and all") {
    std::string said;
    auto const progress =
        EndOnSignals::in_words([&](std::string_view text) { said.append(text).append("; "); });
    progress(5, 5);
    progress(0, 5);
    progress(0, 0);
    CHECK(said == "5 of 5 clients left; 0 of 5 clients left; ");
}

TEST_CASE("signals: SIGHUP is passed on until the end begins, and ends nothing") {
    Server<> site;
    std::atomic<int> hangups{0};
    EndOnSignals signals{site.io, site.server, site.hub};
    signals.on_hangup([&] { ++hangups; });
    site.run(2);
    for (int i = 1; i <= 3; ++i) {
        std::raise(SIGHUP);
        CHECK(peer::eventually([&] { return hangups == i; }));
    }
    peer::Connection client{site.port()};
    CHECK(client.upgrade("/ws").starts_with("HTTP/1.1 101 "));
    client.say("hello");
    CHECK(client.hear() == "hello");
    std::raise(SIGTERM);
    CHECK(client.receive_frame().close_code() == 1001);
    std::raise(SIGHUP);
    client.end_sending();
    site.threads->join();
    CHECK(hangups == 3);
}
