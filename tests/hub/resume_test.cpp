// SPDX-License-Identifier: MIT
//
// Joining with a place in the past (core rules 10 and 12): exactly what was missed, or a plain no;
// the same for any number of shards and any wire format.
#include <map>

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

// Remembers what on_joined was told of whom.
struct Outcomes {
    explicit Outcomes(TestHub& hub) {
        hub.script.on_joined = [this](Local&, ClientId client, std::string_view,
                                      Joined const& joined) { of[client.value()] = joined; };
    }
    Joined const& operator[](Person const& person) const { return of.at(person.id.value()); }
    std::map<std::uint64_t, Joined> of;
};

void join(TestHub& hub, Person const& person, std::string_view room, Since since) {
    REQUIRE(hub.local(person.id).join(person.id, room, since) == JoinRequest::requested);
    hub.settle();
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

}  // namespace

TEST_CASE("resume: from_history begins with the oldest message kept, on one to four shards") {
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        TestHub hub{with_shards(shards)};
        Outcomes outcomes{hub};
        hub.settled({"kept"});
        publish(hub, "kept", 1, 25);
        for (int i = 0; i < 8; ++i) {
            Person& late = hub.settled({}, i % 2 == 0);
            join(hub, late, "kept", from_history);
            INFO(shards << " shards");
            CHECK(outcomes[late].replayed == 10);
            CHECK(outcomes[late].position.offset == 25);
            CHECK_FALSE(outcomes[late].recovered);
            CHECK(late.wire.texts() == numbers(16, 25));
        }
        publish(hub, "kept", 26, 27);
        for (std::size_t i = 1; i <= 8; ++i) CHECK(hub.people[i].wire.texts() == numbers(16, 27));
    }
}

TEST_CASE("resume: after(position) brings exactly what was missed, on one to four shards") {
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        TestHub hub{with_shards(shards)};
        Outcomes outcomes{hub};
        Person& stays = hub.settled({"kept"});
        Position const start = outcomes[stays].position;
        publish(hub, "kept", 1, 12);
        for (std::uint64_t offset = 0; offset <= 13; ++offset) {
            Person& back = hub.settled({}, offset % 2 == 0);
            join(hub, back, "kept", after({start.epoch, offset}));
            bool const is_kept = offset >= 2 && offset <= 12;  // 10 of 12 are; 13 never was
            INFO(shards << " shards, after " << offset);
            CHECK(outcomes[back].recovered == is_kept);
            CHECK(outcomes[back].replayed == (is_kept ? 12 - offset : 0));
            CHECK(outcomes[back].position == Position{start.epoch, 12});
            auto const missed = numbers(static_cast<int>(offset) + 1, 12);
            CHECK(back.wire.texts() == (is_kept ? missed : std::vector<std::string>{}));
            back.wire.vanish();
            hub.settle();
        }
    }
}

TEST_CASE("resume: a hook knows where a room of its shard is, and after it comes what is next") {
    for (std::size_t shards = 1; shards <= 3; ++shards) {
        TestHub hub{with_shards(shards)};
        Outcomes outcomes{hub};
        Person& stays = hub.settled({"kept"});
        publish(hub, "kept", 1, 3);
        Position const expected{outcomes[stays].position.epoch, 3};
        std::size_t const home = hub->core()->home_of("kept");
        for (std::size_t shard = 0; shard < shards; ++shard) {
            Position const seen = hub.local(shard).position("kept");
            CHECK(seen == (shard == home ? expected : Position{}));
        }
        CHECK(hub.local(home).position("nowhere") == Position{});
        CHECK(hub.local(home).position("lobby") == Position{});
        Person& back = hub.settled();
        publish(hub, "kept", 4, 4);
        join(hub, back, "kept", after(expected));
        CHECK(outcomes[back].recovered);
        CHECK(back.wire.texts() == numbers(4, 4));
    }
}

TEST_CASE("resume: a position of another epoch is not recovered, whatever its offset") {
    for (std::size_t shards = 1; shards <= 3; ++shards) {
        TestHub hub{with_shards(shards)};
        Outcomes outcomes{hub};
        Person& stays = hub.settled({"kept"});
        publish(hub, "kept", 1, 5);
        Position const here{outcomes[stays].position.epoch, 5};
        for (std::uint64_t const epoch : {here.epoch + 1, here.epoch - 1, std::uint64_t{0}}) {
            Person& back = hub.settled();
            join(hub, back, "kept", after({epoch, 5}));
            CHECK_FALSE(outcomes[back].recovered);
            CHECK(back.wire.texts().empty());
        }
    }
}

TEST_CASE("resume: a hub that was started anew has other epochs") {
    Position last;
    for (int run = 0; run < 2; ++run) {
        auto const before = TestClock::random;
        TestHub hub;
        Outcomes outcomes{hub};
        Person& person = hub.settled();
        join(hub, person, "kept", run == 0 ? from_now : after(last));
        CHECK(outcomes[person].position.epoch > before);
        CHECK_FALSE(outcomes[person].recovered);
        publish(hub, "kept", 1, 3);
        last = {outcomes[person].position.epoch, 3};
    }
}

TEST_CASE("resume: who has missed more than max_replay_messages is not recovered") {
    TestHub hub;
    Outcomes outcomes{hub};
    Person& stays = hub.settled({"deep"});
    std::uint64_t const epoch = outcomes[stays].position.epoch;
    publish(hub, "deep", 1, 380);
    Person& far = hub.settled();
    join(hub, far, "deep", after({epoch, 79}));
    CHECK_FALSE(outcomes[far].recovered);
    CHECK(far.wire.texts().empty());
    Person& near = hub.settled();
    join(hub, near, "deep", after({epoch, 80}));
    CHECK(outcomes[near].recovered);
    CHECK(near.wire.texts() == numbers(81, 380));
    Person& all = hub.settled();
    join(hub, all, "deep", from_history);  // has no such limit
    CHECK(all.wire.texts() == numbers(1, 380));
}

TEST_CASE("resume: a room without history has no positions, and nobody is recovered in it") {
    TestHub hub;
    Outcomes outcomes{hub};
    Person& stays = hub.settled({"lobby"});
    CHECK(outcomes[stays].position == Position{0, 0});
    publish(hub, "lobby", 1, 3);
    Person& back = hub.settled();
    join(hub, back, "lobby", after({0, 3}));
    CHECK_FALSE(outcomes[back].recovered);
    CHECK(outcomes[back].position == Position{0, 3});
    Person& other = hub.settled();
    join(hub, other, "lobby", from_history);
    CHECK(other.wire.texts().empty());
}

TEST_CASE("resume: a message that leaves a client out is left out of its replay, and not counted") {
    for (std::size_t shards = 1; shards <= 3; ++shards) {
        TestHub hub{with_shards(shards)};
        Outcomes outcomes{hub};
        Person& stays = hub.settled({"kept"});
        for (int i = 0; i < 5; ++i) {
            Person& one = hub.settled({"kept"});
            auto const last = outcomes[one].position;
            CHECK(hub.local(one.id).leave(one.id, "kept"));
            hub.broadcast("kept", "to all");
            hub.broadcast("kept", "not to one", except(one.id));
            hub.broadcast("kept", "to all again");
            hub.settle();
            join(hub, one, "kept", after(last));
            CHECK(outcomes[one].recovered);
            CHECK(outcomes[one].replayed == 2);
            CHECK(one.wire.texts() == std::vector<std::string>{"to all", "to all again"});
            auto const ledger = hub.local(one.id).ledger(one.id, "kept");
            CHECK(ledger.due == 3);
            CHECK(ledger.excluded == 1);
            CHECK(ledger.delivered == 2);
            one.wire.vanish();
            hub.settle();
        }
        CHECK(stays.wire.texts().size() == 15);
    }
}

TEST_CASE("resume: what on_joined sends comes before the past and before anything of the room") {
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        TestHub hub{with_shards(shards)};
        hub.script.on_joined = [](Local& local, ClientId client, std::string_view, Joined const&) {
            local.send(client, text("welcome"));
        };
        hub.settled({"kept"});
        publish(hub, "kept", 1, 3);
        for (int i = 0; i < 4; ++i) {
            Person& late = hub.settled();
            hub.local(late.id).send(late.id, text("before"));
            REQUIRE(hub.local(late.id).join(late.id, "kept", from_history) ==
                    JoinRequest::requested);
            hub.local(late.id).broadcast("kept", text("4"));
            hub.settle();
            hub.local(late.id).send(late.id, text("behind"));
            hub.settle();
            std::vector<std::string> expected{"before", "welcome", "1", "2", "3", "4"};
            expected.insert(expected.end(), static_cast<std::size_t>(i), "4");
            expected.push_back("behind");
            INFO(shards << " shards");
            CHECK(late.wire.texts() == expected);
        }
    }
}

TEST_CASE("resume: 300 messages of 4 KiB over a slow link are replayed, for that is no lag") {
    HubOptions options;
    options.heartbeat.ping_interval = Duration::zero();  // five minutes
    TestHub hub{options};
    Outcomes outcomes{hub};
    Person& stays = hub.settled({"deep"});
    std::string const payload(4096, 'x');
    for (int i = 0; i < 300; ++i) hub.broadcast("deep", payload);
    hub.settle();
    Person& back = hub.settled();
    back.wire.take(0);
    join(hub, back, "deep", after({outcomes[stays].position.epoch, 0}));
    CHECK(outcomes[back].recovered);
    // 41 bytes at a time, a frame takes 1 s; each comes within the write deadline.
    for (int i = 0; back.wire.frame_count < 300; ++i) {
        if (i % 20 == 0 && i < 20 * 40) hub.broadcast("deep", "meanwhile");  // 40: under its bound
        back.wire.take(41);
        hub.pass(10ms);
        REQUIRE(hub.script.closed.empty());
        REQUIRE(i < 100'000);
    }
    back.wire.take_all();
    hub.settle();
    CHECK(back.wire.frame_count == 340);
    CHECK(back.wire.broken == "");
    // Once it has caught up its lag counts as everybody's.
    back.wire.take(0);
    for (int i = 0; i < 60; ++i) {
        hub.broadcast("deep", payload);
        hub.settle();
    }
    REQUIRE(hub.script.closed_reason(back.id) != nullptr);
    CHECK(hub.script.closed_reason(back.id)->cause == CloseCause::lag);
}

TEST_CASE("resume: while replaying, what is appended since the join counts as lag") {
    TestHub hub;
    Outcomes outcomes{hub};
    Person& stays = hub.settled({"deep"});
    publish(hub, "deep", 1, 200);
    Person& back = hub.settled();
    back.wire.take(0);
    join(hub, back, "deep", after({outcomes[stays].position.epoch, 0}));
    for (int i = 0; i < 50; ++i) publish(hub, "deep", i, i);
    CHECK(hub.script.closed_reason(back.id) == nullptr);
    publish(hub, "deep", 50, 50);
    REQUIRE(hub.script.closed_reason(back.id) != nullptr);
    CHECK(hub.script.closed_reason(back.id)->cause == CloseCause::lag);
}

TEST_CASE("resume: a replay that does not move is ended by the write deadline") {
    TestHub hub;
    Outcomes outcomes{hub};
    hub.settled({"deep"});
    for (int i = 0; i < 20; ++i) hub.broadcast("deep", std::string(100, 'x'));
    hub.settle();
    Person& back = hub.settled();
    back.wire.take(0);
    join(hub, back, "deep", from_history);
    for (int i = 0; i < 12; ++i) {
        back.wire.take(1);  // a byte a second is no progress
        hub.pass(1s);
    }
    REQUIRE(hub.script.closed_reason(back.id) != nullptr);
    CHECK(hub.script.closed_reason(back.id)->cause == CloseCause::write_deadline);
}

TEST_CASE("resume: the past is due too, and leaving in the middle discards what is left of it") {
    TestHub hub;
    Outcomes outcomes{hub};
    hub.settled({"kept"});
    publish(hub, "kept", 1, 10);
    Person& back = hub.settled();
    back.wire.take(3 * 3 + 1);  // three frames of three bytes and a torn one
    join(hub, back, "kept", from_history);
    auto const ledger = hub.local(back.id).ledger(back.id, "kept");
    CHECK(ledger.due == 10);
    CHECK(ledger.delivered == 3);
    CHECK(ledger.in_flight == 1);
    CHECK(ledger.pending == 6);
    CHECK(hub.local(back.id).leave(back.id, "kept"));
    back.wire.take_all();
    hub.settle();
    CHECK(back.wire.texts() == numbers(1, 4));
    CHECK(hub.shard_of(back.id).stats().ledger.discarded_leave == 6);
}

TEST_CASE("resume: joins, leaves, closes and messages interleaved: each join sees n, then n+1") {
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        for (std::uint64_t seed = 1; seed <= 10; ++seed) {
            TestHub hub{with_shards(shards)};
            simulation::Random random{seed};
            hub.script.on_joined = [&](Local& local, ClientId client, std::string_view,
                                       Joined const& joined) {
                if (!joined) return;
                std::string mark = "start " + std::to_string(joined.position.offset -
                                                             joined.replayed);
                local.send(client, text(mark));
            };
            for (int i = 0; i < 10; ++i) hub.connect({}, i % 2 == 0);
            hub.settle();
            std::size_t most = 0;
            std::uint64_t published = 0;
            std::uint64_t epoch = 0;
            for (int step = 0; step < 500; ++step) {
                Person& each = hub.people[random.below(hub.people.size())];
                auto local = hub.local(each.id);
                Since const sinces[]{from_now, from_history, after({epoch, published / 2}),
                                     after({epoch, published})};
                switch (random.below(14)) {
                    case 0:
                        if (random.one_in(3)) each.wire.vanish();
                        break;
                    case 1:
                    case 2: static_cast<void>(local.leave(each.id, "kept-few")); break;
                    case 3: hub.connect({}, random.one_in(2)); break;
                    case 4: each.wire.take(random.below(40)); break;
                    case 5: each.wire.take_all(); break;
                    case 6:
                    case 7:
                    case 8:
                        static_cast<void>(
                            local.join(each.id, "kept-few", sinces[random.below(4)]));
                        break;
                    default: hub.broadcast("kept-few", std::to_string(++published)); break;
                }
                hub->shard(random.below(shards)).turn(TestClock::value, {.units = random.below(8)});
                std::size_t members = 0;
                for (std::size_t i = 0; i < shards; ++i) {
                    Room const* const room = hub->shard(i).room("kept-few");
                    members += room != nullptr ? room->members.size() : 0;
                    if (room != nullptr && room->epoch != 0) epoch = room->epoch;
                }
                most = std::max(most, members);
            }
            for (Person& each : hub.people) each.wire.take_all();
            hub.settle();
            CHECK(most == 3);
            for (Person const& each : hub.people) {
                std::uint64_t next = 0;
                for (std::string const& what : each.wire.texts()) {
                    if (what.starts_with("start ")) {
                        next = 0;
                        continue;
                    }
                    std::uint64_t const number = std::stoull(what);
                    if (next != 0 && number != next) FAIL("a hole or a repetition");
                    next = number + 1;
                }
                CHECK(each.wire.broken == "");
            }
        }
    }
}
