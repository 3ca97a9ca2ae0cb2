// SPDX-License-Identifier: MIT
//
// What client/heartbeat.hpp guarantees: one ping at a time, whose clock starts when its bytes
// were taken, and that only whole frames prove life.
#include <pumphouse/client/heartbeat.hpp>

#include "support/catch.hpp"

using namespace pumphouse;
using namespace std::chrono_literals;
using Due = Heartbeat::Due;

namespace {

Time at(Duration since) { return Time{1000s} + since; }

}  // namespace

TEST_CASE("heartbeat: a ping is due after the interval, once") {
    HeartbeatOptions const options;
    Heartbeat beat;
    beat.start(at(0s), options);
    CHECK(beat.deadline(options) == at(54s));
    CHECK(beat.due(at(53s), options) == Due::nothing);
    CHECK(beat.due(at(54s), options) == Due::ping);
    CHECK(beat.due(at(55s), options) == Due::nothing);
    CHECK(beat.deadline(options) == Time::max());
}

TEST_CASE("heartbeat: the clock of a ping starts when its bytes were taken") {
    HeartbeatOptions const options;
    Heartbeat beat;
    beat.start(at(0s), options);
    CHECK(beat.due(at(54s), options) == Due::ping);
    CHECK(beat.due(at(500s), options) == Due::nothing);  // still behind a large message
    beat.ping_taken(at(500s), options);
    CHECK(beat.deadline(options) == at(560s));
    CHECK(beat.due(at(559s), options) == Due::nothing);
    CHECK(beat.due(at(560s), options) == Due::no_pong);
}

TEST_CASE("heartbeat: a pong in time starts the next interval") {
    HeartbeatOptions const options;
    Heartbeat beat;
    beat.start(at(0s), options);
    CHECK(beat.due(at(54s), options) == Due::ping);
    beat.ping_taken(at(54s), options);
    beat.pong(at(100s), options);
    CHECK(beat.due(at(153s), options) == Due::nothing);
    CHECK(beat.due(at(154s), options) == Due::ping);
}

TEST_CASE("heartbeat: a pong nobody asked for changes nothing") {
    HeartbeatOptions const options;
    Heartbeat beat;
    beat.start(at(0s), options);
    beat.pong(at(50s), options);
    CHECK(beat.due(at(54s), options) == Due::ping);
    beat.pong(at(55s), options);  // before its bytes were taken
    beat.ping_taken(at(56s), options);
    CHECK(beat.due(at(116s), options) == Due::no_pong);
}

TEST_CASE("heartbeat: a message answers a ping only where any traffic does") {
    HeartbeatOptions options;
    for (bool const any : {false, true}) {
        options.any_traffic = any;
        Heartbeat beat;
        beat.start(at(0s), options);
        CHECK(beat.due(at(54s), options) == Due::ping);
        beat.ping_taken(at(54s), options);
        beat.message(at(60s), options);
        CHECK(beat.due(at(114s), options) == (any ? Due::ping : Due::no_pong));
    }
}

TEST_CASE("heartbeat: zero means no pings, no limit on pongs, no limit on silence") {
    HeartbeatOptions options;
    options.ping_interval = 0s;
    Heartbeat beat;
    beat.start(at(0s), options);
    CHECK(beat.deadline(options) == Time::max());
    CHECK(beat.due(at(100'000s), options) == Due::nothing);
    options.ping_interval = 10s;
    options.pong_wait = 0s;
    beat.start(at(0s), options);
    CHECK(beat.due(at(10s), options) == Due::ping);
    beat.ping_taken(at(10s), options);
    CHECK(beat.due(at(100'000s), options) == Due::nothing);
    beat.pong(at(100'000s), options);
    CHECK(beat.due(at(100'010s), options) == Due::ping);
}

TEST_CASE("heartbeat: silence for the idle limit ends it, whatever pings do") {
    HeartbeatOptions options;
    options.idle_limit = 90s;
    Heartbeat beat;
    beat.start(at(0s), options);
    CHECK(beat.due(at(54s), options) == Due::ping);
    beat.ping_taken(at(54s), options);
    CHECK(beat.deadline(options) == at(90s));
    beat.message(at(60s), options);
    CHECK(beat.due(at(90s), options) == Due::nothing);
    beat.pong(at(70s), options);
    CHECK(beat.due(at(125s), options) == Due::ping);
    CHECK(beat.due(at(159s), options) == Due::nothing);
    CHECK(beat.due(at(160s), options) == Due::idle);
}
