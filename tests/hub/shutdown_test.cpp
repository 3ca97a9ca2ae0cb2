// SPDX-License-Identifier: MIT
//
// Shutdown: what was accepted still arrives, everybody is told, and it ends.
#include <algorithm>
#include <thread>

#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;

TEST_CASE("shutdown: loses nothing that was accepted, and answers closed from then on") {
    HubOptions options;
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        options.shards = shards;
        TestHub hub{options};
        for (int i = 0; i < 10; ++i) hub.connect({"lobby"}, i % 2 == 0);
        hub.settle();
        for (int i = 0; i < 50; ++i) hub.broadcast("lobby", std::to_string(i));
        for (Person const& each : hub.people) {
            REQUIRE(hub->send(each.id, text("you")) == Accepted::accepted);
        }
        hub->shutdown();
        hub->shutdown();
        hub.settle();
        CHECK(hub->broadcast("lobby", text("late")) == Accepted::closed);
        CHECK(hub->broadcast_all(text("late")) == Accepted::closed);
        CHECK(hub->close(hub.people[0].id) != Unregistered::gone);
        for (Person& each : hub.people) {
            CHECK(each.wire.texts().size() == 51);
            CHECK(each.wire.close_code() == 1001);
            each.wire.close();
        }
        hub.settle();
        CHECK(hub.script.closed.size() == 10);
        for (auto const& each : hub.script.closed) {
            CHECK(each.code == CloseCode::going_away);
            CHECK(each.cause == CloseCause::shutdown);
        }
        CHECK(hub->poll().finished);
        CHECK(hub->client_count() == 0);
        Wire wire;
        auto client = std::make_unique<Client<ScriptedTransport>>(wire);
        CHECK(hub->register_channel().push(std::move(client)).answer ==
              Registered::Answer::closed);
        CHECK(client != nullptr);
    }
}

TEST_CASE("shutdown: what is accepted while the doors are closing arrives on every shard") {
    for (std::size_t const units : {1U, 2U, 3U, 1000U}) {
        HubOptions options;
        options.shards = 3;
        TestHub hub{options};
        for (int i = 0; i < 9; ++i) hub.connect({"a", "b", "c", "d"});
        hub.settle();
        std::vector<std::size_t> accepted(4, 0);
        hub->shutdown();
        for (int i = 0; i < 60; ++i) {  // the doors close one by one meanwhile
            for (std::size_t room = 0; room < 4; ++room) {
                std::string const name{static_cast<char>('a' + room)};
                accepted[room] += hub->broadcast(name, text(name)) == Accepted::accepted;
            }
            hub->shard(static_cast<std::size_t>(i) % 3).turn(TestClock::value, {.units = units});
        }
        hub.settle();
        CHECK(accepted[0] + accepted[1] + accepted[2] + accepted[3] > 0);
        for (Person const& each : hub.people) {
            auto const texts = each.wire.texts();
            for (std::size_t room = 0; room < 4; ++room) {
                std::string const name{static_cast<char>('a' + room)};
                auto const got = std::count(texts.begin(), texts.end(), name);
                CHECK(static_cast<std::size_t>(got) == accepted[room]);
            }
        }
        CHECK(hub->core()->budget.messages() == 0);
    }
}

TEST_CASE("shutdown: the drain deadline ends those who do not read, and then it is over") {
    HubOptions options;
    options.shutdown.deadline = 5s;
    options.write_deadline = 0s;
    TestHub hub{options};
    Person& dead = hub.settled({"lobby"});
    Person& good = hub.settled({"lobby"});
    dead.wire.credit = 0;
    hub.broadcast("lobby", "last words");
    hub->shutdown();
    hub.settle();
    good.wire.close();
    hub.settle();
    CHECK(good.wire.texts().size() == 1);
    CHECK_FALSE(hub->poll().finished);
    CHECK(hub->poll().next_deadline <= TestClock::value + 5s);
    hub.pass(4900ms);
    CHECK(hub.script.closed_reason(dead.id) == nullptr);
    hub.pass(200ms);
    REQUIRE(hub.script.closed_reason(dead.id) != nullptr);
    CHECK(hub.script.closed_reason(dead.id)->cause == CloseCause::shutdown);
    CHECK(dead.wire.ended == CloseHow::abort);
    CHECK(hub->poll().finished);
}

TEST_CASE("shutdown: a drain deadline of zero ends everybody at once") {
    HubOptions options;
    options.shutdown.deadline = 0s;
    TestHub hub{options};
    for (int i = 0; i < 5; ++i) hub.connect({"lobby"}).wire.credit = 0;
    hub.settle();
    hub->shutdown();
    hub.settle();
    CHECK(hub->poll().finished);
    CHECK(hub.script.closed.size() == 5);
}

TEST_CASE("shutdown: of a hub without clients finishes at once, on any number of shards") {
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        HubOptions options;
        options.shards = shards;
        TestHub hub{options};
        CHECK_FALSE(hub->poll().finished);
        hub->shutdown();
        hub.settle();
        CHECK(hub->poll().finished);
    }
}

TEST_CASE("shutdown: a peer that never answers the close frame is waited for, but not for ever") {
    HubOptions options;
    options.close_wait = 3s;
    TestHub hub{options};
    Person& one = hub.settled();
    hub->close(one.id);
    hub.settle();
    CHECK(one.wire.close_code() == 1000);
    hub.pass(2s);
    CHECK(hub.script.closed.empty());
    hub.pass(1100ms);
    CHECK(hub.script.closed.size() == 1);
    CHECK(one.wire.ended.has_value());
}

TEST_CASE(
    "shutdown: a hub that is destroyed tells on_close for everybody, and no transport twice") {
    for (std::size_t shards = 1; shards <= 3; ++shards) {
        HubOptions options;
        options.shards = shards;
        TestHub hub{options};
        for (int i = 0; i < 9; ++i) hub.connect({"lobby"}, i % 2 == 0);
        hub.settle();
        hub.people[1].wire.credit = 3;
        hub.people[2].wire.credit = 0;
        hub.broadcast("lobby", "hello");
        hub.turn({.units = 4});
        hub.script.on_close = [](Local& local, ClientId client, CloseReason const&) {
            static_cast<void>(local.join(client, "lobby"));
            static_cast<void>(local.broadcast("lobby", text("it has gone")));
            static_cast<void>(local.broadcast_all(text("it has gone")));
            static_cast<void>(local.send(client, text("gone")));
            local.shutdown();
        };
        Person& unopened = hub.connect();
        hub.broadcast("lobby", "still in the inbox");
        auto const core = hub->core();
        hub.destroy();
        CHECK(hub.script.opened.size() == 9);
        CHECK(hub.script.closed.size() == 9);
        CHECK(hub.script.closed_reason(unopened.id) == nullptr);  // it was never opened
        for (Person const& each : hub.people) CHECK(each.wire.broken == "");
        CHECK(core->budget.messages() == 0);
        CHECK(core->budget.bytes() == 0);
        CHECK(core->slots.live() == 0);
    }
}

TEST_CASE("shutdown: everything that producers were told is accepted has been appended") {
    for (std::size_t const shards : {1U, 2U}) {
        HubOptions options;
        options.shards = shards;
        options.shutdown.deadline = 0s;
        Hub<DefaultPolicy> hub{options};
        std::atomic<std::uint64_t> accepted{0};
        std::vector<std::thread> producers;
        for (int p = 0; p < 3; ++p) {
            producers.emplace_back([&] {
                for (;;) {
                    auto const answer = hub.broadcast_all(text("hello"));
                    if (answer == Accepted::closed) return;
                    accepted += answer == Accepted::accepted;
                }
            });
        }
        std::thread stopper{[&] {
            while (accepted.load() < 1000) std::this_thread::yield();
            hub.shutdown();
        }};
        hub.run();
        stopper.join();
        for (auto& thread : producers) thread.join();
        // The hub-wide room has its home on one shard, which appended each once.
        std::uint64_t appended = 0;
        for (std::size_t i = 0; i < shards; ++i) {
            appended = std::max(appended, hub.shard(i).stats().records_appended);
        }
        CHECK(appended == accepted);
        CHECK(hub.core()->budget.messages() == 0);
    }
}

TEST_CASE("shutdown: all are told when to come back, then closed in batches") {
    HubOptions options;
    options.shutdown.batch_clients = 10;
    options.shutdown.batch_interval = 100ms;
    options.shutdown.reconnect_spread = 25s;
    TestHub hub{options};
    for (int i = 0; i < 25; ++i) hub.connect({"lobby"});
    hub.settle();
    std::vector<std::chrono::milliseconds> hints;
    hub.script.on_shutdown = [&](Local& local, ClientId client, std::chrono::milliseconds after) {
        hints.push_back(after);
        local.send(client, text("back in " + std::to_string(after.count())));
    };
    auto const count_closed = [&] {
        return std::count_if(hub.people.begin(), hub.people.end(),
                             [](Person& each) { return each.wire.close_code() == 1001; });
    };
    hub->shutdown();
    hub.settle();
    for (Person& each : hub.people) CHECK(each.wire.texts().size() == 1);
    CHECK(count_closed() == 10);
    hub.pass(99ms);
    CHECK(count_closed() == 10);
    hub.pass(1ms);
    CHECK(count_closed() == 20);
    hub.pass(100ms);
    CHECK(count_closed() == 25);
    REQUIRE(hints.size() == 25);
    for (std::size_t i = 0; i < hints.size(); ++i) {
        CHECK(hints[i] == std::chrono::seconds{i});  // 25 clients over 25 s
    }
    for (Person& each : hub.people) {
        REQUIRE(each.wire.texts().size() == 1);
        CHECK(each.wire.texts()[0].starts_with("back in "));
        each.wire.close();
    }
    hub.settle();
    CHECK(hub->poll().finished);
}

TEST_CASE("shutdown: with options of its own it is as those say, and the first call counts") {
    HubOptions options;
    options.shutdown = {.deadline = 1h, .batch_clients = 1, .batch_interval = 1h};
    TestHub hub{options};
    for (int i = 0; i < 4; ++i) hub.connect({"lobby"});
    hub.settle();
    CHECK_THROWS_WITH(hub->shutdown({.deadline = -1s}),
                      "shutdown.deadline: must not be negative");
    CHECK_FALSE(hub->core()->is_shutting_down());
    std::vector<std::chrono::milliseconds> hints;
    hub.script.on_shutdown = [&](Local&, ClientId, std::chrono::milliseconds after) {
        hints.push_back(after);
    };
    hub->shutdown({.deadline = 2s, .batch_clients = 0, .reconnect_spread = 8s});
    hub->shutdown();
    hub.settle();
    CHECK(hints == std::vector{0ms, 2000ms, 4000ms, 6000ms});
    for (Person& each : hub.people) CHECK(each.wire.close_code() == 1001);
    hub.pass(1900ms);
    CHECK_FALSE(hub->poll().finished);
    hub.pass(200ms);
    CHECK(hub->poll().finished);
}

TEST_CASE("shutdown: all are told within the budget of turns") {
    TestHub hub;
    for (int i = 0; i < 100; ++i) hub.connect({"lobby"});
    hub.settle();
    std::size_t told = 0;
    hub.script.on_shutdown = [&](Local&, ClientId, std::chrono::milliseconds) { ++told; };
    hub->shutdown();
    std::size_t turns = 0;
    while (told < 100) {
        for (Person& each : hub.people) REQUIRE(each.wire.close_code() == 0);
        REQUIRE(hub->poll(20).units <= 20);
        ++turns;
    }
    CHECK(turns >= 5);
    hub.settle();
    for (Person& each : hub.people) CHECK(each.wire.close_code() == 1001);
}

TEST_CASE("shutdown: a poll says when the next batch is due, and waits for nobody who left") {
    HubOptions options;
    options.shutdown.batch_clients = 2;
    options.shutdown.batch_interval = 100ms;
    TestHub hub{options};
    for (int i = 0; i < 6; ++i) hub.connect({"lobby"});
    hub.settle();
    hub->shutdown();
    hub.settle();
    CHECK(hub->poll().next_deadline == TestClock::value + 100ms);
    for (Person& each : hub.people) each.wire.vanish();
    hub.settle();
    CHECK(hub.script.closed.size() == 6);
    CHECK(hub->poll().finished);
}

TEST_CASE("shutdown: a hook that throws when told of it ends its client, and the rest go on") {
    TestHub hub;
    Person& one = hub.settled({"lobby"});
    Person& two = hub.settled({"lobby"});
    hub.script.on_shutdown = [&](Local&, ClientId client, std::chrono::milliseconds) {
        if (client == one.id) throw std::runtime_error{"the host's own"};
    };
    hub->shutdown();
    hub.settle();
    CHECK(one.wire.close_code() == 1011);
    CHECK(two.wire.close_code() == 1001);
}
