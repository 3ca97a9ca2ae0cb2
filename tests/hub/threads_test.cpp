// SPDX-License-Identifier: MIT
//
// Producers, peers and drivers on threads of their own (core rule 14), for the thread sanitizer:
// every verb of any thread against slot reuse, shutdown and the hub's destructor.
#include <atomic>
#include <thread>

#include <pumphouse/pumphouse.hpp>

#include "support/catch.hpp"
#include "support/sanitizers.hpp"

using namespace pumphouse;
using namespace std::chrono_literals;

namespace {

struct Counts {
    std::atomic<int> opened{0};
    std::atomic<int> closed{0};
};

struct Relay : DefaultPolicy {
    struct Session {
        int messages = 0;
    };
    void on_open(auto& hub, ClientId client) {
        ++counts->opened;
        hub.join(client, "lobby");
    }
    void on_message(auto& hub, ClientId client, Message message) {
        ++hub.session(client)->messages;
        hub.broadcast("lobby", message, except(client));
    }
    void on_close(auto& hub, ClientId client, CloseReason const&) {
        ++counts->closed;
        hub.broadcast("lobby", text("one is gone"));
        static_cast<void>(hub.session(client)->messages);
    }
    Counts* counts = nullptr;
};

constexpr int most_clients = 12;  // slots are used again and again

HubOptions small(std::size_t shards) {
    HubOptions options;
    options.shards = shards;
    options.max_clients = most_clients;
    options.max_inbox_messages = 100;
    options.close_wait = 0s;
    options.shutdown.deadline = 1s;
    return options;
}

// One producer: clients come, are sent to and go, in a rhythm of its own; on a busy machine for
// longer, until the shards have had their turn and slots were used again.
void produce(Hub<Relay>& hub, unsigned seed, int rounds, std::atomic<int>& registered) {
    std::deque<MemoryPeer> peers;
    std::vector<ClientId> ids;
    for (int i = 0; i < rounds || registered <= most_clients; ++i) {
        unsigned const what = (static_cast<unsigned>(i) * 7 + seed * 3) % 11;
        if (what < 3 || ids.empty()) {
            auto const answer = hub.register_channel().push(peers.emplace_back().connect());
            if (answer) {
                ids.push_back(answer.id);
                ++registered;
            } else {
                peers.pop_back();
            }
            if (answer.answer == Registered::Answer::closed) return;
        } else if (what < 5) {
            static_cast<void>(hub.send(ids[static_cast<std::size_t>(i) % ids.size()],
                                       text("direct")));
        } else if (what < 7) {
            static_cast<void>(hub.broadcast("lobby", text("to the room")));
        } else if (what == 7) {
            static_cast<void>(hub.broadcast_all(text("to all")));
        } else if (what == 8) {
            static_cast<void>(hub.close(ids[static_cast<std::size_t>(i) % ids.size()]));
        } else if (what == 9) {
            peers.back().send(text("from a peer"));
            while (peers.back().receive()) {
            }
        } else {
            peers.front().vanish();
            while (peers.front().receive()) {
            }
        }
        if (peers.size() > 6) peers.pop_front();
    }
}

}  // namespace

TEST_CASE(
    "threads: four producers on every verb, slots used again, shards on threads of their own") {
    constexpr int rounds = support::fewer_under_sanitizers(20'000, 2'000);
    for (std::size_t const shards : {1U, 2U}) {
        Counts counts;
        std::atomic<int> registered{0};
        Relay policy;
        policy.counts = &counts;
        auto owner = std::make_unique<Hub<Relay>>(small(shards), policy);
        Hub<Relay>& hub = *owner;
        auto const core = hub.core();
        std::jthread runner{[&](std::stop_token stop) { hub.run(stop); }};
        std::vector<std::thread> producers;
        for (unsigned p = 0; p < 4; ++p) {
            producers.emplace_back([&, p] { produce(hub, p, rounds, registered); });
        }
        for (auto& thread : producers) thread.join();
        runner.request_stop();
        runner.join();
        CHECK(counts.opened == registered);
        CHECK(counts.closed == registered);
        CHECK(registered > most_clients);
        CHECK(hub.client_count() == 0);
        owner.reset();  // with what hooks of one shard still said to the other
        CHECK(core->budget.messages() == 0);
        CHECK(core->budget.bytes() == 0);
    }
}

TEST_CASE("threads: producers in the middle of everything while the hub shuts down") {
    for (int round = 0; round < 10; ++round) {
        Counts counts;
        std::atomic<int> registered{0};
        Relay policy;
        policy.counts = &counts;
        auto owner = std::make_unique<Hub<Relay>>(small(2), policy);
        Hub<Relay>& hub = *owner;
        auto const core = hub.core();
        std::thread runner{[&] { hub.run(); }};
        std::vector<std::thread> producers;
        for (unsigned p = 0; p < 4; ++p) {
            producers.emplace_back([&, p] { produce(hub, p, 1'000'000, registered); });
        }
        while (registered.load() < 20 + round * 10) std::this_thread::yield();
        hub.shutdown();
        runner.join();
        for (auto& thread : producers) thread.join();
        CHECK(counts.opened == registered);
        CHECK(counts.closed == registered);
        owner.reset();
        CHECK(core->budget.messages() == 0);
    }
}

TEST_CASE("threads: channels and peers on other threads outlive the hub") {
    for (int round = 0; round < 10; ++round) {
        Counts counts;
        Relay policy;
        policy.counts = &counts;
        auto hub = std::make_unique<Hub<Relay>>(small(2), policy);
        std::deque<MemoryPeer> peers(4);
        for (MemoryPeer& each : peers) REQUIRE(hub->register_channel().push(each.connect()));
        std::jthread runner{[&](std::stop_token stop) { hub->run(stop); }};
        std::atomic<bool> is_over{false};
        std::atomic<int> calls{0};
        std::vector<std::thread> producers;
        for (std::size_t p = 0; p < 4; ++p) {
            producers.emplace_back([&, p, registers = hub->register_channel(),
                                    unregisters = hub->unregister_channel(),
                                    broadcasts = hub->broadcast_channel()] {
                while (!is_over.load()) {
                    ++calls;
                    peers[p].send(text("hello"));
                    while (peers[p].receive()) {
                    }
                    static_cast<void>(broadcasts.try_push("lobby", text("hello")));
                    MemoryPeer passing;
                    auto const answer = registers.push(passing.connect());
                    static_cast<void>(unregisters.push(answer.id));
                }
            });
        }
        while (calls.load() < 200) std::this_thread::yield();
        runner.request_stop();
        runner.join();
        hub.reset();  // the producers go on
        int const then = calls.load();
        while (calls.load() < then + 100) std::this_thread::yield();
        is_over = true;
        for (auto& thread : producers) thread.join();
        CHECK(counts.opened == counts.closed);
    }
}

TEST_CASE("threads: memory peers on threads of their own get each other's messages in order") {
    constexpr int each = support::fewer_under_sanitizers(3'000, 300);
    for (std::size_t const shards : {1U, 2U}) {
        Counts counts;
        Relay policy;
        policy.counts = &counts;
        HubOptions options = small(shards);
        options.direct = {};
        Hub<Relay> hub{options, policy};
        std::jthread runner{[&](std::stop_token stop) { hub.run(stop); }};
        std::deque<MemoryPeer> peers(3);
        for (MemoryPeer& peer : peers) REQUIRE(hub.register_channel().push(peer.connect()));
        while (counts.opened.load() < 3) std::this_thread::yield();
        std::atomic<bool> in_order{true};
        std::atomic<int> ready{0};
        std::vector<std::thread> threads;
        for (std::size_t p = 0; p < 3; ++p) {
            threads.emplace_back([&, p] {
                // Everybody is in the room once everybody has heard everybody.
                std::array<int, 3> next{};
                std::array<bool, 3> heard{};
                heard[p] = true;
                bool said = false;
                int sent = 0;
                auto const is_done = [&] {
                    return sent == each && next[(p + 1) % 3] == each && next[(p + 2) % 3] == each;
                };
                while (!is_done()) {
                    if (ready.load() < 3) {
                        peers[p].send(text("?" + std::to_string(p)));
                        std::this_thread::yield();
                    } else if (sent < each) {
                        peers[p].send(text(std::to_string(p) + std::to_string(sent++)));
                    }
                    while (auto const got = peers[p].receive()) {
                        if (got->payload[0] == '?') {
                            heard[static_cast<std::size_t>(got->payload[1] - '0')] = true;
                            continue;
                        }
                        auto const from = static_cast<std::size_t>(got->payload[0] - '0');
                        if (std::stoi(got->payload.substr(1)) != next[from]++) in_order = false;
                    }
                    bool const all = heard[0] && heard[1] && heard[2];
                    if (all && !std::exchange(said, true)) ++ready;
                }
            });
        }
        for (auto& thread : threads) thread.join();
        CHECK(in_order.load());
    }
}
