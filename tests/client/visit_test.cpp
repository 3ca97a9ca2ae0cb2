// SPDX-License-Identifier: MIT
//
// What client/visit.hpp guarantees (core rules 1, 8, 11 and 16): whatever happens at whatever byte
// of a stream, the peer can parse it; control frames stand where they may and in their order; one
// write carries everything pending, within its limits.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <pumphouse/client/visit.hpp>

#include "support/sanitizers.hpp"
#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;

namespace {

// Told of one interesting moment of a stream's life.
struct Event {
    char const* name;
    std::function<void(TestHub&, Person& reader, Person& other)> happen;
};

std::vector<Event> const& events() {
    static std::vector<Event> const all{
        {"a skip", [](TestHub& hub, Person&, Person&) {
             for (int i = 0; i < 9; ++i) hub.broadcast("skip", "more");
         }},
        {"leave", [](TestHub& hub, Person& reader, Person&) {
             CHECK(hub.local().leave(reader.id, "skip"));
         }},
        {"close", [](TestHub& hub, Person& reader, Person&) {
             CHECK(hub.local().close(reader.id, CloseCode::kicked, "enough"));
         }},
        {"the peer's close", [](TestHub&, Person& reader, Person&) { reader.wire.close(); }},
        {"the peer's ping", [](TestHub&, Person& reader, Person&) { reader.wire.ping("a"); }},
        {"a direct message", [](TestHub& hub, Person& reader, Person&) {
             hub.local().send(reader.id, text("direct"));
         }},
        {"last leave", [](TestHub& hub, Person& reader, Person& other) {
             CHECK(hub.local().leave(other.id, "skip"));
             CHECK(hub.local().leave(reader.id, "skip"));
         }},
        {"the hub's ping", [](TestHub& hub, Person&, Person& other) {
             TestClock::value += 55s;
             hub.turn();
             other.wire.pong();
         }},
        {"everything at once", [](TestHub& hub, Person& reader, Person&) {
             hub.local().send(reader.id, text("direct"));
             reader.wire.ping("b");
             for (int i = 0; i < 9; ++i) hub.broadcast("skip", "more");
             hub.turn();
             hub.local().leave(reader.id, "skip");
             hub.local().close(reader.id, CloseCode::kicked);
         }},
        {"eviction", [](TestHub& hub, Person&, Person& other) {
             TestClock::value += 15s;
             hub.turn();
             static_cast<void>(other);
         }},
        {"shutdown", [](TestHub& hub, Person&, Person&) { hub->shutdown(); }},
    };
    return all;
}

HubOptions options_for_streams() {
    HubOptions options;
    options.close_wait = 0s;
    return options;
}

// A stream with every kind of frame in it; `at`: how many bytes are taken before it happens.
// Answers how many bytes the stream had.
std::uint64_t run_stream(Event const& event, std::uint64_t at, std::uint64_t per_write,
                         bool websocket) {
    TestHub hub{options_for_streams()};
    Person& reader = hub.settled({"skip"}, websocket);
    Person& other = hub.settled({"skip"}, true);
    reader.wire.credit = at;
    reader.wire.per_write = per_write;
    for (int i = 0; i < 3; ++i) {
        hub.broadcast("skip", "number " + std::to_string(i));
        if (i == 1) hub.local().send(reader.id, text("to you"));
    }
    reader.wire.ping("hello?");
    hub.settle();
    event.happen(hub, reader, other);
    hub.settle();
    static_cast<void>(hub->broadcast("skip", text("afterwards")));
    for (int i = 0; i < 4; ++i) {  // the rest in pieces
        reader.wire.take(3);
        hub.settle();
    }
    reader.wire.take_all();
    hub.settle();
    INFO(event.name << " after byte " << at << " of "
                    << (websocket ? "a WebSocket" : "a length-prefixed") << " stream");
    CHECK(reader.wire.broken == "");
    CHECK(other.wire.broken == "");
    // What ended by an abort may end anywhere; everything else in whole messages.
    if (reader.wire.ended != CloseHow::abort) CHECK_FALSE(reader.wire.parser.is_inside_message());
    hub->shutdown();
    hub.settle();
    CHECK(reader.wire.broken == "");
    CHECK(hub.script.closed_reason(reader.id) != nullptr);
    CHECK(hub->core()->budget.messages() == 0);
    CHECK(hub->shard(0).logs().memory.in_use_bytes() == 0);
    CHECK(hub->shard(0).logs().unflushed_bytes == 0);
    return reader.wire.bytes;
}

}  // namespace

TEST_CASE("visit: whatever happens after whatever byte, the peer accepts the whole stream") {
    for (bool const websocket : {true, false}) {
        for (Event const& event : events()) {
            constexpr std::uint64_t step = support::fewer_under_sanitizers(1, 5);
            for (std::uint64_t at = 0; at < 75; at += step) {
                run_stream(event, at, 1 + at % 7, websocket);
            }
        }
    }
}

TEST_CASE("visit: a transport that takes one to seven bytes a write gets the whole stream") {
    for (std::uint64_t const per_write : {1U, 2U, 3U, 5U, 7U}) {
        TestHub hub;
        Person& reader = hub.settled({"lobby"});
        reader.wire.per_write = per_write;
        std::vector<std::string> expected;
        for (int i = 0; i < 40; ++i) {
            expected.push_back(std::string(static_cast<std::size_t>(i * 5), 'a'));
            hub.broadcast("lobby", expected.back());
        }
        hub.settle();
        CHECK(reader.wire.texts() == expected);
        CHECK(reader.wire.broken == "");
        CHECK(hub.local().ledger(reader.id, "lobby").delivered == 40);
    }
}

namespace {

// A message of three fragments, in the middle of whose bytes something happens. Answers frames.
void run_large(Event const& event, std::uint64_t at, bool websocket) {
    TestHub hub{options_for_streams()};
    Person& reader = hub.settled({"skip"}, websocket);
    Person& other = hub.settled({"skip"}, true);
    reader.wire.credit = at;
    hub.broadcast("skip", std::string(150'000, 'l'));
    hub.settle();
    event.happen(hub, reader, other);
    hub.settle();
    for (std::uint64_t const more : {1U, 4U, 65'530U, 5U, 3U}) {
        reader.wire.take(more);
        hub.settle();
    }
    reader.wire.take_all();
    hub.settle();
    INFO(event.name << " after byte " << at);
    CHECK(reader.wire.broken == "");
    hub->shutdown();
    hub.settle();
    CHECK(reader.wire.broken == "");
    CHECK(hub->shard(0).logs().memory.in_use_bytes() == 0);
}

}  // namespace

TEST_CASE("visit: whatever happens between or inside fragments, the peer accepts the stream") {
    constexpr std::uint64_t websocket_fragment = 65539;
    constexpr std::uint64_t plain_fragment = 65540;
    for (Event const& event : events()) {
        for (std::uint64_t const base : {0ULL, 1ULL, 2ULL}) {
            if (support::has_sanitizer && base == 2) continue;
            for (std::uint64_t const off : {0ULL, 1ULL, 2ULL, 3ULL, 4ULL, 5ULL, 6ULL, 1000ULL}) {
                if (support::has_sanitizer && off > 1) continue;
                run_large(event, base * websocket_fragment + off, true);
                run_large(event, base * plain_fragment + off, false);
                if (base == 0) continue;
                run_large(event, base * websocket_fragment - off, true);
                run_large(event, base * plain_fragment - off, false);
            }
        }
    }
}

TEST_CASE("visit: a pong passes between the fragments of a large message") {
    for (bool const websocket : {true, false}) {
        TestHub hub;
        Person& reader = hub.settled({"lobby"}, websocket);
        reader.wire.credit = 1000;
        hub.broadcast("lobby", std::string(200'000, 'l'));
        hub.broadcast("lobby", "next");
        hub.settle();
        reader.wire.ping("now");
        hub.settle();
        reader.wire.take(70'000);
        hub.settle();
        REQUIRE(reader.wire.frames.size() == 1);
        CHECK(reader.wire.frames[0] == Frame{Opcode::pong, "now"});
        CHECK(reader.wire.parser.is_inside_message());
        reader.wire.take_all();
        hub.settle();
        REQUIRE(reader.wire.frames.size() == 3);
        CHECK(reader.wire.frames[1].payload.size() == 200'000);
        CHECK(reader.wire.frames[2].payload == "next");
        CHECK(reader.wire.broken == "");
    }
}

TEST_CASE("visit: nothing but control frames passes a message that has begun") {
    TestHub hub;
    Person& reader = hub.settled({"lobby", "skip"});
    reader.wire.credit = 100'000;
    hub.broadcast("lobby", std::string(200'000, 'l'));
    hub.settle();
    hub.local().send(reader.id, text("direct"));
    for (int i = 0; i < 9; ++i) hub.broadcast("skip", "lost");
    hub.settle();
    reader.wire.take_all();
    hub.settle();
    REQUIRE(reader.wire.frames.size() == 6);
    CHECK(reader.wire.frames[0].payload.size() == 200'000);
    CHECK(reader.wire.frames[1] == text_frame("gap skip 1-6"));
    CHECK(reader.wire.frames[2] == text_frame("direct"));
    CHECK(reader.wire.frames[3] == text_frame("lost"));
}

TEST_CASE("visit: at a boundary the order is pong, ping, gap notices, data") {
    TestHub hub;
    Person& reader = hub.settled({"skip"});
    reader.wire.credit = 0;
    hub.broadcast("skip", "stalls it");
    hub.settle();
    for (int i = 0; i < 6; ++i) hub.broadcast("skip", "lost");
    hub.settle();
    hub.broadcast("skip", "kept");
    reader.wire.ping("1");
    TestClock::value += 9s;  // within the write deadline
    hub.settle();
    HubOptions quick;
    quick.heartbeat.ping_interval = 5s;
    TestHub other{quick};
    Person& second = other.settled({"skip"});
    second.wire.credit = 0;
    other.broadcast("skip", "stalls it");
    other.settle();
    for (int i = 0; i < 6; ++i) other.broadcast("skip", "lost");
    other.broadcast("skip", "kept");
    second.wire.ping("1");
    other.pass(6s);
    second.wire.take_all();
    other.settle();
    CHECK(second.wire.frames == std::vector<Frame>{{Opcode::pong, "1"},
                                                   {Opcode::ping, ""},
                                                   text_frame("gap skip 1-6"),
                                                   text_frame("lost"),
                                                   text_frame("kept")});
    CHECK(second.wire.writes <= 3);
    reader.wire.take_all();
    hub.settle();
    CHECK(reader.wire.frames.front() == Frame{Opcode::pong, "1"});
}

TEST_CASE("visit: when the peer closes, the close frame comes before everything pending") {
    TestHub hub;
    Person& reader = hub.settled({"lobby"});
    reader.wire.credit = 0;
    hub.broadcast("lobby", "never seen");
    hub.settle();
    reader.wire.ping("never answered");
    reader.wire.close();
    hub.settle();
    reader.wire.take_all();
    hub.settle();
    REQUIRE(reader.wire.frames.size() == 1);
    CHECK(reader.wire.close_code() == 1000);
    CHECK(reader.wire.ended == CloseHow::gently);
}

TEST_CASE("visit: at most 64 pieces and 256 KiB go into one write, and who has more comes again") {
    TestHub hub;
    std::vector<std::string> names;
    for (int i = 0; i < 100; ++i) names.push_back("room" + std::to_string(i));
    Person& reader = hub.settled(names);
    for (auto const& name : names) hub.broadcast(name, name);
    hub.settle();
    CHECK(reader.wire.texts().size() == 100);
    CHECK(reader.wire.most_ranges == 64);
    CHECK(reader.wire.writes == 2);

    reader.wire.writes = reader.wire.most_bytes = 0;
    for (int i = 0; i < 100; ++i) hub.broadcast("room5", std::string(10'000, 'x'));
    hub.settle();
    CHECK(reader.wire.texts().size() == 200);
    CHECK(reader.wire.most_bytes <= 256 << 10);
    CHECK(reader.wire.most_bytes > 200 << 10);
    CHECK(reader.wire.writes == 4);
}

TEST_CASE("visit: one record larger than a visit's bytes goes alone, and whole") {
    TestHub hub;
    Person& reader = hub.settled({"lobby"});
    hub.broadcast("lobby", std::string(500'000, 'x'));
    hub.broadcast("lobby", "small");
    hub.settle();
    CHECK(reader.wire.texts() == std::vector<std::string>{std::string(500'000, 'x'), "small"});
}

TEST_CASE("visit: a client in 100 dirty rooms is written to at most twice, others once") {
    TestHub hub;
    std::vector<std::string> names;
    for (int i = 0; i < 100; ++i) names.push_back("room" + std::to_string(i));
    Person& reader = hub.settled(names);
    std::vector<Person*> others;
    for (auto const& name : names) others.push_back(&hub.settled({name}));
    auto const visits = hub->shard(0).stats().visits;
    for (auto const& name : names) hub.broadcast(name, "hello");
    hub.settle();
    CHECK(reader.wire.texts().size() == 100);
    CHECK(reader.wire.writes <= 2);
    for (Person* each : others) CHECK(each->wire.writes == 1);
    CHECK(hub->shard(0).stats().visits - visits <= 102 + 1);
}

TEST_CASE("visit: a rotating first room lets no room starve the others") {
    TestHub hub;
    Person& reader = hub.settled({"a", "b", "c"});
    for (int i = 0; i < 60; ++i) {
        for (auto const* room : {"a", "b", "c"}) {
            hub.broadcast(room, std::string{room} + std::string(9000, '.'));
        }
    }
    std::map<char, int> first_seen_at;
    std::map<char, int> seen;
    while (hub.turn()) {
    }
    int at = 0;
    for (auto const& each : reader.wire.texts()) {
        first_seen_at.try_emplace(each[0], at++);
        ++seen[each[0]];
    }
    for (char const room : {'a', 'b', 'c'}) {
        CHECK(seen[room] == 60);
        CHECK(first_seen_at[room] < 4 * 29);  // the hub-wide room has its turn, too
    }
}

TEST_CASE("visit: a direct message is a barrier both ways") {
    TestHub hub;
    Person& reader = hub.settled({"a", "b"});
    std::vector<std::string> expected;
    auto const to_rooms = [&](std::string const& what) {
        hub.broadcast("a", "a" + what);
        hub.broadcast("b", "b" + what);
    };
    to_rooms("1");
    REQUIRE(hub->send(reader.id, text("direct 1")) == Accepted::accepted);
    to_rooms("2");
    to_rooms("3");
    REQUIRE(hub->send(reader.id, text("direct 2")) == Accepted::accepted);
    REQUIRE(hub->send(reader.id, text("direct 3")) == Accepted::accepted);
    to_rooms("4");
    hub.settle();
    auto const got = reader.wire.texts();
    REQUIRE(got.size() == 11);
    auto const place = [&](std::string const& what) {
        return std::find(got.begin(), got.end(), what) - got.begin();
    };
    for (auto const* room : {"a", "b"}) {
        std::string const r = room;
        CHECK(place(r + "1") < place("direct 1"));
        CHECK(place("direct 1") < place(r + "2"));
        CHECK(place(r + "2") < place(r + "3"));
        CHECK(place(r + "3") < place("direct 2"));
        CHECK(place("direct 2") < place("direct 3"));
        CHECK(place("direct 3") < place(r + "4"));
    }
    CHECK(reader.wire.writes == 1);
}

TEST_CASE("visit: the barrier holds when every write is torn") {
    for (std::uint64_t const per_write : {1U, 3U, 11U}) {
        TestHub hub;
        Person& reader = hub.settled({"a"});
        reader.wire.per_write = per_write;
        std::vector<std::string> expected;
        for (int i = 0; i < 30; ++i) {
            expected.push_back("room " + std::to_string(i));
            hub.broadcast("a", expected.back());
            if (i % 3 != 0) continue;
            expected.push_back("direct " + std::to_string(i));
            REQUIRE(hub->send(reader.id, text(expected.back())) == Accepted::accepted);
        }
        hub.settle();
        CHECK(reader.wire.texts() == expected);
    }
}

TEST_CASE("visit: who is left out of a message gets everything around it") {
    for (std::uint64_t const per_write : {Wire::no_limit, std::uint64_t{3}}) {
        TestHub hub;
        Person& one = hub.settled({"lobby"});
        Person& two = hub.settled({"lobby"});
        one.wire.per_write = two.wire.per_write = per_write;
        std::vector<std::string> for_one;
        std::vector<std::string> for_two;
        for (int i = 0; i < 200; ++i) {
            std::string const payload = std::to_string(i);
            bool const not_one = i % 3 == 0 || (i > 40 && i < 60);
            bool const not_two = !not_one && i % 5 == 0;
            hub.broadcast("lobby", payload,
                          not_one ? except(one.id) : not_two ? except(two.id) : nobody);
            if (!not_one) for_one.push_back(payload);
            if (!not_two) for_two.push_back(payload);
        }
        hub.settle();
        CHECK(one.wire.texts() == for_one);
        CHECK(two.wire.texts() == for_two);
        auto const ledger = hub.local().ledger(one.id, "lobby");
        CHECK(ledger.due == 200);
        CHECK(ledger.delivered == for_one.size());
        CHECK(ledger.excluded == 200 - for_one.size());
        CHECK(hub->shard(0).room("lobby")->log == nullptr);
    }
}

TEST_CASE("visit: 100,000 pings cost the memory of one pong, and the latest is answered") {
    TestHub hub;
    Person& reader = hub.settled();
    reader.wire.credit = 0;
    REQUIRE(hub->send(reader.id, text("stalls it")) == Accepted::accepted);
    hub.settle();
    auto const memory = hub->shard(0).logs().memory.in_use_bytes();
    hub.is_audited = false;
    for (int i = 1; i <= 100'000; ++i) {
        reader.wire.ping(std::to_string(i));
        if (i % 1000 == 0) hub.settle();
    }
    CHECK(hub->shard(0).logs().memory.in_use_bytes() == memory);
    hub.is_audited = true;
    reader.wire.take_all();
    hub.settle();
    CHECK(reader.wire.frames == std::vector<Frame>{{Opcode::pong, "100000"},
                                                   text_frame("stalls it")});
}

TEST_CASE("visit: a ping behind a large message starts its clock when its bytes were taken") {
    HubOptions options;
    options.heartbeat = {.ping_interval = 10s, .pong_wait = 5s};
    options.write_deadline = 60s;
    TestHub hub{options};
    Person& reader = hub.settled({"lobby"});
    reader.wire.credit = 100;
    hub.broadcast("lobby", std::string(60'000, 'x'));
    hub.settle();
    hub.pass(30s);
    CHECK(reader.wire.frames.empty());
    CHECK(hub.script.closed_reason(reader.id) == nullptr);  // it was never asked
    reader.wire.take(60'000);
    hub.settle();
    hub.pass(4s);
    REQUIRE(reader.wire.frames.size() == 2);
    CHECK(reader.wire.frames[1].opcode == Opcode::ping);
    CHECK(hub.script.closed_reason(reader.id) == nullptr);
    hub.pass(2s);
    REQUIRE(hub.script.closed_reason(reader.id) != nullptr);
    CHECK(hub.script.closed_reason(reader.id)->code == CloseCode::no_pong);
    CHECK(hub.script.closed_reason(reader.id)->cause == CloseCause::no_pong);
}

TEST_CASE("visit: a transport that holds what it took is called again and offered no bytes twice") {
    TestHub hub;
    Person& reader = hub.settled({"lobby"});
    reader.wire.holds = true;
    hub.broadcast("lobby", "one");
    hub.settle();
    CHECK(reader.wire.texts() == std::vector<std::string>{"one"});
    hub.broadcast("lobby", "two");
    hub.settle();
    CHECK(reader.wire.writes == 1);  // it is blocked
    reader.wire.take_all();
    hub.settle();
    CHECK(reader.wire.texts() == std::vector<std::string>{"one", "two"});
    CHECK(hub.local().ledger(reader.id, "lobby").delivered == 2);
}

TEST_CASE("visit: a retry may offer more than before, behind what was torn") {
    TestHub hub;
    Person& reader = hub.settled({"lobby"});
    reader.wire.credit = 4;
    hub.broadcast("lobby", "hello");
    hub.settle();
    hub.broadcast("lobby", "world");
    REQUIRE(hub->send(reader.id, text("you")) == Accepted::accepted);
    hub.settle();
    reader.wire.take_all();
    hub.settle();
    CHECK(reader.wire.texts() == std::vector<std::string>{"hello", "world", "you"});
    CHECK(reader.wire.writes == 2);
}
