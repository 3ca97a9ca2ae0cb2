// SPDX-License-Identifier: MIT
//
// Turns, budgets, rounds of the flush and drivers (core rules 15 and 16).
#include <thread>

#include <pumphouse/client/memory_peer.hpp>

#include <pumphouse/testing/simulation/random.hpp>
#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;

namespace {

// Each look at the clock takes a millisecond.
struct Ticking : DefaultPolicy {
    struct clock {
        static Time now() noexcept { return at += 1ms; }
        inline static Time at{1s};
    };
};

struct Echo : DefaultPolicy {
    void on_open(auto& hub, ClientId client) { hub.join(client, "lobby"); }
    void on_message(auto& hub, ClientId, Message message) { hub.broadcast("lobby", message); }
};

}  // namespace

TEST_CASE("turn: poll(50) never does more than 50 units, and gets through everything") {
    HubOptions options;
    for (std::size_t const shards : {1U, 3U}) {
        options.shards = shards;
        TestHub hub{options};
        for (int i = 0; i < 100; ++i) hub.connect({"lobby"});
        for (int i = 0; i < 200; ++i) {
            REQUIRE(hub->broadcast_all(text("hello")) == Accepted::accepted);
            hub.people[static_cast<std::size_t>(i) % 100].wire.say("message");
        }
        std::size_t most = 0;
        std::size_t units = 0;
        for (TurnResult result; (result = hub->poll(50)).more;) {
            most = std::max(most, result.units);
            units += result.units;
        }
        CHECK(most == 50);
        CHECK(units >= 100 + 200 + 100);
        for (Person const& each : hub.people) CHECK(each.wire.texts().size() == 200);
        CHECK(hub.script.messages.size() == 200);
    }
}

TEST_CASE("turn: a poll of nothing does nothing, and says so") {
    TestHub hub;
    hub.connect();
    auto const none = hub->poll(0);
    CHECK(none.units == 0);
    CHECK(none.more);
    CHECK(hub.script.opened.empty());
    while (hub->poll(1).more) {
    }
    CHECK(hub.script.opened.size() == 1);
    auto const idle = hub->poll();
    CHECK(idle.units == 0);
    CHECK_FALSE(idle.more);
    CHECK_FALSE(idle.finished);
    CHECK(idle.next_deadline >= TestClock::value + 53s);  // its first ping
    CHECK(idle.next_deadline <= TestClock::value + 55s);
}

TEST_CASE("turn: poll says more until the shards have nothing left for each other") {
    HubOptions options;
    options.shards = 4;
    TestHub hub{options};
    for (int i = 0; i < 8; ++i) hub.connect({"room " + std::to_string(i)});
    while (hub->poll().more) {
    }
    CHECK(hub.script.joined.size() == 8);
    for (int i = 0; i < 8; ++i) hub.broadcast("room " + std::to_string(i), "hello");
    while (hub->poll().more) {
    }
    for (Person const& each : hub.people) CHECK(each.wire.texts().size() == 1);
}

TEST_CASE("turn: with one unit a turn nothing is starved") {
    TestHub hub;
    Person& talker = hub.settled({"lobby"});
    Person& reader = hub.settled({"lobby"});
    hub.script.on_message = [](Local& local, ClientId, std::string_view) {
        local.broadcast("lobby", text("relayed"));
    };
    for (int i = 0; i < 1000; ++i) talker.wire.say("hello");
    std::size_t seen_early = 0;
    for (int i = 0; i < 400; ++i) {
        REQUIRE(hub->broadcast("lobby", text("outside")) == Accepted::accepted);
        hub.turn({.units = 1});
        if (i == 300) seen_early = reader.wire.texts().size();
    }
    CHECK(seen_early > 0);                    // the flush had its share
    CHECK(hub.script.messages.size() > 50);   // and so had the readers
    hub.settle();
    CHECK(reader.wire.texts().size() == 1400);
}

TEST_CASE("turn: a budget of time is looked at while it runs") {
    Hub<Ticking> hub;
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(hub.broadcast("lobby", text("hello")) == Accepted::accepted);
    }
    TurnBudget budget;
    budget.until = Ticking::clock::at + 5ms;
    auto const result = hub.poll(budget);
    CHECK(result.units < 1000);
    CHECK(result.more);
    CHECK(hub.poll().more == false);
}

namespace {

// Some who send all they can, and one who does not.
struct Crowd {
    explicit Crowd(std::size_t batches) {
        modest.wire.say("I am here");
        hub.settle();
        std::vector<Person*> others;
        for (int i = 0; i < 5; ++i) others.push_back(&hub.settled());
        for (Person* const each : others) {
            each->wire.has_large_batches = true;
            for (std::size_t k = 0; k < batches; ++k) each->wire.say("a lot");
        }
        hub.script.messages.clear();
    }
    // What is heard in the next turn.
    std::vector<std::string> next_turn() {
        hub.turn();
        std::vector<std::string> heard;
        for (auto& [_, what] : std::exchange(hub.script.messages, {})) heard.push_back(what);
        return heard;
    }
    TestHub hub;
    Person& modest = hub.settled();
};

using Heard = std::vector<std::string>;

}  // namespace

TEST_CASE("turn: of all who send large batches one is read, and of the others everyone") {
    Crowd crowd{3};
    for (int i = 0; i < 15; ++i) {  // whoever always has a little does not keep them from it
        crowd.modest.wire.say("a little");
        CHECK(crowd.next_turn() == Heard{"a lot", "a little"});
    }
    CHECK(crowd.hub->poll().more == false);
}

TEST_CASE("turn: with one unit a turn, who sends large batches starves nobody") {
    Crowd crowd{1000};
    crowd.modest.wire.say("a little");
    for (int i = 0; i < 30; ++i) crowd.hub.turn({.units = 1});
    std::size_t little = 0;
    for (auto const& [_, what] : crowd.hub.script.messages) little += what == "a little";
    CHECK(little == 1);
    CHECK(crowd.hub.script.messages.size() > 3);
}

TEST_CASE("turn: goodbyes of many who never said a word are read in one turn") {
    TestHub hub;
    std::vector<Person*> silent;
    for (int i = 0; i < 100; ++i) silent.push_back(&hub.settled());
    for (Person* const each : silent) each->wire.close();
    hub.turn();
    hub.turn();
    CHECK(hub.script.closed.size() == 100);
}

TEST_CASE("turn: who sends large batches is read in turn") {
    Crowd crowd{2};
    std::vector<ClientId> order;
    crowd.hub.script.on_message = [&](Local&, ClientId who, std::string_view) {
        order.push_back(who);
    };
    crowd.hub.settle();
    REQUIRE(order.size() == 10);
    CHECK(std::equal(order.begin(), order.begin() + 5, order.begin() + 5));
}

TEST_CASE("turn: who sends little again is read with the others again") {
    Crowd crowd{1};
    crowd.hub.settle();
    for (Person& each : crowd.hub.people) each.wire.has_large_batches = false;
    for (Person& each : crowd.hub.people) each.wire.say("a little");
    static_cast<void>(crowd.next_turn());
    for (Person& each : crowd.hub.people) each.wire.say("a little");
    CHECK(crowd.next_turn() == Heard(6, "a little"));
}

TEST_CASE("turn: of newcomers whose first batch ends the conversation one is read") {
    TestHub hub;
    Person& modest = hub.settled();
    modest.wire.say("I am here");
    hub.settle();
    std::vector<Person*> newcomers;
    for (int i = 0; i < 5; ++i) newcomers.push_back(&hub.settled());
    for (Person* const each : newcomers) {
        each->wire.push([](Receiver& receiver) {
            receiver.violation(CloseCode::message_too_big, "too much");
        });
    }
    for (std::uint64_t ended = 1; ended <= 5; ++ended) {
        modest.wire.say("a little");
        hub.turn();
        CHECK(hub->shard(0).stats().protocol_violations == ended);
    }
    CHECK(hub.script.messages.size() == 6);
}

TEST_CASE("turn: 1,000 ready clients make one flush round") {
    HubOptions options;
    options.flush_slice_clients = 100'000;
    options.flush_slice_bytes = std::size_t{1} << 30;
    TestHub hub{options};
    for (int i = 0; i < 1000; ++i) hub.connect({"lobby"});
    hub.settle();
    hub.is_audited = false;
    hub.script.on_message = [](Local& local, ClientId, std::string_view what) {
        local.broadcast("lobby", text(what));
    };
    for (Person& each : hub.people) each.wire.say("!");
    auto const before = hub->shard(0).stats();
    hub.settle();
    auto const after = hub->shard(0).stats();
    CHECK(after.messages_received - before.messages_received == 1000);
    CHECK(after.visits - before.visits <= 1100);  // each client once: everything in one write
    for (Person const& each : hub.people) {
        CHECK(each.wire.frame_count == 1000);
        CHECK(each.wire.writes <= 2);
    }
}

TEST_CASE("turn: a flush is sliced, by clients and by bytes, and a join does not wait behind it") {
    for (bool const by_clients : {true, false}) {
        HubOptions options;
        options.flush_slice_clients = by_clients ? 10 : 10'000;
        options.flush_slice_bytes = by_clients ? std::size_t{1} << 30 : 1020;
        TestHub hub{options};
        for (int i = 0; i < 200; ++i) hub.connect({"lobby"});
        hub.settle();
        for (Person& each : hub.people) each.wire.writes = 0;
        hub.broadcast("lobby", std::string(100, 'x'));
        hub.turn();
        std::uint64_t written = 0;
        for (Person const& each : hub.people) written += each.wire.writes;
        CHECK(written >= 8);
        CHECK(written <= 11);
        Person& late = hub.connect({"lobby"});
        hub.turn();
        CHECK(hub.local().is_member(late.id, "lobby"));
        hub.settle();
        CHECK(late.wire.frames.empty());
        for (std::size_t i = 0; i < 200; ++i) CHECK(hub.people[i].wire.frame_count == 1);
    }
}

TEST_CASE("turn: a direct message and a join are answered within a slice of a large flush") {
    HubOptions options;
    options.flush_slice_clients = 10;
    TestHub hub{options};
    for (int i = 0; i < 200; ++i) hub.connect({"lobby"});
    Person& asking = hub.settled();
    hub.script.on_message = [](Local& local, ClientId client, std::string_view asked) {
        if (asked == "join") {
            local.join(client, "other");
        } else {
            local.send(client, pumphouse::text("direct"));
        }
    };
    hub.script.on_joined = [](Local& local, ClientId client, std::string_view, auto const&) {
        local.send(client, pumphouse::text("joined"));
    };
    hub.broadcast("lobby", "to all of them");
    hub.turn();
    asking.wire.say("direct");
    hub.turn();
    CHECK(asking.wire.texts() == std::vector<std::string>{"direct"});
    asking.wire.say("join");
    hub.turn();
    CHECK(asking.wire.texts() == std::vector<std::string>{"direct", "joined"});
    std::uint64_t given = 0;
    for (std::size_t i = 0; i < 200; ++i) given += hub.people[i].wire.frame_count;
    CHECK(given <= 30);
    hub.settle();
    for (std::size_t i = 0; i < 200; ++i) CHECK(hub.people[i].wire.frame_count == 1);
}

TEST_CASE("turn: who is flushed later in a round gets more in one write") {
    HubOptions options;
    options.flush_slice_clients = 10;
    TestHub hub{options};
    for (int i = 0; i < 100; ++i) hub.connect({"lobby"});
    hub.settle();
    for (Person& each : hub.people) each.wire.writes = 0;
    for (int i = 0; i < 10; ++i) {
        hub.broadcast("lobby", "message");
        hub.turn();
    }
    hub.settle();
    std::uint64_t writes = 0;
    for (Person const& each : hub.people) {
        CHECK(each.wire.frame_count == 10);
        writes += each.wire.writes;
    }
    CHECK(writes <= 2 * 100);  // not ten times a hundred
}

TEST_CASE("turn: churn between the slices of a round loses nobody") {
    pumphouse::simulation::Random random{11};
    HubOptions options;
    options.flush_slice_clients = 3;
    options.max_clients = 0;
    TestHub hub{options};
    std::map<std::uint64_t, std::uint64_t> due;  // by id
    std::map<std::uint64_t, Person*> members;
    std::map<std::uint64_t, Person*> outside;
    auto const come = [&] {
        Person& person = hub.settled({"lobby"});
        members[person.id.value()] = &person;
    };
    auto const some = [&](auto& from) {
        auto at = from.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(random.below(from.size())));
        return at;
    };
    for (int i = 0; i < 40; ++i) come();
    auto local = hub.local();
    for (int step = 0; step < 1500; ++step) {
        bool const few = members.size() < 20;
        switch (few ? 5 : random.below(8)) {
            case 0: {
                auto const at = some(members);
                CHECK(local.leave(at->second->id, "lobby"));
                outside.insert(*at);
                members.erase(at);
                break;
            }
            case 1: {
                auto const at = some(members);
                at->second->wire.vanish();
                hub.turn();
                members.erase(at);
                break;
            }
            case 2: some(members)->second->wire.take(random.below(40)); break;
            case 3: some(members)->second->wire.take_all(); break;
            case 4:
                if (!outside.empty()) {
                    auto const at = some(outside);
                    CHECK(local.join(at->second->id, "lobby") == JoinRequest::requested);
                    members.insert(*at);
                    outside.erase(at);
                }
                break;
            case 5: come(); break;
            default: local.broadcast("lobby", text("step " + std::to_string(step))); break;
        }
        hub.turn({.units = random.between(1, 6)});
    }
    for (auto& [id, person] : members) person->wire.take_all();
    for (auto& [id, person] : outside) person->wire.take_all();
    hub.settle();
    for (auto& [id, person] : members) {
        if (hub.script.closed_reason(person->id) != nullptr) continue;  // too slow meanwhile
        auto const ledger = local.ledger(person->id, "lobby");
        CHECK(ledger.delivered == ledger.due);
        CHECK(person->wire.broken == "");
    }
}

TEST_CASE("turn: one moment per turn, for every hook and timer in it") {
    TestHub hub;
    std::vector<Time> seen;
    hub.script.on_message = [&](Local& local, ClientId, std::string_view) {
        seen.push_back(local.now());
        TestClock::value += 5s;  // the clock goes on, the turn's moment does not
    };
    Person& one = hub.settled();
    Person& two = hub.settled();
    Time const now = TestClock::value;
    one.wire.say("a");
    two.wire.say("b");
    hub.turn();
    CHECK(seen == std::vector<Time>{now, now});
}

TEST_CASE("turn: a burst from outside wakes a sleeping shard once") {
    struct Counting final : Waker {
        void wake() noexcept override { ++wakes; }
        std::atomic<int> wakes{0};
    };
    TestHub hub;
    auto const waker = std::make_shared<Counting>();
    hub->core()->set_waker(0, waker);
    Person& one = hub.settled({"lobby"});
    waker->wakes = 0;
    for (int i = 0; i < 100; ++i) {
        hub.broadcast("lobby", "hello");
        one.wire.say("hello");
        REQUIRE(hub->send(one.id, text("hello")) == Accepted::accepted);
    }
    CHECK(waker->wakes == 1);
    hub.settle();
    hub->close(one.id);
    CHECK(waker->wakes == 2);
}

TEST_CASE("turn: run drives every shard on a thread of its own until a stop is asked for") {
    for (std::size_t const shards : {1U, 2U}) {
        HubOptions options;
        options.shards = shards;
        options.close_wait = 0s;
        Hub<Echo> hub{options};
        std::jthread runner{[&](std::stop_token stop) { hub.run(stop); }};
        MemoryPeer one;
        MemoryPeer two;
        REQUIRE(hub.register_channel().push(one.connect()));
        REQUIRE(hub.register_channel().push(two.connect()));
        for (int i = 0; i < 100; ++i) one.send(text("hello"));
        int received = 0;
        while (received < 100) received += one.receive().has_value();
        runner.request_stop();
        runner.join();
        CHECK(one.is_ended());
        CHECK(two.is_ended());
        CHECK(one.closed() == CloseCode::going_away);
        CHECK(hub.client_count() == 0);
        CHECK(hub.broadcast("lobby", text("late")) == Accepted::closed);
    }
}
