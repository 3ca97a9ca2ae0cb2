// SPDX-License-Identifier: MIT
//
// RoomOptions::flush_interval: many messages, few writes; nothing is lost, stuck or called lag
// because it waits. The room "paced" of the test policy has 100 ms and a bound of 10.
#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;

TEST_CASE("flush interval: 1,000 updates a second become 10 writes a second for each client") {
    TestHub hub;
    std::vector<Person*> all;
    for (int i = 0; i < 5; ++i) all.push_back(&hub.settled({"paced"}, i % 2 == 0));
    auto const run_second = [&] {
        for (int i = 0; i < 1000; ++i) {
            hub.broadcast("paced", "score");
            hub.pass(1ms);
        }
    };
    run_second();
    std::vector<std::uint64_t> before;
    for (Person* each : all) before.push_back(each->wire.writes);
    auto const visits = hub->shard(0).stats().visits;
    for (int seconds = 0; seconds < 5; ++seconds) run_second();
    for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(all[i]->wire.writes - before[i] == 50);
    }
    CHECK(hub->shard(0).stats().visits - visits == 250);
    hub.pass(200ms);
    for (Person* each : all) CHECK(each->wire.frame_count == 6000);
    CHECK(hub->shard(0).room("paced")->log == nullptr);
}

TEST_CASE("flush interval: a message after a quiet while goes out at once, the next ones wait") {
    TestHub hub;
    Person& reader = hub.settled({"paced"});
    hub.broadcast("paced", "first");
    hub.settle();
    CHECK(reader.wire.texts().size() == 1);
    hub.broadcast("paced", "second");
    hub.pass(50ms);
    hub.broadcast("paced", "third");
    hub.pass(40ms);
    CHECK(reader.wire.texts().size() == 1);
    hub.pass(20ms);
    CHECK(reader.wire.texts() == std::vector<std::string>{"first", "second", "third"});
    CHECK(reader.wire.writes == 2);
    hub.pass(1s);
    hub.broadcast("paced", "later");
    hub.settle();
    CHECK(reader.wire.texts().size() == 4);
}

TEST_CASE("flush interval: a turn says when the next room is due") {
    TestHub hub;
    hub.settled({"paced"});
    hub.broadcast("paced", "first");
    hub.settle();
    hub.broadcast("paced", "waits");
    auto const result = hub->shard(0).turn(TestClock::value, {});
    CHECK_FALSE(result.more);
    CHECK(result.next_deadline >= TestClock::value + 100ms);
    CHECK(result.next_deadline <= TestClock::value + 100ms + RoomWheel::slot_width);
}

TEST_CASE("flush interval: a direct message takes along what came before it, and only that") {
    TestHub hub;
    Person& one = hub.settled({"paced"});
    Person& two = hub.settled({"paced"});
    hub.broadcast("paced", "first");
    hub.settle();
    hub.broadcast("paced", "waits");
    CHECK(hub->send(one.id, text("direct")) == Accepted::accepted);
    hub.settle();
    CHECK(one.wire.texts() == std::vector<std::string>{"first", "waits", "direct"});
    CHECK(two.wire.texts() == std::vector<std::string>{"first"});
    hub.pass(104ms);
    CHECK(two.wire.texts() == std::vector<std::string>{"first", "waits"});
    CHECK(one.wire.texts().size() == 3);
}

TEST_CASE("flush interval: what waits is no lag, a member that does not take it is") {
    TestHub hub;
    Person& slow = hub.settled({"paced", "lobby"});
    Person& fast = hub.settled({"paced"});
    slow.wire.credit = 0;
    hub.broadcast("lobby", "stalls");
    hub.settle();
    hub.broadcast("paced", "first");
    hub.settle();
    for (int i = 0; i < 50; ++i) hub.broadcast("paced", "waits");
    hub.settle();
    hub.pass(104ms);  // offered now: a stalled member has until the next time to take it
    CHECK(fast.wire.texts().size() == 51);
    CHECK(hub.script.closed.empty());
    hub.broadcast("paced", "waits");
    hub.settle();
    CHECK(hub.script.closed.empty());
    hub.pass(104ms);
    REQUIRE(hub.script.closed.size() == 1);
    CHECK(hub.script.closed[0].client == slow.id);
    CHECK(hub.script.closed[0].cause == CloseCause::lag);
}

TEST_CASE("flush interval: a member that takes everything in time is never slow") {
    TestHub hub;
    Person& reader = hub.settled({"paced"});
    for (int i = 0; i < 100; ++i) {
        reader.wire.credit = 60;  // stalls in each batch
        for (int more = 0; more < 30; ++more) hub.broadcast("paced", "0123456789");
        hub.pass(104ms);
        reader.wire.take_all();
        hub.settle();
    }
    CHECK(hub.script.closed.empty());
    CHECK(reader.wire.frame_count == 3000);
}

TEST_CASE("flush interval: what waits is flushed early before it would stop the reading") {
    HubOptions options;
    options.max_unflushed_bytes = 10'000;
    TestHub hub{options};
    Person& reader = hub.settled({"paced"});
    hub.broadcast("paced", "first");
    hub.settle();
    for (int i = 0; i < 100; ++i) {
        hub.broadcast("paced", std::string(400, 'x'));
        hub.settle();
        CHECK(hub->shard(0).logs().unflushed_bytes <= options.max_unflushed_bytes);
    }
    CHECK(reader.wire.frame_count > 80);
    CHECK(reader.wire.writes < 12);
}

TEST_CASE("flush interval: what waits is flushed early before producers would be refused") {
    HubOptions options;
    options.max_inbox_messages = 100;
    TestHub hub{options};
    Person& reader = hub.settled({"paced"});
    hub.broadcast("paced", "first");
    hub.settle();
    for (int i = 0; i < 1000; ++i) {
        hub.broadcast("paced", "accepted, always");
        hub.turn();
    }
    CHECK(reader.wire.writes < 25);
    hub.pass(104ms);
    CHECK(reader.wire.frame_count == 1001);
}

TEST_CASE("flush interval: closing and shutdown do not wait for it") {
    TestHub hub;
    Person& one = hub.settled({"paced"});
    Person& two = hub.settled({"paced"});
    hub.broadcast("paced", "first");
    hub.settle();
    hub.broadcast("paced", "waits");
    hub.settle();
    hub->close(one.id);
    hub.settle();
    CHECK(one.wire.texts() == std::vector<std::string>{"first", "waits"});
    CHECK(two.wire.texts().size() == 1);
    hub->shutdown();
    hub.settle();
    CHECK(two.wire.texts() == std::vector<std::string>{"first", "waits"});
}

TEST_CASE("flush interval: a room that everybody leaves while it waits is gone, and its timer") {
    for (std::size_t const shards : {1U, 3U}) {
        HubOptions options;
        options.shards = shards;
        TestHub hub{options};
        std::vector<Person*> all;
        for (int i = 0; i < 4; ++i) all.push_back(&hub.settled({"paced/a", "paced/b"}));
        hub.broadcast("paced/a", "first");
        hub.broadcast("paced/b", "first");
        hub.settle();
        hub.broadcast("paced/a", "waits");
        hub.broadcast("paced/b", "waits");
        hub.settle();
        for (Person* each : all) hub.local(each->id).leave(each->id, "paced/a");
        hub.settle();
        for (std::size_t i = 0; i < shards; ++i) CHECK(hub->shard(i).room("paced/a") == nullptr);
        hub.pass(200ms);
        for (Person* each : all) CHECK(each->wire.texts().size() == 3);
    }
}
