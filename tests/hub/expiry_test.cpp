// SPDX-License-Identifier: MIT
//
// A client may end at a moment, as its token does; the moment may be moved.
#include "support/test_hub.hpp"

using namespace support;
using pumphouse::HubOptions;
using pumphouse::Time;

namespace {

Time in(pumphouse::Duration time) { return TestClock::value + time; }

bool is_expired(TestHub const& hub, ClientId client) {
    auto const* const closed = hub.script.closed_reason(client);
    return closed != nullptr && closed->code == CloseCode::token_expired &&
           closed->cause == CloseCause::expired && closed->text == "token expired";
}

}  // namespace

TEST_CASE("expiry: a client is closed with 3005 when its moment has come, not before") {
    TestHub hub;
    Person& ann = hub.settled();
    Person& bob = hub.settled();
    CHECK(hub.local(ann.id).set_expiry(ann.id, in(30s)));
    hub.pass(29s);
    CHECK(hub.script.closed.empty());
    hub.pass(2s);
    auto const frames = ann.wire.frames;
    REQUIRE_FALSE(frames.empty());
    CHECK(frames.back().opcode == Opcode::close);
    CHECK(frames.back().payload == "\x0b\xbd" "token expired");
    hub.pass(6s);  // close_wait
    CHECK(is_expired(hub, ann.id));
    CHECK(hub.script.closed_reason(bob.id) == nullptr);
}

TEST_CASE("expiry: what was pending goes out first, and nothing is received any more") {
    TestHub hub;
    Person& ann = hub.settled({"room"});
    static_cast<void>(hub.local(ann.id).set_expiry(ann.id, in(10s)));
    TestClock::value += 11s;
    hub.broadcast("room", "the last");
    hub.settle();
    auto const frames = ann.wire.frames;
    REQUIRE(frames.size() == 2);
    CHECK(frames[0].payload == "the last");
    CHECK(frames[1].opcode == Opcode::close);
    ann.wire.say("too late");
    hub.settle();
    CHECK(hub.script.messages.empty());
}

TEST_CASE("expiry: it may be moved later and earlier, and taken away") {
    TestHub hub;
    Person& ann = hub.settled();
    auto const set = [&](Time at) { CHECK(hub.local(ann.id).set_expiry(ann.id, at)); };
    set(in(10s));
    hub.pass(9s);
    set(in(20s));
    hub.pass(15s);
    CHECK(hub.script.closed.empty());
    set(in(1000s));
    set(Time::max());
    hub.pass(20s);
    CHECK(ann.wire.frames.empty());
    set(in(1s));
    hub.pass(2s);
    CHECK(ann.wire.frames.back().opcode == Opcode::close);
    CHECK_FALSE(hub.local(ann.id).set_expiry(ann.id, in(100s)));  // too late
    hub.pass(6s);
    CHECK(is_expired(hub, ann.id));
}

TEST_CASE("expiry: a moment that has passed is now") {
    TestHub hub;
    Person& ann = hub.settled();
    CHECK(hub.local(ann.id).set_expiry(ann.id, Time::min()));
    hub.pass(1s);
    hub.pass(6s);
    CHECK(is_expired(hub, ann.id));
}

TEST_CASE("expiry: any thread and any shard may move it, and the gone are told") {
    HubOptions options;
    options.shards = 2;
    TestHub hub{options};
    Person& ann = hub.settled();
    Person& bob = hub.settled();
    REQUIRE(hub->core()->shard_of(ann.id) != hub->core()->shard_of(bob.id));
    CHECK(hub->set_expiry(ann.id, in(10s)) == Accepted::accepted);
    CHECK(hub.local(bob.id).set_expiry(ann.id, in(20s)));
    hub.settle();
    hub.pass(15s);
    CHECK(hub.script.closed.empty());
    hub.pass(6s);
    hub.pass(6s);
    CHECK(is_expired(hub, ann.id));
    CHECK(hub->set_expiry(ann.id, in(10s)) == Accepted::gone);
    CHECK_FALSE(hub.local(bob.id).set_expiry(ann.id, in(10s)));
    CHECK(hub.script.closed_reason(bob.id) == nullptr);
}

TEST_CASE("expiry: a full inbox refuses it, and gets its share back when it has run") {
    HubOptions options;
    options.max_inbox_messages = 1;
    TestHub hub{options};
    Person& ann = hub.settled();
    CHECK(hub->set_expiry(ann.id, in(10s)) == Accepted::accepted);
    CHECK(hub->set_expiry(ann.id, in(10s)) == Accepted::full);
    hub.settle();
    CHECK(hub->set_expiry(ann.id, in(10s)) == Accepted::accepted);
}

TEST_CASE("request: how a client came is there while it opens, and no longer") {
    TestHub hub;
    std::string path;
    std::string user;
    hub.script.on_open = [&](Local& local, ClientId client) {
        path = local.request(client).path;
        user = local.request(client).user;
    };
    Person& person = hub.people.emplace_back(true);
    auto client = std::make_unique<pumphouse::Client<ScriptedTransport>>(person.wire);
    client->extra = std::make_unique<pumphouse::ClientExtra>();
    client->extra->request = std::make_unique<pumphouse::ClientRequest>();
    client->extra->request->path = "/ws/lobby";
    client->extra->request->user = "ann";
    auto const answer = hub->register_channel().push(std::move(client));
    REQUIRE(answer);
    hub.settle();
    CHECK(path == "/ws/lobby");
    CHECK(user == "ann");
    CHECK(hub.local(answer.id).request(answer.id).path.empty());
    hub.settled();
    CHECK(path.empty());
}
