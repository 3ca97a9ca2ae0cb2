// SPDX-License-Identifier: MIT
//
// The orderly end of a program at a signal.

#include <atomic>
#include <csignal>
#include <mutex>

#include "server/served.hpp"

using namespace served;

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
    CHECK(peer::eventually([&] { return !listens(site.port()); }));  // on a strand of its own
    clients.clear();
    site.threads->join();  // io.run() has returned by itself
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
