// SPDX-License-Identifier: MIT
//
// hub/policy.hpp and hub/policy_check.hpp: hooks are found by name, may live in a file of their
// own, and one handle names a client whatever its transport. What must not compile is in
// tests/compile_fail.
#include <pumphouse/pumphouse.hpp>

#include "own_file_policy.hpp"
#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;

namespace {

struct Generic : DefaultPolicy {
    void on_open(auto& hub, auto client) { hub.join(client, "lobby"); }
    void on_message(auto& hub, auto client, Message message) {
        hub.broadcast("lobby", message, except(client));
    }
};

struct Counted {
    Counted() { ++alive; }
    Counted(Counted const&) = delete;
    Counted& operator=(Counted const&) = delete;
    ~Counted() { --alive; }
    inline static int alive = 0;
};

struct WithSession : DefaultPolicy {
    using Session = Counted;
};

struct Inherited : RecordingPolicy {};

}  // namespace

// Exactly the hooks that are there are found, also inherited, generic and overloaded ones.
static_assert(has_on_open<Generic> && has_on_message<Generic>);
static_assert(!has_on_close<Generic> && !has_on_joined<Generic> && !has_may_join<Generic>);
static_assert(has_on_open<Inherited> && has_on_close<Inherited> && has_may_join<Inherited>);
static_assert(!has_on_open<DefaultPolicy> && !has_on_bad_message<RecordingPolicy>);

TEST_CASE("policy: hooks with exact types may live in a file of their own") {
    std::vector<std::string> diary;
    OwnFilePolicy policy;
    policy.diary = &diary;
    MemoryPeer ada;
    MemoryPeer bob;
    Hub<OwnFilePolicy> hub{{}, policy};
    REQUIRE(hub.register_channel().push(ada.connect()));
    REQUIRE(hub.register_channel().push(bob.connect()));
    while (hub.poll().more) {
    }
    ada.send(text("Ada"));
    while (hub.poll().more) {
    }
    CHECK(bob.receive()->payload == "Ada");
    ada.vanish();
    while (hub.poll().more) {
    }
    CHECK(diary == std::vector<std::string>{"joined lobby", "joined lobby", "Ada is gone"});
}

TEST_CASE("policy: one handle names a client, whatever its transport") {
    std::deque<Wire> wires;
    MemoryPeer peer;
    Hub<Generic> hub;
    std::vector<ClientId> ids;
    for (bool const websocket : {true, false}) {
        Wire& wire = wires.emplace_back(websocket);
        auto const answer =
            hub.register_channel().push(std::make_unique<Client<ScriptedTransport>>(wire));
        ids.push_back(answer.id);
    }
    ids.push_back(hub.register_channel().push(peer.connect()).id);
    while (hub.poll().more) {
    }
    peer.send(text("hello"));
    while (hub.poll().more) {
    }
    for (Wire const& wire : wires) CHECK(wire.texts() == std::vector<std::string>{"hello"});
    for (ClientId const id : ids) CHECK(hub.send(id, text("you")) == Accepted::accepted);
    while (hub.poll().more) {
    }
    for (Wire const& wire : wires) CHECK(wire.texts().back() == "you");
    CHECK(peer.receive()->payload == "you");
}

TEST_CASE("policy: a session begins with its client and ends with it") {
    std::deque<Wire> wires;
    {
        Hub<WithSession> hub;
        for (int i = 0; i < 3; ++i) {
            Wire& wire = wires.emplace_back();
            REQUIRE(hub.register_channel().push(std::make_unique<Client<ScriptedTransport>>(wire)));
        }
        CHECK(Counted::alive == 0);
        while (hub.poll().more) {
        }
        CHECK(Counted::alive == 3);
        wires[0].vanish();
        while (hub.poll().more) {
        }
        CHECK(Counted::alive == 2);
    }
    CHECK(Counted::alive == 0);
}

TEST_CASE("policy: a room gets the first kind whose prefix fits, others the policy's room") {
    TestHub hub;
    hub.settled({"skip", "skipping", "silent/a", "lobby", "ski"});
    auto const& shard = hub->shard(0);
    CHECK(shard.room("skip")->options->overflow == Overflow::skip);
    CHECK(shard.room("skipping")->options->overflow == Overflow::skip);
    CHECK(shard.room("silent/a")->options->gap_encoder.function == nullptr);
    CHECK(shard.room("lobby")->options->overflow == Overflow::disconnect);
    CHECK(shard.room("ski")->options->max_lag_messages == 256);
}

TEST_CASE("policy: closing with a text tells the peer and on_close, within a control frame") {
    TestHub hub;
    Person& one = hub.settled();
    std::string const longest(300, 't');
    CHECK(hub.local().close(one.id, CloseCode::kicked, longest));
    hub.settle();
    CHECK(one.wire.broken == "");
    REQUIRE(one.wire.close_code() == 3503);
    CHECK(one.wire.frames.back().payload.size() == 125);
    one.wire.close();
    hub.settle();
    CHECK(hub.script.closed[0].text == longest.substr(0, 123));
}
