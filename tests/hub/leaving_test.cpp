// SPDX-License-Identifier: MIT
//
// Being taken out of a room: by Overflow::unsubscribe, and by a thread of the host.
#include <algorithm>

#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;

namespace {

// A member whose transport takes `credit` bytes more.
Person& stalling(TestHub& hub, std::vector<std::string> rooms, std::uint64_t credit) {
    Person& person = hub.settled(std::move(rooms));
    person.wire.credit = credit;
    return person;
}

}  // namespace

TEST_CASE("unsubscribe: a stalled member over its bound leaves that room, and nothing else") {
    for (std::size_t const shards : {1U, 4U}) {
        HubOptions options;
        options.shards = shards;
        TestHub hub{options};
        Person& reader = hub.settled({"unsub/a"});
        Person& slow = stalling(hub, {"unsub/a", "unsub/b", "lobby"}, 0);
        for (int i = 0; i < 5; ++i) hub.broadcast("unsub/a", "a" + std::to_string(i));
        hub.broadcast("unsub/b", "b");
        hub.broadcast("lobby", "hello");
        CHECK(hub->send(slow.id, text("for you")) == Accepted::accepted);
        hub.settle();
        CHECK(hub.local(slow.id).ledger(slow.id, "unsub/a").pending == 5);
        CHECK(hub.script.left.empty());

        hub.broadcast("unsub/a", "one too many");
        hub.settle();
        REQUIRE(hub.script.left.size() == 1);
        CHECK(hub.script.left[0].client == slow.id);
        CHECK(hub.script.left[0].room == "unsub/a");
        CHECK(hub.script.left[0].because == LeftBecause::lag);
        CHECK(hub.script.closed.empty());
        CHECK_FALSE(hub.local(slow.id).is_member(slow.id, "unsub/a"));
        CHECK(hub.shard_of(slow.id).stats().ledger.discarded_unsubscribe == 6);

        slow.wire.take_all();
        hub.broadcast("unsub/a", "unseen");
        hub.broadcast("unsub/b", "still here");
        hub.settle();
        auto texts = slow.wire.texts();
        std::sort(texts.begin(), texts.end());
        CHECK(texts == std::vector<std::string>{"b", "for you", "hello", "still here"});
        CHECK(reader.wire.texts().size() == 7);
        CHECK(slow.wire.broken.empty());
    }
}

TEST_CASE("unsubscribe: the room's home forgets the member, on whatever shard it is") {
    HubOptions options;
    options.shards = 4;
    TestHub hub{options};
    std::vector<Person*> all;
    for (int i = 0; i < 4; ++i) all.push_back(&hub.settled({"unsub"}));
    for (Person* each : all) each->wire.credit = 0;
    hub.broadcast("unsub", "x");
    hub.settle();  // now they are stalled
    for (int i = 0; i < 6; ++i) hub.broadcast("unsub", "x");
    hub.settle();
    CHECK(hub.script.left.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(hub->shard(i).room("unsub") == nullptr);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(hub->shard(i).logs().memory.in_use_bytes() == 0);
    }
}

TEST_CASE("unsubscribe: the torn frame of the room that was left still arrives whole") {
    TestHub hub;
    Person& slow = stalling(hub, {"unsub"}, 40);
    hub.broadcast("unsub", std::string(100, 'a'));
    hub.settle();
    for (int i = 0; i < 6; ++i) hub.broadcast("unsub", "later");
    hub.settle();
    REQUIRE(hub.script.left.size() == 1);
    slow.wire.take_all();
    hub.broadcast("unsub", "unseen");
    CHECK(hub->send(slow.id, text("direct")) == Accepted::accepted);
    hub.settle();
    CHECK(slow.wire.texts() == std::vector<std::string>{std::string(100, 'a'), "direct"});
    CHECK(slow.wire.broken.empty());
    CHECK(hub->shard(0).stats().ledger.delivered == 2);
}

TEST_CASE("unsubscribe: a hook that is told can join again, and gets what is new") {
    TestHub hub;
    hub.script.on_left = [](Local& local, ClientId client, std::string_view room, LeftBecause) {
        local.join(client, room);
    };
    Person& slow = stalling(hub, {"unsub"}, 0);
    hub.broadcast("unsub", "lost");
    hub.settle();
    for (int i = 0; i < 5; ++i) hub.broadcast("unsub", "lost");
    hub.settle();
    CHECK(hub.local().is_member(slow.id, "unsub"));
    hub.broadcast("unsub", "new");
    slow.wire.take_all();
    hub.settle();
    CHECK(slow.wire.texts() == std::vector<std::string>{"new"});
}

TEST_CASE("leave from a thread of the host: the member is out, and the hook is told") {
    HubOptions options;
    options.shards = 2;
    TestHub hub{options};
    Person& one = hub.settled({"lobby"});
    Person& two = hub.settled({"lobby"});
    CHECK(hub->leave(one.id, "lobby") == Accepted::accepted);
    CHECK(hub->leave(two.id, "elsewhere") == Accepted::accepted);  // no member: nothing happens
    CHECK(hub->leave(two.id, "") == Accepted::bad_room);
    hub.settle();
    hub.broadcast("lobby", "hello");
    hub.settle();
    REQUIRE(hub.script.left.size() == 1);
    CHECK(hub.script.left[0].client == one.id);
    CHECK(hub.script.left[0].because == LeftBecause::host);
    CHECK(one.wire.texts().empty());
    CHECK(two.wire.texts() == std::vector<std::string>{"hello"});
    CHECK(hub->core()->budget.messages() == 0);
    one.wire.vanish();
    hub.settle();
    CHECK(hub->leave(one.id, "lobby") == Accepted::gone);
}

TEST_CASE("leave from a thread of the host: joining that was not told yet is taken back, untold") {
    TestHub hub;
    Person& person = hub.settled();
    hub.script.on_message = [&hub](Local& local, ClientId client, std::string_view) {
        local.join(client, "lobby");
        CHECK(hub->leave(client, "lobby") == Accepted::accepted);
    };
    person.wire.say("go");
    // The join happens, and `leave` runs before there is time to tell of it.
    hub.turn({.units = 1});
    hub.settle();
    CHECK_FALSE(hub.local().is_member(person.id, "lobby"));
    CHECK(hub.script.joined.size() == hub.script.left.size());
}
