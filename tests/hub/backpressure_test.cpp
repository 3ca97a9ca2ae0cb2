// SPDX-License-Identifier: MIT
//
// Backpressure (core rules 6, 7, 8 and 10): only stalled members are slow, they are evicted or
// skip at exactly their bound, and what was accepted bounds memory.
#include <thread>

#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;

namespace {

// A member whose transport takes nothing, found out by a first message.
Person& stalled(TestHub& hub, char const* room) {
    Person& person = hub.settled({room});
    person.wire.credit = 0;
    hub.broadcast(room, "x");
    hub.settle();
    return person;
}

bool is_alive(TestHub& hub, Person const& person) {
    return hub.script.closed_reason(person.id) == nullptr;
}

}  // namespace

TEST_CASE("backpressure: 10,000 messages in one turn to reading members evict nobody") {
    TestHub hub;
    std::vector<Person*> readers;
    for (int i = 0; i < 5; ++i) readers.push_back(&hub.settled({"lobby"}, i % 2 == 0));
    readers[4]->wire.per_write = 10'000;  // reads, in pieces
    hub.script.on_message = [](Local& local, ClientId, std::string_view) {
        for (int i = 0; i < 10'000; ++i) {
            if (local.broadcast("lobby", text("message")) != Accepted::accepted) FAIL("refused");
        }
    };
    readers[0]->wire.say("go");
    hub.settle();
    for (Person* each : readers) {
        CHECK(each->wire.texts().size() == 10'000);
        CHECK(is_alive(hub, *each));
    }
    CHECK(hub->shard(0).room("lobby")->log == nullptr);
}

TEST_CASE("backpressure: a stalled member is evicted at exactly its bound of messages, unvisited") {
    TestHub hub;
    Person& reader = hub.settled({"count"});
    Person& dead = stalled(hub, "count");  // one behind
    std::uint64_t const writes = dead.wire.writes;
    for (int i = 0; i < 9; ++i) hub.broadcast("count", "x");
    hub.settle();
    CHECK(is_alive(hub, dead));
    CHECK(hub.local().ledger(dead.id, "count").pending == 10);
    hub.broadcast("count", "one too many");
    hub.turn();
    REQUIRE_FALSE(is_alive(hub, dead));
    CHECK(hub.script.closed[0].code == CloseCode::slow);
    CHECK(hub.script.closed[0].cause == CloseCause::lag);
    // Asked once, at the end, whether it takes the close frame; by no flush.
    CHECK(dead.wire.writes <= writes + 1);
    CHECK(dead.wire.ended == CloseHow::abort);
    CHECK(is_alive(hub, reader));
}

TEST_CASE("backpressure: a stalled member is evicted at exactly its bound of bytes, in its lane") {
    for (bool const websocket : {true, false}) {
        TestHub hub;
        hub.settled({"bytes"}, !websocket);
        Person& dead = hub.settled({"bytes"}, websocket);
        dead.wire.credit = 0;
        std::size_t const header = websocket ? 2 : 5;
        std::string const payload(100 - header, 'x');  // 100 bytes on the wire
        for (int i = 0; i < 10; ++i) {
            hub.broadcast("bytes", payload);
            hub.settle();
        }
        CHECK(is_alive(hub, dead));  // 1,000 bytes behind: at the bound, not past it
        hub.broadcast("bytes", "");
        hub.turn();
        REQUIRE_FALSE(is_alive(hub, dead));
        CHECK(hub.script.closed[0].cause == CloseCause::lag);
    }
}

TEST_CASE("backpressure: both bounds are on, and whichever comes first counts") {
    for (bool const small : {true, false}) {
        TestHub hub;
        Person& dead = stalled(hub, "both");
        int sent = 0;
        while (is_alive(hub, dead) && sent < 100) {
            hub.broadcast("both", std::string(small ? 1 : 298, 'x'));
            hub.turn();
            ++sent;
        }
        CHECK(sent == (small ? 10 : 4));  // with the first: 11 messages; or 3 + 4 * 302 bytes
        hub.settle();
    }
}

TEST_CASE("backpressure: who is slow is evicted at the bound also in the middle of a turn") {
    TestHub hub;
    Person& dead = stalled(hub, "count");
    hub.settled({"count"});
    for (int i = 0; i < 1000; ++i) hub.broadcast("count", "x");
    hub.turn();
    CHECK_FALSE(is_alive(hub, dead));
    hub.settle();
    CHECK(hub->core()->budget.messages() == 0);
}

TEST_CASE("backpressure: who stalls in a burst longer than the bound is let finish the burst") {
    TestHub hub;
    Person& one = hub.settled({"count"});
    one.wire.credit = 50;
    for (int i = 0; i < 100; ++i) hub.broadcast("count", "abcdefgh");
    hub.settle();
    CHECK(is_alive(hub, one));  // 95 behind, but none of it came after it stalled
    for (int i = 0; i < 10; ++i) hub.broadcast("count", "later");
    hub.settle();
    CHECK(is_alive(hub, one));
    SECTION("and has everything when it reads on") {
        one.wire.take_all();
        hub.settle();
        CHECK(one.wire.texts().size() == 110);
        one.wire.credit = 0;  // the grace is over: the bound counts from the cursor again
        for (int i = 0; i < 10; ++i) {
            hub.broadcast("count", "x");
            hub.settle();
        }
        CHECK(is_alive(hub, one));
        hub.broadcast("count", "x");
        hub.settle();
        CHECK_FALSE(is_alive(hub, one));
    }
    SECTION("and is evicted when the bound comes on top of it") {
        hub.broadcast("count", "one too many");
        hub.settle();
        CHECK_FALSE(is_alive(hub, one));
    }
}

TEST_CASE("backpressure: a member that skips jumps at once, which frees memory, and is told") {
    TestHub hub;
    Person& one = stalled(hub, "skip");
    for (int i = 0; i < 200; ++i) {
        hub.broadcast("skip", std::string(1000, 'x'));
        hub.settle();
        CHECK(hub->shard(0).logs().memory.in_use_bytes() < 64 << 10);
    }
    CHECK(is_alive(hub, one));
    auto const before = hub.local().ledger(one.id, "skip");
    CHECK(before.balances());
    CHECK(before.delivered == 0);
    one.wire.take_all();
    hub.settle();
    auto const ledger = hub.local().ledger(one.id, "skip");
    CHECK(ledger.due == 201);
    CHECK(ledger.skipped == before.skipped);
    CHECK(ledger.delivered == 201 - ledger.skipped);
    auto const got = one.wire.texts();
    REQUIRE(got.size() == 1 + ledger.delivered);
    // One notice for all that was lost, grown from skip to skip.
    CHECK(got[0] == "gap skip 1-" + std::to_string(ledger.skipped));
}

TEST_CASE("backpressure: a gap notice comes at the boundary, after what was torn") {
    TestHub hub;
    Person& one = hub.settled({"skip"});
    one.wire.credit = 4;
    hub.broadcast("skip", "torn message");
    hub.settle();
    for (int i = 0; i < 6; ++i) hub.broadcast("skip", "lost");
    hub.broadcast("skip", "kept");
    hub.settle();
    one.wire.take_all();
    hub.settle();
    CHECK(one.wire.texts() ==
          std::vector<std::string>{"torn message", "gap skip 2-7", "kept"});
    CHECK(one.wire.broken == "");
    auto const ledger = hub.local().ledger(one.id, "skip");
    CHECK(ledger.skipped == 6);
    CHECK(ledger.delivered == 2);
}

TEST_CASE("backpressure: a gap that grows behind a torn notice is a second notice") {
    TestHub hub;
    Person& one = stalled(hub, "skip");
    for (int i = 0; i < 5; ++i) hub.broadcast("skip", "lost");
    hub.settle();
    one.wire.take(5);  // into the notice
    hub.settle();
    for (int i = 0; i < 7; ++i) hub.broadcast("skip", "lost too");
    hub.settle();
    one.wire.take_all();
    hub.settle();
    CHECK(one.wire.texts() ==
          std::vector<std::string>{"gap skip 1-6", "gap skip 7-12", "lost too"});
    CHECK(one.wire.broken == "");
}

TEST_CASE("backpressure: a silent room says nothing of what it skips, and counts it") {
    TestHub hub;
    Person& one = stalled(hub, "silent");
    for (int i = 0; i < 6; ++i) hub.broadcast("silent", "lost");
    hub.broadcast("silent", "kept");
    hub.settle();
    one.wire.take_all();
    hub.settle();
    CHECK(one.wire.texts() == std::vector<std::string>{"lost", "kept"});
    CHECK(hub.local().ledger(one.id, "silent").skipped == 6);
}

TEST_CASE("backpressure: a gap of a room that is left meanwhile is announced to nobody") {
    TestHub hub;
    Person& one = stalled(hub, "skip");
    for (int i = 0; i < 6; ++i) hub.broadcast("skip", "lost");
    hub.settle();
    CHECK(hub.local().leave(one.id, "skip"));
    one.wire.take_all();
    hub.settle();
    CHECK(one.wire.frames.empty());
    CHECK(hub->shard(0).room_count() == 0);
}

TEST_CASE("backpressure: direct messages have the same bounds") {
    HubOptions options;
    options.direct = {.max_lag_messages = 3};
    TestHub hub{options};
    Person& one = hub.settled();
    one.wire.credit = 0;
    for (int i = 0; i < 3; ++i) {
        REQUIRE(hub->send(one.id, text("x")) == Accepted::accepted);
        hub.settle();
    }
    CHECK(is_alive(hub, one));
    REQUIRE(hub->send(one.id, text("x")) == Accepted::accepted);
    hub.settle();
    REQUIRE_FALSE(is_alive(hub, one));
    CHECK(hub.script.closed[0].cause == CloseCause::lag);
    CHECK(hub->core()->budget.messages() == 0);
}

TEST_CASE("backpressure: a thousand stalled members pin the same bytes as one") {
    std::size_t with_one = 0;
    for (int const members : {1, 1000}) {
        TestHub hub;
        hub.is_audited = members == 1;
        for (int i = 0; i < members; ++i) hub.connect({"endless"}).wire.credit = 0;
        hub.settle();
        for (int i = 0; i < 200; ++i) {
            hub.broadcast("endless", std::string(500, 'x'));
            hub.settle();
        }
        auto const pinned = hub->shard(0).room("endless")->log->memory_bytes();
        CHECK(hub->shard(0).logs().memory.in_use_bytes() == pinned);
        if (members == 1) with_one = pinned;
        CHECK(pinned == with_one);
    }
}

TEST_CASE(
    "backpressure: a reader of one byte every nine seconds is evicted by the write deadline") {
    TestHub hub;
    Person& one = hub.settled({"lobby"});
    one.wire.credit = 1;
    hub.broadcast("lobby", std::string(1000, 'x'));
    hub.settle();
    Time const began = TestClock::value;
    while (is_alive(hub, one) && TestClock::value < began + 60s) {
        hub.pass(1s);
        auto const since = std::chrono::duration_cast<std::chrono::seconds>(TestClock::value -
                                                                            began);
        if (since.count() % 9 == 0) one.wire.take(1);
        hub.settle();
    }
    REQUIRE_FALSE(is_alive(hub, one));
    CHECK(hub.script.closed[0].cause == CloseCause::write_deadline);
    CHECK(hub.script.closed[0].code == CloseCode::slow);
    CHECK(TestClock::value >= began + 10s);
    CHECK(TestClock::value <= began + 11s);
}

TEST_CASE("backpressure: a reader that completes a frame in time is slow, but stays") {
    TestHub hub;
    Person& one = hub.settled({"endless"});
    one.wire.credit = 1;
    for (int i = 0; i < 100; ++i) hub.broadcast("endless", std::string(50, 'x'));
    hub.settle();
    for (int i = 0; i < 50; ++i) {
        hub.pass(9s);
        one.wire.take(60);
        if (i % 5 == 0) one.wire.pong();
        hub.settle();
        CHECK(is_alive(hub, one));
    }
}

TEST_CASE("backpressure: a fragment completed in time clears the write deadline") {
    TestHub hub;
    Person& one = hub.settled({"endless"});
    one.wire.credit = 100;
    hub.broadcast("endless", std::string(400'000, 'x'));
    hub.settle();
    for (int i = 0; i < 5; ++i) {
        hub.pass(9s);
        one.wire.take(66'000);
        hub.settle();
        CHECK(is_alive(hub, one));
    }
    hub.pass(9s);
    one.wire.take(100);
    hub.settle();
    hub.pass(2s);
    CHECK_FALSE(is_alive(hub, one));
}

TEST_CASE(
    "backpressure: heartbeats go on: every interval a ping, and a peer that stops is closed") {
    TestHub hub;
    Person& one = hub.settled();
    for (int i = 1; i <= 5; ++i) {
        hub.pass(54s + TimerWheel::slot_width);
        REQUIRE(one.wire.frames.size() == static_cast<std::size_t>(i));
        CHECK(one.wire.frames.back().opcode == Opcode::ping);
        one.wire.pong();
        hub.settle();
    }
    hub.pass(55s);
    CHECK(one.wire.frames.size() == 6);
    hub.pass(59s);
    CHECK(is_alive(hub, one));
    hub.pass(2s);
    REQUIRE_FALSE(is_alive(hub, one));
    CHECK(hub.script.closed[0].code == CloseCode::no_pong);
    CHECK(one.wire.close_code() == 3012);  // at a boundary, it is told
}

TEST_CASE("backpressure: without a limit on pongs, pings still go on when they are answered") {
    HubOptions options;
    options.heartbeat = {.ping_interval = 10s, .pong_wait = 0s};
    TestHub hub{options};
    Person& one = hub.settled();
    for (std::size_t i = 1; i <= 3; ++i) {
        hub.pass(11s);
        CHECK(one.wire.frames.size() == i);
        one.wire.pong();
        hub.settle();
    }
    hub.pass(1000h);
    CHECK(is_alive(hub, one));
}

TEST_CASE("backpressure: any traffic counts as life where the option says so") {
    for (bool const any : {false, true}) {
        HubOptions options;
        options.heartbeat.any_traffic = any;
        TestHub hub{options};
        Person& one = hub.settled();
        for (int i = 0; i < 40; ++i) {
            hub.pass(10s);
            one.wire.say("alive");
            hub.settle();
        }
        CHECK(is_alive(hub, one) == any);
    }
}

TEST_CASE("backpressure: silence for the idle limit closes") {
    HubOptions options;
    options.heartbeat = {.ping_interval = 0s, .idle_limit = 30s};
    TestHub hub{options};
    Person& silent_one = hub.settled();
    Person& talker = hub.settled();
    for (int i = 0; i < 4; ++i) {
        hub.pass(10s);
        talker.wire.say("hello");
        hub.settle();
    }
    CHECK(is_alive(hub, talker));
    REQUIRE_FALSE(is_alive(hub, silent_one));
    CHECK(hub.script.closed[0].cause == CloseCause::idle);
}

TEST_CASE("backpressure: on the shard a broadcast is never full") {
    HubOptions options;
    options.max_inbox_messages = 1;
    options.max_inbox_bytes = 10;
    for (std::size_t const shards : {1U, 3U}) {
        options.shards = shards;
        TestHub hub{options};
        Person& one = hub.settled({"a", "b", "c"});
        hub.script.on_message = [](Local& local, ClientId client, std::string_view) {
            for (int i = 0; i < 100; ++i) {
                for (auto const* room : {"a", "b", "c"}) {
                    bool const ok = local.broadcast(room, text("many")) == Accepted::accepted;
                    if (!ok) FAIL("a broadcast of a hook was refused");
                }
                if (local.send(client, text("many")) != Accepted::accepted) FAIL("refused");
            }
        };
        one.wire.say("go");
        hub.settle();
        CHECK(one.wire.texts().size() == 400);
        CHECK(hub->core()->budget.messages() == 0);
    }
}

TEST_CASE("backpressure: reads stop while too much is unflushed, and go on after") {
    HubOptions options;
    options.max_unflushed_bytes = 1000;
    options.flush_slice_clients = 1;
    TestHub hub{options};
    Person& talker = hub.settled({"lobby"});
    for (int i = 0; i < 20; ++i) hub.connect({"lobby"});
    hub.settle();
    hub.script.on_message = [](Local& local, ClientId client, std::string_view) {
        local.broadcast("lobby", text(std::string(300, 'x')), except(client));
    };
    for (int i = 0; i < 100; ++i) talker.wire.say("relay this");
    std::uint64_t most = 0;
    while (hub.turn()) most = std::max(most, hub->shard(0).logs().unflushed_bytes);
    CHECK(hub.script.messages.size() == 100);
    CHECK(most <= 1000 + 304);  // the one that passed the mark is the last
    for (std::size_t i = 1; i < hub.people.size(); ++i) {
        CHECK(hub.people[i].wire.texts().size() == 100);
    }
}

TEST_CASE("backpressure: four flooding producers and a slow fan-out stay within the budget") {
    HubOptions options;
    options.max_inbox_messages = 50;
    options.max_inbox_bytes = 4000;
    options.flush_slice_clients = 2;
    for (std::size_t const shards : {1U, 2U}) {
        options.shards = shards;
        TestHub hub{options};
        for (int i = 0; i < 12; ++i) hub.connect({"lobby"});
        hub.settle();
        hub.is_audited = false;
        constexpr std::uint64_t each = 500;
        std::atomic<std::uint64_t> accepted{0};
        std::atomic<std::uint64_t> full{0};
        std::atomic<int> running{4};
        std::vector<std::thread> producers;
        for (int p = 0; p < 4; ++p) {
            producers.emplace_back([&] {
                for (std::uint64_t sent = 0; sent < each;) {
                    auto const answer = hub->broadcast("lobby", text(std::string(100, 'x')));
                    if (answer == Accepted::accepted) ++accepted, ++sent;
                    if (answer == Accepted::full) ++full, std::this_thread::yield();
                }
                --running;
            });
        }
        while (full.load() == 0) std::this_thread::yield();
        std::size_t most_log = 0;
        while (running.load() != 0 || hub.turn()) {
            hub.turn();
            std::size_t framed = 0;
            for (std::size_t i = 0; i < shards; ++i) {
                framed = std::max<std::size_t>(framed, hub->shard(i).logs().unflushed_bytes);
            }
            most_log = std::max(most_log, framed);
        }
        for (auto& thread : producers) thread.join();
        hub.settle();
        CHECK(accepted == 4 * each);
        CHECK(full > 0);
        CHECK(most_log <= 4000 + 50 * 4 + 104);  // the budget, headers, and one message
        std::uint64_t appended = 0;
        for (std::size_t i = 0; i < shards; ++i) {
            appended = std::max(appended, hub->shard(i).stats().records_appended);
        }
        CHECK(appended == accepted);
        CHECK(hub->core()->budget.messages() == 0);
        CHECK(hub->core()->budget.bytes() == 0);
        for (Person const& person : hub.people) CHECK(person.wire.texts().size() == 4 * each);
    }
}

TEST_CASE("backpressure: a share of the budget is held until everybody was passed") {
    TestHub hub;
    Person& one = hub.settled({"lobby"});
    Person& two = hub.settled({"lobby"});
    hub.broadcast("lobby", "hello");
    CHECK(hub->core()->budget.messages() == 1);
    hub.turn({.units = 2});  // taken in, and one of the two written to
    CHECK(hub->core()->budget.messages() == 1);
    hub.settle();
    CHECK(hub->core()->budget.messages() == 0);
    two.wire.credit = 0;
    hub.broadcast("lobby", "to a stalled one");
    hub.settle();
    CHECK(hub->core()->budget.messages() == 0);  // a stalled member holds nobody up
    CHECK(one.wire.texts().size() == 2);
}

TEST_CASE("backpressure: max_room_bytes evicts those that stand farthest back, early") {
    // `endless` has no bound but bytes of 1 TiB; the default room has max_room_bytes of 16 MiB.
    HubOptions options;
    options.max_inbox_bytes = std::size_t{1} << 30;
    TestHub hub{options};
    Person& reader = hub.settled({"lobby"});
    reader.wire.keeps_frames = false;
    Person& dead = hub.settled({"lobby"});
    dead.wire.credit = 100;
    for (int i = 0; i < 50; ++i) hub.broadcast("lobby", std::string(500'000, 'x'));
    hub.settle();  // a burst of 25 MB: `dead` stalled in it, and is let finish
    CHECK(is_alive(hub, dead));
    hub.broadcast("lobby", "next");
    hub.settle();
    CHECK_FALSE(is_alive(hub, dead));  // but not with more than a room may hold
    CHECK(is_alive(hub, reader));
    CHECK(hub->shard(0).logs().memory.in_use_bytes() == 0);
}

TEST_CASE("backpressure: a room whose members are all stalled holds up no producer") {
    TestHub hub;
    Person& one = stalled(hub, "lobby");
    for (int i = 0; i < 100; ++i) hub.broadcast("lobby", "x");
    hub.settle();
    CHECK(is_alive(hub, one));
    CHECK(hub->core()->budget.messages() == 0);
    CHECK(hub->shard(0).logs().unflushed_bytes == 0);
}
