// SPDX-License-Identifier: MIT
//
// What hub/local_hub.hpp and hub/policy.hpp guarantee (core rule 18): every verb may be called in
// every hook; verbs append or enqueue and call no hook; on_close runs once, last; a hook that
// throws ends its client and nothing else.
#include <stdexcept>

#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;

namespace {

enum class Verb { join, leave, send, broadcast, broadcast_all, close, shutdown, push };
constexpr std::array all_verbs{Verb::join,          Verb::leave, Verb::send, Verb::broadcast,
                               Verb::broadcast_all, Verb::close, Verb::shutdown, Verb::push};
enum class Hook { on_open, on_message, on_joined, may_join, on_close };
constexpr std::array all_hooks{Hook::on_open, Hook::on_message, Hook::on_joined, Hook::may_join,
                               Hook::on_close};

struct Scene {
    TestHub& hub;
    ClientId friend_id;  // of the one whose hook runs
    Verb verb;
    bool is_inside = false;
    int calls = 0;

    // For oneself and for another client.
    void act(Local& local, ClientId self) {
        if (is_inside) FAIL("a verb called a hook");
        if (++calls > 1) return;
        is_inside = true;
        auto const writes = written();
        for (ClientId const client : {self, friend_id}) one_verb(local, client);
        CHECK(written() == writes);  // none writes to a socket
        is_inside = false;
    }

    void one_verb(Local& local, ClientId client) {
        switch (verb) {
            case Verb::join: static_cast<void>(local.join(client, "another")); break;
            case Verb::leave: static_cast<void>(local.leave(client, "lobby")); break;
            case Verb::send: local.send(client, text("direct")); break;
            case Verb::broadcast: {
                bool const is_taken = local.broadcast("lobby", text("room")) == Accepted::accepted;
                CHECK(is_taken);
                break;
            }
            case Verb::broadcast_all: local.broadcast_all(text("all")); break;
            case Verb::close: static_cast<void>(local.close(client, CloseCode::kicked)); break;
            case Verb::shutdown: local.shutdown(); break;
            case Verb::push:
                static_cast<void>(local.hub().send(client, text("outside")));
                static_cast<void>(local.hub().broadcast("lobby", text("outside")));
                static_cast<void>(local.hub().close(client));
                break;
        }
    }

    std::uint64_t written() const {
        std::uint64_t sum = 0;
        for (Person const& each : hub.people) sum += each.wire.writes;
        return sum;
    }
};

void run_scene(Hook hook, Verb verb, std::size_t shards) {
    HubOptions options;
    options.shards = shards;
    options.close_wait = 0s;
    TestHub hub{options};
    Person& companion = hub.settled({"lobby"});
    Scene scene{hub, companion.id, verb};
    auto const act = [&](Local& local, ClientId client) {
        if (client != companion.id) scene.act(local, client);
    };
    switch (hook) {
        case Hook::on_open: hub.script.on_open = act; break;
        case Hook::on_message:
            hub.script.on_message = [&](Local& l, ClientId c, std::string_view) { act(l, c); };
            break;
        case Hook::on_joined:
            hub.script.on_joined = [&](Local& l, ClientId c, std::string_view, auto const&) {
                act(l, c);
            };
            break;
        case Hook::may_join: break;  // below
        case Hook::on_close:
            hub.script.on_close = [&](Local& l, ClientId c, CloseReason const&) { act(l, c); };
            break;
    }
    if (hook == Hook::may_join && verb != Verb::join) {
        hub.script.may_join = [&](Local& l, ClientId c, std::string_view) {
            act(l, c);
            return true;
        };
    }
    Person& self = hub.settled({"lobby"});
    self.wire.say("hello");
    hub.settle();
    hub->close(self.id);
    hub.settle();
    INFO("hook " << static_cast<int>(hook) << ", verb " << static_cast<int>(verb) << ", " << shards
                 << " shards");
    if (hook != Hook::may_join || verb != Verb::join) CHECK(scene.calls >= 1);
    hub->shutdown();
    hub.settle();
    for (Person const& each : hub.people) {
        CHECK(each.wire.broken == "");
        CHECK(hub.script.closed_reason(each.id) != nullptr);
    }
    CHECK(hub->core()->budget.messages() == 0);
    CHECK(hub->client_count() == 0);
}

}  // namespace

TEST_CASE("hooks: every verb may be called in every hook, for oneself and for others") {
    for (std::size_t const shards : {1U, 2U}) {
        for (Hook const hook : all_hooks) {
            for (Verb const verb : all_verbs) run_scene(hook, verb, shards);
        }
    }
}

TEST_CASE("hooks: what a hook sends to the room it has just joined its client to reaches it") {
    TestHub hub;
    hub.script.on_open = [](Local& local, ClientId client) {
        CHECK(local.join(client, "lobby") == JoinRequest::requested);
        local.broadcast("lobby", text("welcome"));
        local.broadcast("lobby", text("to others"), except(client));
    };
    Person& one = hub.settled();
    CHECK(one.wire.texts() == std::vector<std::string>{"welcome"});
    Person& two = hub.settled();
    CHECK(two.wire.texts() == std::vector<std::string>{"welcome"});
    CHECK(one.wire.texts() == std::vector<std::string>{"welcome", "welcome", "to others"});
}

TEST_CASE("hooks: on_close runs once, at the end of the turn, after which the id names nobody") {
    TestHub hub;
    Person& other = hub.settled({"lobby"});
    Person& one = hub.settled({"lobby"});
    bool is_in_message = false;
    hub.script.on_message = [&](Local& local, ClientId client, std::string_view) {
        is_in_message = true;
        CHECK(local.close(client, CloseCode::kicked, "enough"));
        CHECK_FALSE(local.close(client));
        local.hub().close(client);
        CHECK(local.is_member(client, "lobby"));  // it gets what is pending first
        is_in_message = false;
    };
    hub.script.on_close = [&](Local& local, ClientId client, CloseReason const& reason) {
        CHECK_FALSE(is_in_message);
        if (client != one.id) return;
        CHECK(reason.text == "enough");
        CHECK(local.session(client) != nullptr);
        CHECK(local.session(client)->number == 42);
        CHECK_FALSE(local.is_member(client, "lobby"));
        CHECK(local.send(client, text("hello?")) == Accepted::gone);
        CHECK(local.join(client, "lobby") == JoinRequest::gone);
        CHECK_FALSE(local.leave(client, "lobby"));
        CHECK_FALSE(local.close(client));
        local.broadcast("lobby", text("it has left"));
    };
    one.wire.say("bye");
    hub.settle();
    CHECK(one.wire.close_code() == 3503);
    one.wire.close();
    hub.settle();
    REQUIRE(hub.script.closed.size() == 1);
    CHECK(other.wire.texts() == std::vector<std::string>{"it has left"});
    CHECK(hub.local().session(one.id) == nullptr);
}

TEST_CASE("hooks: two reasons to end in one turn are one on_close, with the first reason") {
    TestHub hub;
    Person& one = hub.settled();
    hub.script.on_message = [](Local& local, ClientId client, std::string_view) {
        local.close(client, CloseCode::kicked);
    };
    one.wire.say("close me");
    one.wire.push([](Receiver& receiver) {
        receiver.violation(CloseCode::protocol_error, "and I broke the protocol");
    });
    one.wire.vanish();
    hub.settle();
    CHECK(hub.script.closed.size() == 1);
    CHECK(one.wire.broken == "");
}

TEST_CASE("hooks: one that throws closes its client with 1011 and nothing else") {
    for (Hook const hook : {Hook::on_open, Hook::on_message, Hook::on_joined}) {
        TestHub hub;
        Person& other = hub.settled({"lobby"});
        auto const trouble = [&](ClientId client) {
            if (client != other.id) throw std::runtime_error{"the host's own"};
        };
        if (hook == Hook::on_open) {
            hub.script.on_open = [&](Local&, ClientId client) { trouble(client); };
        } else if (hook == Hook::on_message) {
            hub.script.on_message = [&](Local&, ClientId c, std::string_view) { trouble(c); };
        } else {
            hub.script.on_joined = [&](Local&, ClientId client, std::string_view, auto const&) {
                trouble(client);
            };
        }
        Person& one = hub.settled({"lobby"});
        one.wire.say("hello");
        one.wire.say("again");
        hub.settle();
        CHECK(one.wire.close_code() == 1011);
        one.wire.close();
        hub.settle();
        REQUIRE(hub.script.closed.size() == 1);
        CHECK(hub.script.closed[0].code == CloseCode::internal_error);
        CHECK(hub.script.closed[0].cause == CloseCause::hook);
        hub.broadcast("lobby", "still here");
        hub.settle();
        CHECK(other.wire.texts() == std::vector<std::string>{"still here"});
    }
}

TEST_CASE("hooks: a gap encoder that throws ends its client only") {
    TestHub hub;
    Person& one = hub.settled({"throws"});
    Person& other = hub.settled({"throws"});
    one.wire.credit = 0;
    for (int i = 0; i < 5; ++i) {
        hub.broadcast("throws", "x");
        hub.settle();
    }
    one.wire.take_all();
    hub.settle();
    REQUIRE(hub.script.closed.size() == 1);
    CHECK(hub.script.closed[0].client == one.id);
    CHECK(hub.script.closed[0].code == CloseCode::internal_error);
    CHECK(other.wire.texts().size() == 5);
    CHECK(hub->shard(0).logs().memory.in_use_bytes() == 0);
}

TEST_CASE("hooks: an on_close that throws ends nobody else") {
    TestHub hub;
    Person& other = hub.settled({"lobby"});
    Person& one = hub.settled({"lobby"});
    hub.script.on_close = [](Local&, ClientId, CloseReason const&) {
        throw std::runtime_error{"the host's own"};
    };
    one.wire.vanish();
    hub.settle();
    CHECK(hub.script.closed.size() == 1);
    hub.broadcast("lobby", "still here");
    hub.settle();
    CHECK(other.wire.texts() == std::vector<std::string>{"still here"});
    hub.destroy();
    CHECK(hub.script.closed.size() == 2);
}

TEST_CASE("hooks: a transport that throws while reading ends its client only") {
    TestHub hub;
    Person& other = hub.settled({"lobby"});
    Person& one = hub.settled({"lobby"});
    one.wire.push([](Receiver&) { throw std::runtime_error{"the transport's own"}; });
    hub.settle();
    REQUIRE(hub.script.closed.size() == 1);
    CHECK(hub.script.closed[0].code == CloseCode::internal_error);
    CHECK(hub.script.closed[0].cause == CloseCause::transport);
    hub.broadcast("lobby", "still here");
    hub.settle();
    CHECK(other.wire.texts().size() == 1);
}

TEST_CASE("hooks: may_join refuses before anything is asked, and on_joined tells the rest") {
    TestHub hub;
    std::vector<JoinRequest> answers;
    hub.script.may_join = [](Local&, ClientId, std::string_view room) { return room != "secret"; };
    hub.script.on_open = [&](Local& local, ClientId client) {
        for (auto const* room : {"secret", "open", "open", ""}) {
            answers.push_back(local.join(client, room));
        }
    };
    Person& one = hub.settled();
    CHECK(answers == std::vector<JoinRequest>{JoinRequest::refused, JoinRequest::requested,
                                              JoinRequest::already, JoinRequest::bad_name});
    REQUIRE(hub.script.joined.size() == 1);
    CHECK(hub.script.joined[0].room == "open");
    CHECK(hub.script.joined[0].result == JoinResult::joined);
    CHECK_FALSE(hub.local().is_member(one.id, "secret"));
}

TEST_CASE("hooks: may_join is not asked about who is not open yet, closing, or gone") {
    TestHub hub;
    int asked = 0;
    hub.script.may_join = [&](Local&, ClientId, std::string_view) { return ++asked != 0; };
    Person& one = hub.connect();
    CHECK(hub.local().join(one.id, "room") == JoinRequest::gone);
    hub.settle();
    CHECK(hub.local().join(one.id, "room") == JoinRequest::requested);
    hub.local().close(one.id);
    CHECK(hub.local().join(one.id, "other") == JoinRequest::gone);
    one.wire.vanish();
    hub.settle();
    CHECK(hub.local().join(one.id, "other") == JoinRequest::gone);
    CHECK(asked == 1);
}

TEST_CASE("hooks: a message over the limit closes with 1009 and reaches no hook") {
    HubOptions options;
    options.max_message_bytes = 10;
    TestHub hub{options};
    Person& one = hub.settled();
    one.wire.say("0123456789");
    one.wire.say("0123456789+");
    one.wire.say("after");
    hub.settle();
    CHECK(hub.script.messages.size() == 1);
    CHECK(one.wire.close_code() == 1009);
}

TEST_CASE(
    "hooks: a violation closes with its code, and the peer's own close is answered with its") {
    TestHub hub;
    Person& bad = hub.settled();
    Person& good = hub.settled();
    bad.wire.push([](Receiver& receiver) {
        receiver.violation(CloseCode::invalid_payload, "not UTF-8");
    });
    good.wire.close(CloseCode::going_away);
    hub.settle();
    CHECK(bad.wire.close_code() == 1007);
    CHECK(good.wire.close_code() == 1001);
    REQUIRE(hub.script.closed_reason(good.id) != nullptr);
    CHECK(hub.script.closed_reason(good.id)->cause == CloseCause::peer);
    CHECK(good.wire.ended == CloseHow::gently);
    hub.pass(6s);  // the violator need not be waited for
    REQUIRE(hub.script.closed_reason(bad.id) != nullptr);
    CHECK(hub.script.closed_reason(bad.id)->cause == CloseCause::protocol);
}
