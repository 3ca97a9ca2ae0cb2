// SPDX-License-Identifier: MIT
//
// Keyed rooms and Overflow::conflate (core rule 20): a slow member gets the newest value of each
// key, at most one each, and costs nothing that grows with the updates. The room "latest" of the
// test policy conflates past 5 messages; "keyed" evicts past 5 and has at most 4 keys.
#include <algorithm>
#include <map>

#include <pumphouse/testing/simulation/random.hpp>
#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;

namespace {

using Strings = std::vector<std::string>;

// A member whose transport takes nothing, found out by a first value of key "stalls".
Person& stalled(TestHub& hub, std::string const& room = "latest", bool websocket = true) {
    Person& person = hub.settled({room}, websocket);
    person.wire.credit = 0;
    hub.broadcast(room, "stalls", keyed("stalls"));
    hub.settle();
    return person;
}

void update(TestHub& hub, std::string_view key, int value,
            pumphouse::Delivery how = pumphouse::nobody) {
    hub.broadcast("latest", std::string{key} + "=" + std::to_string(value), how.keyed(key));
}

pumphouse::Ledger ledger(TestHub& hub, Person const& person, std::string_view room = "latest") {
    auto const all = hub.local(person.id).ledger(person.id, room);
    CHECK(all.balances());
    return all;
}

}  // namespace

TEST_CASE("conflate: a slow member gets the newest value of each key, once, in order") {
    for (bool const websocket : {true, false}) {
        TestHub hub;
        Person& fast = hub.settled({"latest"});
        Person& slow = stalled(hub, "latest", websocket);
        for (int i = 0; i < 100; ++i) {
            for (char const* key : {"a", "b", "c"}) update(hub, key, i);
            hub.settle();
        }
        CHECK(fast.wire.texts().size() == 301);
        CHECK(ledger(hub, slow).pending == 301);
        CHECK(hub->shard(0).room("latest")->log == nullptr);  // it pins nothing
        slow.wire.take_all();
        hub.settle();
        CHECK(slow.wire.texts() == Strings{"stalls", "a=99", "b=99", "c=99"});
        auto const all = ledger(hub, slow);
        CHECK(all.delivered == 4);
        CHECK(all.conflated == 297);
        CHECK(all.pending == 0);
        CHECK(hub.script.closed.empty());
        // And is a member like any other again.
        update(hub, "a", 100);
        update(hub, "a", 101);
        hub.settle();
        CHECK(slow.wire.texts().size() == 6);
        CHECK(slow.wire.broken.empty());
    }
}

TEST_CASE("conflate: within its bound a slow member misses nothing") {
    TestHub hub;
    Person& slow = stalled(hub);
    for (int i = 0; i < 4; ++i) update(hub, "a", i);
    hub.settle();
    slow.wire.take_all();
    hub.settle();
    CHECK(slow.wire.texts() == Strings{"stalls", "a=0", "a=1", "a=2", "a=3"});
    CHECK(ledger(hub, slow).conflated == 0);
}

TEST_CASE("conflate: while it catches up, what is superseded meanwhile is not sent") {
    TestHub hub;
    Person& slow = stalled(hub);
    for (int i = 0; i < 20; ++i) update(hub, std::string(1, static_cast<char>('a' + i)), 0);
    hub.settle();
    // "stalls", and the first half of the keys.
    std::uint64_t const frame = 2 + 3;
    slow.wire.take(2 + 6 + 10 * frame);
    hub.settle();
    CHECK(slow.wire.texts().size() == 11);
    for (char const* key : {"a", "t", "k"}) update(hub, key, 1);
    hub.settle();
    slow.wire.take_all();
    hub.settle();
    auto const texts = slow.wire.texts();
    Strings const rest{texts.begin() + 11, texts.end()};
    CHECK(rest == Strings{"l=0", "m=0", "n=0", "o=0", "p=0", "q=0", "r=0", "s=0", "a=1", "t=1",
                          "k=1"});
    CHECK(ledger(hub, slow).conflated == 2);
}

TEST_CASE("conflate: a torn frame arrives whole, though its value is superseded meanwhile") {
    for (std::uint64_t const at : {1U, 2U, 50U, 101U}) {
        TestHub hub;
        Person& slow = stalled(hub);
        for (int i = 0; i < 10; ++i) {
            hub.broadcast("latest", std::string(100, static_cast<char>('0' + i)), keyed("a"));
        }
        hub.settle();
        slow.wire.take(8 + at);  // the first, and a part of the newest value
        hub.settle();
        CHECK(ledger(hub, slow).in_flight == 1);
        for (int i = 0; i < 10; ++i) {
            hub.broadcast("latest", std::string(100, static_cast<char>('A' + i)), keyed("a"));
            hub.settle();
        }
        slow.wire.take_all();
        hub.settle();
        CHECK(slow.wire.texts() == Strings{"stalls", std::string(100, '9'), std::string(100, 'J')});
        CHECK(slow.wire.broken.empty());
        CHECK(ledger(hub, slow).delivered == 3);
        CHECK(ledger(hub, slow).conflated == 18);
    }
}

TEST_CASE("conflate: a value that leaves a member out is passed over, and hides the one before") {
    TestHub hub;
    Person& slow = stalled(hub);
    for (int i = 0; i < 10; ++i) update(hub, "a", i);
    update(hub, "b", 1);
    update(hub, "a", 10, except(slow.id));
    update(hub, "c", 1);
    update(hub, "d", 1, except(slow.id));
    hub.settle();
    slow.wire.take_all();
    hub.settle();
    CHECK(slow.wire.texts() == Strings{"stalls", "b=1", "c=1"});
    CHECK(ledger(hub, slow).excluded == 2);
    CHECK(ledger(hub, slow).conflated == 10);
}

TEST_CASE("conflate: a direct message stays behind what came before it, and before the rest") {
    TestHub hub;
    Person& slow = stalled(hub);
    for (int i = 0; i < 10; ++i) update(hub, "a", i);
    update(hub, "b", 0);
    hub.settle();
    CHECK(hub->send(slow.id, text("direct")) == Accepted::accepted);
    hub.settle();
    update(hub, "c", 0);
    update(hub, "b", 1);
    hub.settle();
    slow.wire.take_all();
    hub.settle();
    CHECK(slow.wire.texts() == Strings{"stalls", "a=9", "direct", "c=0", "b=1"});
}

TEST_CASE("conflate: memory is flat and pending at most one value per key, whatever the updates") {
    TestHub hub;
    hub.is_audited = false;
    Person& fast = hub.settled({"latest"});
    fast.wire.keeps_frames = false;
    Person& slow = stalled(hub);
    auto const run = [&] {
        for (int i = 0; i < 20'000; ++i) {
            update(hub, "key " + std::to_string(i % 50), i);
            if (i % 20 == 0) hub.settle();
        }
        hub.settle();
        return hub->shard(0).logs().memory.in_use_bytes();
    };
    std::size_t const after_one = run();
    for (int times = 0; times < 5; ++times) CHECK(run() == after_one);
    auto const& live = *hub->shard(0).room("latest")->live();
    CHECK(live.size() == 51);
    CHECK(live.entries().size() <= 102);
    slow.wire.take_all();
    hub.settle();
    CHECK(slow.wire.texts().size() == 51);
    CHECK(fast.wire.frame_count == 120'001);
}

TEST_CASE("conflate: a member that leaves or is closed while it is behind is forgotten") {
    TestHub hub;
    Person& one = stalled(hub);
    Person& two = stalled(hub);
    for (int i = 0; i < 30; ++i) update(hub, "a", i);
    hub.settle();
    hub.local().leave(one.id, "latest");
    two.wire.vanish();
    hub.settle();
    CHECK(hub->shard(0).room("latest") == nullptr);
    CHECK(hub->shard(0).logs().memory.in_use_bytes() == 0);
    CHECK(hub->shard(0).stats().ledger.balances());
}

TEST_CASE("conflate: the write deadline still ends who takes nothing at all") {
    TestHub hub;
    Person& slow = stalled(hub);
    for (int i = 0; i < 30; ++i) update(hub, "a", i);
    hub.pass(11s);
    REQUIRE(hub.script.closed_reason(slow.id) != nullptr);
    CHECK(hub.script.closed_reason(slow.id)->cause == CloseCause::write_deadline);
}

TEST_CASE("keyed: a message without a key is refused, from a hook and from any thread") {
    HubOptions options;
    options.shards = 2;
    TestHub hub{options};
    hub.settled({"latest", "keyed"});
    CHECK(hub->broadcast("latest", text("x")) == Accepted::needs_key);
    CHECK(hub->broadcast_channel().push("keyed", text("x")) == Accepted::needs_key);
    for (std::size_t shard : {0U, 1U}) {
        CHECK(hub.local(shard).broadcast("latest", text("x")) == Accepted::needs_key);
        CHECK(hub.local(shard).broadcast("keyed", text("x")) == Accepted::needs_key);
        CHECK(hub.local(shard).broadcast("lobby", text("x")) == Accepted::accepted);
        CHECK(hub.local(shard).broadcast_all(text("x")) == Accepted::accepted);
    }
}

TEST_CASE("keyed: a key past max_keys is refused on the home shard, and counted") {
    TestHub hub;
    Person& reader = hub.settled({"keyed"});
    for (std::uint64_t key = 1; key <= 4; ++key) {
        CHECK(hub.local().broadcast("keyed", text("x"), keyed(key)) == Accepted::accepted);
    }
    CHECK(hub.local().broadcast("keyed", text("x"), keyed(5)) == Accepted::too_many_keys);
    hub.broadcast("keyed", "from outside", keyed(6));
    hub.broadcast("keyed", "again", keyed(1));
    hub.settle();
    CHECK(hub->shard(0).stats().keys_refused == 2);
    CHECK(hub->core()->budget.messages() == 0);
    CHECK(reader.wire.texts() == Strings{"x", "x", "x", "x", "again"});
    CHECK(hub.local().erase("keyed", 2) == Accepted::accepted);
    CHECK(hub.local().broadcast("keyed", text("y"), keyed(5)) == Accepted::accepted);
}

TEST_CASE("keyed: what is erased is not given to who catches up, in the order of broadcasts") {
    for (std::size_t const shards : {1U, 3U}) {
        HubOptions options;
        options.shards = shards;
        TestHub hub{options};
        std::vector<Person*> all;
        for (std::size_t i = 0; i < shards; ++i) all.push_back(&stalled(hub));
        for (int i = 0; i < 10; ++i) update(hub, "a", i);
        update(hub, "b", 0);
        CHECK(hub->erase("latest", "a") == Accepted::accepted);
        CHECK(hub->erase("latest", "never there") == Accepted::accepted);
        update(hub, "c", 0);
        CHECK(hub->erase("lobby", "a") == Accepted::bad_room);
        CHECK(hub->erase("", "a") == Accepted::bad_room);
        hub.settle();
        for (Person* each : all) each->wire.take_all();
        hub.settle();
        for (Person* each : all) {
            auto const texts = each->wire.texts();
            REQUIRE(texts.size() >= 2);
            CHECK(texts[texts.size() - 2] == "b=0");
            CHECK(texts.back() == "c=0");
            CHECK(std::count(texts.begin(), texts.end(), "a=9") == 0);
        }
        CHECK(hub->core()->budget.messages() == 0);
    }
}

TEST_CASE("conflate: across shards every member has the newest value of each key in the end") {
    HubOptions options;
    options.shards = 4;
    TestHub hub{options};
    simulation::Random random{5};
    std::vector<Person*> all;
    for (int i = 0; i < 12; ++i) all.push_back(&hub.settled({"latest"}, i % 3 != 0));
    for (int round = 0; round < 200; ++round) {
        for (Person* each : all) {
            if (random.one_in(4)) each->wire.take(random.below(60));
        }
        for (std::uint64_t more = random.below(40); more-- != 0;) {
            update(hub, std::string(1, static_cast<char>('a' + random.below(20))), round);
        }
        hub.settle();
    }
    for (char key = 'a'; key <= 't'; ++key) update(hub, std::string(1, key), 1000);
    hub.settle();
    for (Person* each : all) each->wire.take_all();
    hub.settle();
    CHECK(hub.script.closed.empty());
    for (Person* each : all) {
        CHECK(each->wire.broken.empty());
        std::map<char, std::string> last;
        for (auto const& text : each->wire.texts()) last[text[0]] = text;
        CHECK(last.size() == 20);
        for (auto const& [key, text] : last) CHECK(text == std::string(1, key) + "=1000");
        CHECK(ledger(hub, *each).pending == 0);
    }
}
