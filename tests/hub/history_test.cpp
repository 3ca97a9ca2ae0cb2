// SPDX-License-Identifier: MIT
//
// What a room keeps (core rules 4 and 10): its window by count, age and memory, rooms that linger,
// pages, and the envelope that says where each message stands.
#include <map>
#include <thread>

#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;

namespace {

HubOptions with_shards(std::size_t shards) {
    HubOptions options;
    options.shards = shards;
    return options;
}

void publish(TestHub& hub, std::string_view room, int first, int last) {
    for (int i = first; i <= last; ++i) hub.broadcast(room, std::to_string(i));
    hub.settle();
}

std::vector<std::string> numbers(int first, int last) {
    std::vector<std::string> all;
    for (int i = first; i <= last; ++i) all.push_back(std::to_string(i));
    return all;
}

HistoryPage page_of(TestHub& hub, std::string_view room, HistoryRange const& range = {}) {
    std::optional<HistoryPage> page;
    REQUIRE(hub->history(room, range, [&](HistoryPage got) { page = std::move(got); }) ==
            Accepted::accepted);
    CHECK_FALSE(page);  // never inside the call
    hub.settle();
    REQUIRE(page);
    return std::move(*page);
}

std::vector<std::string> payloads(HistoryPage const& page) {
    std::vector<std::string> all;
    for (auto const& each : page.messages) all.push_back(each.payload);
    return all;
}

Room const* home_room(TestHub& hub, std::string_view name) {
    return hub->shard(hub->core()->home_of(name)).room(name);
}

}  // namespace

TEST_CASE("history: exactly history_messages are kept, whatever the segments hold") {
    TestHub hub;
    hub.settled({"kept"});
    for (int i = 1; i <= 60; ++i) {
        publish(hub, "kept", i, i);
        auto const page = page_of(hub, "kept");
        CHECK(payloads(page) == numbers(std::max(1, i - 9), i));
        CHECK(page.is_complete);
        CHECK(page.newest == static_cast<std::uint64_t>(i));
    }
}

TEST_CASE("history: what is older than history_age is not told, and its memory goes by itself") {
    TestHub hub;
    hub.settled({"aged"});
    publish(hub, "aged", 1, 3);
    hub.pass(4s);
    publish(hub, "aged", 4, 5);
    hub.pass(5999ms);
    CHECK(payloads(page_of(hub, "aged")) == numbers(1, 5));
    hub.pass(1ms);
    CHECK(payloads(page_of(hub, "aged")) == numbers(4, 5));
    hub.pass(4s);
    CHECK(payloads(page_of(hub, "aged")).empty());
    hub.pass(2s);
    CHECK(home_room(hub, "aged")->log == nullptr);
    CHECK(hub->shard(0).logs().memory.in_use_bytes() == 0);
}

TEST_CASE("history: past max_room_bytes the past goes first, and no member is ended for it") {
    TestHub hub;
    Person& reader = hub.settled({"tight"});
    Person& slow = hub.settled({"tight"});
    slow.wire.take(0);
    for (int i = 0; i < 400; ++i) {
        hub.broadcast("tight", std::string(500, static_cast<char>('a' + i % 26)));
        if (i % 10 == 0) slow.wire.take_all();
        hub.settle();
        if (i % 10 == 0) slow.wire.take(0);
        CHECK(home_room(hub, "tight")->log->memory_bytes() <= 40'000 + 3 * 4096);
    }
    CHECK(hub.script.closed.empty());
    CHECK(reader.wire.frame_count == 400);
    auto const page = page_of(hub, "tight", {.limit = 1000});
    CHECK(page.messages.size() > 10);
    CHECK(page.messages.size() < 80);
    CHECK(page.messages.back().offset == 400);
}

TEST_CASE("history: one kept byte per byte published: quiet rooms do not start segments") {
    TestHub hub;
    hub.settled({"deep"});
    for (int i = 0; i < 400; ++i) publish(hub, "deep", i, i);
    // 400 messages of three bytes, in two forms, and their indices: not 400 segments.
    CHECK(home_room(hub, "deep")->log->memory_bytes() <= 80 * 1024);
}

TEST_CASE("history: an empty room lingers, takes messages, and gives who returns all it missed") {
    for (std::size_t shards = 1; shards <= 3; ++shards) {
        TestHub hub{with_shards(shards)};
        Position last;
        hub.script.on_joined = [&](Local&, ClientId, std::string_view, Joined const& joined) {
            last = joined.position;
        };
        for (int round = 0; round < 4; ++round) {
            Person& one = hub.settled();
            auto const before = last;
            static_cast<void>(hub.local(one.id).join(
                one.id, "kept", round == 0 ? from_now : after(before)));
            hub.settle();
            CHECK(one.wire.texts() == (round == 0 ? std::vector<std::string>{} : numbers(1, 4)));
            CHECK(last.offset == static_cast<std::uint64_t>(4 * round));
            one.wire.vanish();
            hub.settle();
            CHECK(home_room(hub, "kept") != nullptr);
            publish(hub, "kept", 1, 4);
        }
        CHECK(hub->core()->budget.messages() == 0);
    }
}

TEST_CASE("history: a lingering room ends when its history has expired, and is another one then") {
    TestHub hub;
    Position last;
    bool is_recovered = true;
    hub.script.on_joined = [&](Local&, ClientId, std::string_view, Joined const& joined) {
        last = joined.position;
        is_recovered = joined.recovered;
    };
    hub.settled({"aged"}).wire.vanish();
    hub.settle();
    hub.pass(9s);
    publish(hub, "aged", 1, 1);  // kept for ten seconds from now
    hub.pass(9s);
    CHECK(home_room(hub, "aged") != nullptr);
    hub.pass(3s);
    CHECK(home_room(hub, "aged") == nullptr);
    Position const before = last;
    Person& back = hub.settled();
    static_cast<void>(hub.local(back.id).join(back.id, "aged", after({before.epoch, 1})));
    hub.settle();
    CHECK_FALSE(is_recovered);
    CHECK(last.epoch != before.epoch);
    CHECK(last.offset == 0);
}

TEST_CASE("history: past max_lingering_rooms the room that has been empty longest ends") {
    HubOptions options;
    options.max_lingering_rooms = 3;
    TestHub hub{options};
    for (auto const* room : {"kept-a", "kept-b", "kept-c", "kept-d"}) {
        hub.settled({room}).wire.vanish();
        hub.settle();
    }
    CHECK(home_room(hub, "kept-a") == nullptr);
    CHECK(home_room(hub, "kept-b") != nullptr);
    Person& back = hub.settled({"kept-b"});  // lingers no more, and is the youngest afterwards
    back.wire.vanish();
    hub.settle();
    hub.settled({"kept-e"}).wire.vanish();
    hub.settle();
    CHECK(home_room(hub, "kept-c") == nullptr);
    CHECK(home_room(hub, "kept-b") != nullptr);
    CHECK(hub->shard(0).room_count() == 3);
}

TEST_CASE("history: past max_lingering_bytes lingering rooms end, too, with none allowed at once") {
    HubOptions options;
    options.max_lingering_bytes = 20'000;
    TestHub hub{options};
    for (auto const* room : {"kept-a", "kept-b", "kept-c"}) {
        hub.settled({room}).wire.vanish();
        hub.settle();
        for (int i = 0; i < 10; ++i) hub.broadcast(room, std::string(500, 'x'));
        hub.settle();
    }
    CHECK(home_room(hub, "kept-a") == nullptr);
    CHECK(home_room(hub, "kept-c") != nullptr);
    CHECK(hub->shard(0).logs().memory.in_use_bytes() <= 20'000);

    options.max_lingering_rooms = 0;
    TestHub none{options};
    none.settled({"kept"}).wire.vanish();
    none.settle();
    CHECK(none->shard(0).room_count() == 0);
}

TEST_CASE("history: pages follow each other without a gap, by count and by bytes") {
    for (std::size_t shards = 1; shards <= 3; ++shards) {
        TestHub hub{with_shards(shards)};
        hub.settled({"deep"});
        publish(hub, "deep", 1, 100);
        for (HistoryRange range : {HistoryRange{.limit = 7}, HistoryRange{.max_bytes = 9}}) {
            std::vector<std::string> all;
            range.after_offset = 0;
            for (;;) {
                auto const page = page_of(hub, "deep", range);
                REQUIRE_FALSE(page.messages.empty());
                for (auto const& each : page.messages) {
                    all.push_back(each.payload);
                    CHECK(each.offset == all.size());
                }
                CHECK(page.position.offset == all.size());
                CHECK(page.is_complete == (all.size() == 100));
                if (page.position.offset == page.newest) break;
                range.after_offset = page.position.offset;
            }
            CHECK(all == numbers(1, 100));
        }
        auto const newest = page_of(hub, "deep", {.limit = 3});
        CHECK(payloads(newest) == numbers(98, 100));
        CHECK_FALSE(newest.is_complete);
        CHECK(page_of(hub, "deep", {.limit = 0}).position.offset == 100);
    }
}

TEST_CASE("history: a page and a join after its position have neither a gap nor a duplicate") {
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        TestHub hub{with_shards(shards)};
        hub.settled({"kept"});
        for (int round = 0; round < 6; ++round) {
            publish(hub, "kept", round * 8, round * 8 + 4);
            auto const page = page_of(hub, "kept");
            publish(hub, "kept", round * 8 + 5, round * 8 + 6);
            Person& one = hub.settled({}, round % 2 == 0);
            static_cast<void>(hub.local(one.id).join(one.id, "kept", after(page.position)));
            hub.broadcast("kept", std::to_string(round * 8 + 7));
            hub.settle();
            auto all = payloads(page);
            for (auto const& each : one.wire.texts()) all.push_back(each);
            INFO(shards << " shards, round " << round);
            CHECK(all.back() == std::to_string(round * 8 + 7));
            for (std::size_t i = 1; i < all.size(); ++i) {
                CHECK(std::stoi(all[i]) == std::stoi(all[i - 1]) + 1);
            }
        }
    }
}

TEST_CASE("history: pages of rooms that keep nothing, that are not there, and after shutdown") {
    TestHub hub;
    hub.settled({"lobby", "wrapped"});
    CHECK(page_of(hub, "lobby").position == Position{});
    CHECK(page_of(hub, "nowhere").position == Position{});
    publish(hub, "wrapped", 1, 2);
    auto const page = page_of(hub, "wrapped");
    CHECK(page.position.offset == 2);
    CHECK(page.messages.empty());
    CHECK(hub->history("", {}, [](HistoryPage) {}) == Accepted::bad_room);
    CHECK(hub->history("kept", {}, [](HistoryPage) { throw 1; }) == Accepted::accepted);
    hub.settle();
    hub->shutdown();
    hub.settle();
    CHECK(hub->history("kept", {}, [](HistoryPage) {}) == Accepted::closed);
    CHECK(hub->core()->budget.messages() == 0);
}

TEST_CASE("history: who has asked for a page hears of it, also when the hub ends first") {
    int calls = 0;
    TestHub hub;
    CHECK(hub->history("kept", {}, [&](HistoryPage const& page) {
        ++calls;
        CHECK(page.position == Position{});
    }) == Accepted::accepted);
    auto const core = hub->core();
    hub.destroy();
    CHECK(calls == 1);
    CHECK(core->budget.messages() == 0);
}

TEST_CASE("envelope: each message begins with its place, the same on every shard and lane") {
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        for (auto const* room : {"placed", "wrapped"}) {
            TestHub hub{with_shards(shards)};
            Position start;
            hub.script.on_joined = [&](Local&, ClientId, std::string_view, Joined const& joined) {
                start = joined.position;
            };
            for (int i = 0; i < 6; ++i) hub.settled({room}, i % 2 == 0);
            publish(hub, room, 1, 9);
            hub.local(1 % shards).broadcast(room, text("10"));
            hub.settle();
            for (Person const& each : hub.people) {
                auto const got = each.wire.texts();
                REQUIRE(got.size() == 10);
                for (std::size_t i = 0; i < 10; ++i) {
                    std::string expected(14, '\0');
                    write_place({start.epoch, i + 1}, expected.data());
                    CHECK(got[i] == expected + std::to_string(i + 1));
                }
            }
        }
    }
}

TEST_CASE("envelope: encoded once, framed once per lane, and replays carry the place they had") {
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        TestHub hub{with_shards(shards)};
        for (int i = 0; i < 12; ++i) hub.connect({"placed"}, i % 2 == 0);
        hub.settle();
        auto const frames = [&] {
            std::uint64_t sum = 0;
            for (std::size_t i = 0; i < shards; ++i) sum += hub->shard(i).logs().frames_made;
            return sum;
        };
        auto const before = frames();
        publish(hub, "placed", 1, 10);
        CHECK(frames() - before == 20);
        for (int i = 0; i < 4; ++i) {
            Person& late = hub.settled({}, i % 2 == 0);
            static_cast<void>(hub.local(late.id).join(late.id, "placed", from_history));
            hub.settle();
            CHECK(late.wire.texts() == hub.people.front().wire.texts());
        }
    }
}

TEST_CASE("envelope: the hub-wide room and direct messages have none") {
    TestHub hub;
    Person& one = hub.settled({"wrapped"});
    REQUIRE(hub->broadcast_all(text("all")) == Accepted::accepted);
    REQUIRE(hub->send(one.id, text("one")) == Accepted::accepted);
    hub.settle();
    CHECK(one.wire.texts() == std::vector<std::string>{"all", "one"});
}

TEST_CASE("replay budget: who joins from another shard waits its turn, and all get everything") {
    HubOptions options = with_shards(2);
    options.max_replay_bytes = 1;
    TestHub hub{options};
    hub.settled({"deep"});
    publish(hub, "deep", 1, 200);
    std::vector<Person*> late;
    for (int i = 0; i < 20; ++i) late.push_back(&hub.settled());
    for (Person* const each : late) {
        REQUIRE(hub.local(each->id).join(each->id, "deep", from_history) ==
                JoinRequest::requested);
    }
    CHECK(hub.local(late[0]->id).leave(late[0]->id, "deep"));
    CHECK(hub.local(late[1]->id).leave(late[1]->id, "deep"));
    hub.settle();
    for (std::size_t i = 0; i < late.size(); ++i) {
        CHECK(late[i]->wire.texts() == (i < 2 ? std::vector<std::string>{} : numbers(1, 200)));
    }
}
