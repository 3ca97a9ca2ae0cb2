// SPDX-License-Identifier: MIT
//
// Rooms across shards (core rules 4, 11 and 12): framed once per lane whatever the number of
// shards, one order everywhere, and a join that is a request on any of them.
#include <atomic>

#include <pumphouse/client/memory_peer.hpp>

#include <pumphouse/testing/simulation/random.hpp>
#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;

namespace {

HubOptions with_shards(std::size_t shards) {
    HubOptions options;
    options.shards = shards;
    return options;
}

std::uint64_t frames_made(TestHub& hub) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < hub->shard_count(); ++i) sum += hub->shard(i).logs().frames_made;
    return sum;
}

// A codec that counts how often it encodes.
struct CountingCodec {
    using value_type = int;
    Opcode encode(int const& value, std::string& out) const {
        ++encoded;
        out += std::to_string(value);
        return Opcode::text;
    }
    Decoded<int> decode(Message) const { return 0; }
    inline static std::atomic<int> encoded{0};
};

struct CountingPolicy : DefaultPolicy {
    using codec = CountingCodec;
    using clock = TestClock;
    void on_open(auto& hub, ClientId client) { hub.join(client, "lobby"); }
};

}  // namespace

TEST_CASE("shards: a message is framed once per lane, for one to four shards and any members") {
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        for (int lanes = 1; lanes <= 2; ++lanes) {
            TestHub hub{with_shards(shards)};
            for (int i = 0; i < 24; ++i) hub.connect({"lobby"}, lanes == 1 || i % 2 == 0);
            hub.settle();
            auto before = frames_made(hub);
            for (int i = 0; i < 10; ++i) hub.broadcast("lobby", "from outside");
            hub.settle();
            CHECK(frames_made(hub) - before == static_cast<std::uint64_t>(10 * lanes));
            before = frames_made(hub);
            for (std::size_t shard = 0; shard < shards; ++shard) {
                hub.local(shard).broadcast("lobby", text("from a hook"));
            }
            hub.settle();
            CHECK(frames_made(hub) - before == shards * static_cast<std::size_t>(lanes));
            before = frames_made(hub);
            REQUIRE(hub->broadcast_all(text("to all")) == Accepted::accepted);
            hub.settle();
            CHECK(frames_made(hub) - before == static_cast<std::uint64_t>(lanes));
            for (Person const& each : hub.people) CHECK(each.wire.frame_count == 11 + shards);
        }
    }
}

TEST_CASE("shards: a value is encoded once, on the thread that sends it") {
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        Hub<CountingPolicy> hub{with_shards(shards), CountingPolicy{}};
        std::deque<MemoryPeer> peers(8);
        for (MemoryPeer& each : peers) REQUIRE(hub.register_channel().push(each.connect()));
        for (int i = 0; i < 20; ++i) hub.poll();
        CountingCodec::encoded = 0;
        REQUIRE(hub.broadcast("lobby", 17) == Accepted::accepted);
        CHECK(CountingCodec::encoded == 1);
        for (int i = 0; i < 20; ++i) hub.poll();
        CHECK(CountingCodec::encoded == 1);
        for (MemoryPeer& each : peers) {
            auto const received = each.receive();
            REQUIRE(received);
            CHECK(received->payload == "17");
        }
    }
}

TEST_CASE("shards: a room has one order everywhere, and each producer's messages their own in it") {
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        TestHub hub{with_shards(shards)};
        for (int i = 0; i < 16; ++i) hub.connect({"lobby"}, i % 3 != 0);
        hub.settle();
        pumphouse::simulation::Random random{shards};
        std::vector<int> sent(shards, 0);
        for (int i = 0; i < 400; ++i) {
            auto const shard = random.below(shards);
            std::string const payload = std::to_string(shard) + ":" + std::to_string(++sent[shard]);
            hub.local(shard).broadcast("lobby", text(payload));
            hub->shard(random.below(shards)).turn(TestClock::value, {.units = random.below(9)});
        }
        hub.settle();
        auto const order = hub.people[0].wire.texts();
        CHECK(order.size() == 400);
        for (Person const& each : hub.people) CHECK(each.wire.texts() == order);
        std::vector<int> last(shards, 0);
        for (auto const& each : order) {
            auto const shard = static_cast<std::size_t>(each[0] - '0');
            CHECK(std::stoi(each.substr(2)) == ++last[shard]);
        }
    }
}

TEST_CASE("shards: except leaves one client out, on whichever shard it lives") {
    TestHub hub{with_shards(3)};
    for (int i = 0; i < 9; ++i) hub.connect({"lobby"});
    hub.settle();
    for (std::size_t i = 0; i < 9; ++i) {
        hub.broadcast("lobby", std::to_string(i), except(hub.people[i].id));
    }
    hub.settle();
    for (std::size_t i = 0; i < 9; ++i) {
        auto const got = hub.people[i].wire.texts();
        CHECK(got.size() == 8);
        CHECK(std::find(got.begin(), got.end(), std::to_string(i)) == got.end());
    }
}

TEST_CASE("shards: join is a request answered by on_joined, for one to four shards") {
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        TestHub hub{with_shards(shards)};
        for (int i = 0; i < 8; ++i) hub.connect();
        hub.settle();
        for (Person const& each : hub.people) {
            auto local = hub.local(each.id);
            CHECK(local.join(each.id, "few") == JoinRequest::requested);
            CHECK(local.join(each.id, "few") == JoinRequest::already);
        }
        CHECK(hub.script.joined.empty());  // never from inside the verb
        hub.settle();
        CHECK(hub.script.joined.size() == 8);
        int in = 0;
        for (auto const& each : hub.script.joined) {
            in += each.result == JoinResult::joined;
            CHECK(hub.local(each.client).is_member(each.client, "few") ==
                  (each.result == JoinResult::joined));
        }
        CHECK(in == 3);  // max_members
    }
}

TEST_CASE("shards: leaving or closing before the answer cancels a join, for one to four shards") {
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        TestHub hub{with_shards(shards)};
        for (int i = 0; i < 8; ++i) hub.connect();
        hub.settle();
        for (std::size_t i = 0; i < 8; ++i) {
            Person& each = hub.people[i];
            auto local = hub.local(each.id);
            CHECK(local.join(each.id, "few") == JoinRequest::requested);
            if (i % 2 == 0) {
                CHECK(local.leave(each.id, "few"));
                CHECK_FALSE(local.leave(each.id, "few"));
            } else {
                CHECK(local.close(each.id));
            }
        }
        hub.settle();
        INFO(shards << " shards");
        // Whose connection broke may have been told before that was noticed.
        for (auto const& told : hub.script.joined) {
            for (std::size_t i = 0; i < 8; i += 2) CHECK(told.client != hub.people[i].id);
        }
        hub.script.joined.clear();
        for (std::size_t i = 0; i < shards; ++i) CHECK(hub->shard(i).room_count() == 0);
        // And the places are free again.
        for (std::size_t i = 0; i < 6; i += 2) {
            Person& each = hub.people[i];
            CHECK(hub.local(each.id).join(each.id, "few") == JoinRequest::requested);
        }
        hub.settle();
        CHECK(hub.script.joined.size() == 3);
        for (auto const& each : hub.script.joined) CHECK(each.result == JoinResult::joined);
    }
}

TEST_CASE("shards: a join asked for, taken back and asked for again is told once") {
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        TestHub hub{with_shards(shards)};
        for (int i = 0; i < 4; ++i) hub.connect();
        hub.settle();
        for (Person& each : hub.people) {
            auto local = hub.local(each.id);
            CHECK(local.join(each.id, "lobby") == JoinRequest::requested);
            CHECK(local.leave(each.id, "lobby"));
            CHECK(local.join(each.id, "lobby") == JoinRequest::requested);
        }
        hub.settle();
        INFO(shards << " shards");
        CHECK(hub.script.joined.size() == 4);
        for (Person& each : hub.people) CHECK(hub.local(each.id).is_member(each.id, "lobby"));
    }
}

TEST_CASE("shards: who joins sees every message after its join and none twice") {
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        TestHub hub{with_shards(shards)};
        Person& witness = hub.settled({"lobby"});
        pumphouse::simulation::Random random{shards + 10};
        std::deque<std::pair<Person*, bool>> joiners;
        for (int i = 0; i < 12; ++i) hub.connect();
        hub.settle();
        int number = 0;
        for (int step = 0; step < 600; ++step) {
            if (random.one_in(3)) hub.broadcast("lobby", std::to_string(number++));
            if (random.one_in(40)) {
                Person& each = hub.people[1 + random.below(12)];
                static_cast<void>(hub.local(each.id).join(each.id, "lobby"));
            }
            hub->shard(random.below(shards)).turn(TestClock::value, {.units = random.below(6)});
        }
        hub.settle();
        CHECK(witness.wire.texts().size() == static_cast<std::size_t>(number));
        for (Person const& each : hub.people) {
            auto const got = each.wire.texts();
            for (std::size_t i = 0; i < got.size(); ++i) {
                CHECK(std::stoi(got[i]) == number - static_cast<int>(got.size() - i));
            }
        }
    }
}

TEST_CASE("shards: joins, leaves, closes and messages interleaved never exceed a room's capacity") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        TestHub hub{with_shards(4)};
        pumphouse::simulation::Random random{seed};
        for (int i = 0; i < 12; ++i) hub.connect();
        hub.settle();
        std::size_t most = 0;
        for (int step = 0; step < 400; ++step) {
            Person& each = hub.people[random.below(hub.people.size())];
            auto local = hub.local(each.id);
            switch (random.below(12)) {
                case 0: each.wire.vanish(); break;
                case 1:
                case 2:
                case 3: static_cast<void>(local.leave(each.id, "few")); break;
                case 4: hub.broadcast("few", "hello"); break;
                case 5: hub.connect({"few"}); break;
                default: static_cast<void>(local.join(each.id, "few")); break;
            }
            hub->shard(random.below(4)).turn(TestClock::value, {.units = random.below(8)});
            std::size_t members = 0;
            for (std::size_t i = 0; i < 4; ++i) {
                Room const* const room = hub->shard(i).room("few");
                members += room != nullptr ? room->members.size() : 0;
            }
            most = std::max(most, members);
        }
        CHECK(most == 3);
        hub.settle();
        for (Person& each : hub.people) each.wire.vanish();
        hub.settle();
        for (std::size_t i = 0; i < 4; ++i) CHECK(hub->shard(i).room_count() == 0);
        CHECK(hub->core()->budget.messages() == 0);
    }
}

TEST_CASE("shards: a client of another shard can be sent to and closed, but is no session here") {
    TestHub hub{with_shards(2)};
    Person& here = hub.settled();
    Person& there = hub.settled();
    auto local = hub.local(here.id);
    REQUIRE(hub->core()->shard_of(here.id) != hub->core()->shard_of(there.id));
    CHECK(local.session(here.id) != nullptr);
    CHECK(local.session(there.id) == nullptr);
    CHECK(local.send(there.id, text("hello")) == Accepted::accepted);
    CHECK(local.close(there.id, CloseCode::kicked));
    CHECK_FALSE(local.close(there.id));
    hub.settle();
    CHECK(there.wire.texts() == std::vector<std::string>{"hello"});
    CHECK(there.wire.close_code() == 3503);
}

TEST_CASE("shards: two wire formats at once carry the same messages, on every shard") {
    for (std::size_t shards = 1; shards <= 3; ++shards) {
        TestHub hub{with_shards(shards)};
        std::vector<std::string> expected;
        for (int i = 0; i < 6; ++i) hub.connect({"lobby"}, i % 2 == 0);
        hub.settle();
        for (std::size_t size : {0U, 1U, 125U, 126U, 65535U, 65536U, 200'000U}) {
            expected.push_back(std::string(size, static_cast<char>('a' + size % 26)));
            hub.broadcast("lobby", expected.back());
        }
        REQUIRE(hub->broadcast("lobby", binary("binary")) == Accepted::accepted);
        hub.settle();
        for (Person const& each : hub.people) {
            CHECK(each.wire.texts() == expected);
            CHECK(each.wire.frames.back() == Frame{Opcode::binary, "binary"});
            CHECK(each.wire.broken == "");
        }
    }
}

TEST_CASE("shards: at most max_rooms_per_client, asked for and joined together") {
    HubOptions options;
    options.max_rooms_per_client = 3;
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        options.shards = shards;
        TestHub hub{options};
        Person& one = hub.settled();
        auto local = hub.local(one.id);
        for (auto const* room : {"a", "b", "c"}) {
            CHECK(local.join(one.id, room) == JoinRequest::requested);
        }
        CHECK(local.join(one.id, "d") == JoinRequest::too_many_rooms);
        hub.settle();
        CHECK(local.join(one.id, "d") == JoinRequest::too_many_rooms);
        CHECK(local.leave(one.id, "b"));
        CHECK(local.join(one.id, "d") == JoinRequest::requested);
        hub.settle();
        CHECK(local.is_member(one.id, "d"));
    }
}

TEST_CASE("shards: the hub-wide room is every client's from its opening, and cannot be left") {
    for (std::size_t shards = 1; shards <= 3; ++shards) {
        TestHub hub{with_shards(shards)};
        Person& one = hub.settled();
        CHECK_FALSE(hub.local(one.id).leave(one.id, ""));
        REQUIRE(hub->broadcast_all(text("early")) == Accepted::accepted);
        hub.settle();
        Person& two = hub.settled({}, false);
        REQUIRE(hub->broadcast_all(text("late"), except(one.id)) == Accepted::accepted);
        hub.settle();
        CHECK(one.wire.texts() == std::vector<std::string>{"early"});
        CHECK(two.wire.texts() == std::vector<std::string>{"late"});
    }
}
