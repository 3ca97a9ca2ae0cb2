// SPDX-License-Identifier: MIT
//
// When everybody comes at once: the ramp after start by a clock of the test's own, and the cap of
// handshakes by connections that say nothing.

#include <pumphouse/server/storm.hpp>
#include <pumphouse/server/upgrade/upgrade_metrics.hpp>

#include <atomic>
#include <map>
#include <set>
#include <stdexcept>

#include "server/served.hpp"
#include "support/problem_of.hpp"

using namespace served;
using namespace std::chrono_literals;

namespace {

/// Moved by the test, read by the server's thread.
struct RampClock {
    std::atomic<Duration::rep> value{Duration{1h}.count()};
    void move(Duration by) { value += by.count(); }
    std::function<Time()> reader() {
        return [this] { return Time{Duration{value.load()}}; };
    }
};

StormOptions ramp_of(RampClock& clock, std::size_t per_second, Duration time = 30s) {
    StormOptions options;
    options.ramp_per_second = per_second;
    options.ramp_time = time;
    options.clock = clock.reader();
    return options;
}

std::size_t let_in(AcceptRamp& ramp, std::size_t who_ask) {
    std::size_t in = 0;
    for (std::size_t i = 0; i < who_ask; ++i) in += ramp.ask() == 0s ? 1 : 0;
    return in;
}

bool is_open(std::string_view head) { return head.starts_with("HTTP/1.1 101 "); }

}  // namespace

TEST_CASE("ramp: the rate rises second by second, until there is none") {
    RampClock clock;
    AcceptRamp ramp{ramp_of(clock, 10)};
    CHECK(let_in(ramp, 1'000) == 10);
    CHECK(let_in(ramp, 1'000) == 0);
    clock.move(1s);  // from 10 to 20 in a second
    CHECK(let_in(ramp, 1'000) == 15);
    clock.move(1s);
    CHECK(let_in(ramp, 1'000) == 25);
    clock.move(27s);  // whoever has not come does not count later, but for one second
    CHECK(let_in(ramp, 1'000) == 300);
    clock.move(1s);
    CHECK(let_in(ramp, 1'000'000) == 1'000'000);
}

TEST_CASE("ramp: without one everybody gets in, and no clock is asked") {
    StormOptions options;
    options.clock = []() -> Time { throw std::runtime_error{"asked"}; };
    AcceptRamp ramp{options};
    CHECK(let_in(ramp, 100'000) == 100'000);
}

TEST_CASE("ramp: those who are refused and come when told to all get in, never together") {
    RampClock clock;
    AcceptRamp ramp{ramp_of(clock, 100)};
    std::map<int, int> turns;  // second, how many are told it
    for (int i = 0; i < 5'100; ++i) {
        auto const turn = ramp.ask();
        if (turn != 0s) ++turns[static_cast<int>(turn.count())];
    }
    CHECK(turns.begin()->first == 1);
    CHECK(turns.rbegin()->first == 10);  // 100 (10 + 10 * 10 / 2) = 6,000 by then
    int told = 0;
    int came_in = 0;
    for (int second = 1; second <= 10; ++second) {
        clock.move(1s);
        int const now = turns[second];
        told += now;
        CHECK(now <= 100 * (1 + second));  // the rate of that second
        came_in += static_cast<int>(let_in(ramp, static_cast<std::size_t>(now)));
    }
    CHECK(told == 5'000);
    CHECK(came_in == 5'000);
}

TEST_CASE("ramp: nobody is told to wait longer than max_retry_after") {
    RampClock clock;
    StormOptions options = ramp_of(clock, 1);
    options.max_retry_after = 7s;
    AcceptRamp ramp{options};
    std::set<std::chrono::seconds> told;
    for (int i = 0; i < 10'000; ++i) told.insert(ramp.ask());
    CHECK(*told.begin() == 0s);
    CHECK(*told.rbegin() == 7s);
}

TEST_CASE("storm: an option that cannot be meant is refused by name") {
    auto const problem = [](auto&& change) {
        StormOptions options;
        change(options);
        return support::problem_of([&] { AcceptRamp{options}; });
    };
    CHECK(problem([](auto& o) { o.ramp_time = -1s; }) == "storm.ramp_time: must not be negative");
    CHECK(problem([](auto& o) { o.clock = nullptr; }) == "storm.clock: must not be empty");
    CHECK(problem([](auto& o) { o.max_retry_after = 999ms; }) ==
          "storm.max_retry_after: must be a second or more");
}

TEST_CASE("storm: an upgrade before its turn is 503 starting, told when, and counted") {
    RampClock clock;
    ServerOptions options;
    options.storm = ramp_of(clock, 2);
    Server<> site{options};
    site.run();
    std::vector<peer::Connection> clients;
    auto const come = [&] {
        clients.emplace_back(site.port());
        return clients.back().upgrade("/ws");
    };
    CHECK(is_open(come()));
    CHECK(peer::get(site.port(), "/health").status == 200);  // no upgrade, no turn
    CHECK(peer::get(site.port(), "/ws").status == 426);
    CHECK(is_open(come()));
    std::set<std::string> told;
    for (int i = 0; i < 4; ++i) {
        std::string const head = come();
        CHECK(head.starts_with("HTTP/1.1 503 "));
        auto const at = head.find("\r\nRetry-After: ");
        REQUIRE(at != std::string::npos);
        told.insert(head.substr(at + 15, head.find('\r', at + 2) - at - 15));
        CHECK(clients.back().receive_until("}\n").starts_with("{\"error\":\"starting\","));
    }
    CHECK(told == std::set<std::string>{"1", "2"});
    clock.move(1s);
    CHECK(is_open(come()));
    CHECK(site.server.upgrade_stats().refused_because(RefusedBecause::starting) == 4);
    clients.front().say("still served");
    CHECK(clients.front().hear() == "still served");
}

TEST_CASE("storm: over max_handshakes it is 503, and who has finished his makes room") {
    ServerOptions options;
    options.storm.max_handshakes = 3;
    Server<> site{options};
    site.run();
    auto const handshakes = [&] { return site.server.upgrade_stats().handshakes; };
    std::vector<peer::Connection> silent;
    for (int i = 0; i < 3; ++i) silent.emplace_back(site.port());
    CHECK(peer::eventually([&] { return handshakes() == 3; }));
    auto const refused = peer::ask(site.port(), "GET /health HTTP/1.1\r\nHost: test\r\n\r\n");
    CHECK(refused.status == 503);
    CHECK(refused.has("Retry-After: 5"));
    CHECK(refused.body.find("\"error\":\"handshakes_busy\"") != std::string::npos);

    CHECK(is_open(silent[0].upgrade("/ws")));  // a client, and no handshake any more
    CHECK(peer::eventually([&] { return handshakes() == 2; }));
    peer::Connection late{site.port()};
    CHECK(is_open(late.upgrade("/ws")));
    late.say("hello");
    CHECK(late.hear() == "hello");
    silent.pop_back();
    silent.pop_back();
    CHECK(peer::eventually([&] { return handshakes() == 0; }));
    CHECK(site.server.upgrade_stats().refused_because(RefusedBecause::too_many_handshakes) == 1);
}

TEST_CASE("storm: what was counted at the door is described, each reason once") {
    struct Sink final : MetricSink {
        std::map<std::string, double> seen;
        int twice = 0;
        void add(Metric metric, Labels labels, double value) {
            std::string name{metric.name};
            for (Label const& each : labels) {
                name.append(1, ' ').append(each.name).append(1, '=').append(each.value);
            }
            twice += seen.emplace(name, value).second ? 0 : 1;
        }
        void counter(Metric m, Labels l, double value) override { add(m, l, value); }
        void gauge(Metric m, Labels l, double value) override { add(m, l, value); }
        void histogram(Metric, Labels, HistogramView) override {}
    };
    UpgradeCounters counters;
    counters.count_upgraded();
    counters.count(RefusedBecause::starting);
    counters.count(RefusedBecause::out_of_descriptors);
    counters.set_handshakes(7);
    Sink sink;
    describe(counters.stats(), sink, "public");
    CHECK(sink.twice == 0);
    CHECK(sink.seen.at("websocket_upgrades_total server=public") == 1);
    CHECK(sink.seen.at("websocket_refusals_total server=public reason=starting") == 1);
    CHECK(sink.seen.at("websocket_refusals_total server=public reason=out_of_descriptors") == 1);
    CHECK(sink.seen.at("websocket_refusals_total server=public reason=server_full") == 0);
    CHECK(sink.seen.at("websocket_handshakes server=public") == 7);
}

TEST_CASE("what a host's clock throws ends one connection, and the others have their turn") {
    std::atomic<int> asked{0};
    std::atomic<int> told{0};
    ServerOptions options;
    options.storm.ramp_per_second = 100;
    options.storm.clock = [&]() -> Time {
        int const number = ++asked;
        if (number == 2) throw std::runtime_error{"no clock"};
        if (number == 3) throw 7;
        return Time{1s};
    };
    options.on_problem = [&](std::string_view problem) {
        told += problem == "no clock";
        told += 10 * (problem == "something that is no std::exception was thrown");
    };
    Server<> site{options};
    site.run();
    for (int i = 0; i < 2; ++i) {
        peer::Connection unlucky{site.port()};
        CHECK(unlucky.upgrade("/ws").empty());
    }
    peer::Connection client{site.port()};
    REQUIRE(client.upgrade("/ws").starts_with("HTTP/1.1 101 "));
    client.say("served");
    CHECK(client.hear() == "served");
    CHECK(told == 11);
    CHECK(peer::eventually([&] { return site.server.connection_count() == 1; }));
}
