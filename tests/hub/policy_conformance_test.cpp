// SPDX-License-Identifier: MIT
//
// The conformance suite of policies, on small ones, on an example's, and on broken ones, one for
// each case, which it must find.
#include <pumphouse/testing/policy_conformance.hpp>

#include <stdexcept>
#include <string>

#include "../examples/04_own_room_policy/exchange.hpp"
#include "support/catch.hpp"

using namespace pumphouse;
using testing::policy_conformance;
using testing::PolicyScript;

namespace {

struct Chat : DefaultPolicy {
    void on_open(auto& hub, auto client) { hub.join(client, "lobby"); }
    void on_message(auto& hub, auto client, Message message) {
        hub.broadcast("lobby", message, except(client));
    }
};

struct ThrowsWhenLeft : DefaultPolicy {
    void on_close(auto&, ClientId, CloseReason const& reason) {
        if (reason.cause == CloseCause::peer) throw std::runtime_error{"do not go"};
    }
};
struct ThrowsAtBrackets : DefaultPolicy {
    void on_message(auto&, ClientId, Message message) {
        if (message.payload == "[") throw std::runtime_error{"not mine"};
    }
};
struct ExpectsMessages : DefaultPolicy {
    struct Session {
        std::string name;
    };
    void on_message(auto& hub, ClientId client, Message message) {
        hub.session(client)->name = message.payload;
    }
    void on_close(auto& hub, ClientId client, CloseReason const&) {
        if (hub.session(client)->name.empty()) throw std::runtime_error{"who are you?"};
    }
};
struct CannotBearFullRooms : DefaultPolicy {
    static constexpr RoomOptions room{.max_members = 3};
    void on_joined(auto&, ClientId, std::string_view, Joined const& joined) {
        if (joined.result == JoinResult::full) throw std::runtime_error{"how can that be"};
    }
};
/// Takes its anger out on everybody.
struct ClosesAll : DefaultPolicy {
    struct Session {};
    std::vector<ClientId> all;
    void on_open(auto&, ClientId client) { all.push_back(client); }
    void on_close(auto& hub, ClientId, CloseReason const& reason) {
        if (reason.cause != CloseCause::lag) return;
        for (ClientId const each : all) hub.close(each, CloseCode::kicked);
    }
};
struct NeverRests : DefaultPolicy {
    void on_joined(auto& hub, ClientId client, std::string_view room, Joined const&) {
        hub.leave(client, room);
        hub.join(client, room);
    }
};
struct RenamesCloses : DefaultPolicy {
    // Closes everybody when one is closed.
    std::vector<ClientId> all;
    void on_open(auto&, ClientId client) { all.push_back(client); }
    void on_close(auto& hub, ClientId, CloseReason const& reason) {
        if (reason.code != CloseCode::kicked) return;
        for (ClientId const each : all) hub.close(each, CloseCode::normal);
    }
};
struct ThrowsAtTheEnd : DefaultPolicy {
    void on_close(auto&, ClientId, CloseReason const& reason) {
        if (reason.cause == CloseCause::shutdown) throw std::runtime_error{"not yet"};
    }
};
/// The hub ends its clients when it ends; this one then starts something that it must not.
struct ThrowsOut : DefaultPolicy {
    void on_open(auto&, ClientId) { throw std::runtime_error{"closed today"}; }
};

template <typename Policy>
std::string finding(std::string_view name, PolicyScript const& script = {}) {
    for (auto const& each : policy_conformance<Policy>([] { return Policy{}; }, script)) {
        if (each.name == name) return each.run();
    }
    FAIL("there is no case " << name);
    return {};
}

template <typename Policy>
void check_conforms(PolicyScript const& script = {}) {
    for (auto const& each : policy_conformance<Policy>([] { return Policy{}; }, script)) {
        INFO(each.name);
        CHECK(each.run() == "");
    }
}

}  // namespace

TEST_CASE("policy conformance: the default policy and a chat conform") {
    check_conforms<DefaultPolicy>();
    check_conforms<Chat>();
}

TEST_CASE("policy conformance: the example's policy conforms") {
    PolicyScript script;
    script.rooms = {"ticker/gold", "desk/7", "staff/kitchen", "others"};
    script.sayings = {{"I am staff"}, {"desk/7"}, {"staff/kitchen"}, {"ticker/gold"}, {""}};
    check_conforms<Exchange>(script);
}

TEST_CASE("policy conformance: every case finds a policy that breaks it") {
    std::string const threw = "a hook threw: ";
    CHECK(finding<ThrowsWhenLeft>("clients come and go") ==
          threw + "do not go");
    CHECK(finding<ThrowsAtBrackets>("whatever clients say, no hook throws") ==
          threw + "not mine");
    CHECK(finding<ExpectsMessages>("hooks may come in any order") ==
          threw + "who are you?");
    CHECK(finding<CannotBearFullRooms>("rooms fill up and empty again") ==
          threw + "how can that be");
    CHECK(finding<ClosesAll>("who reads does not pay for who does not") ==
          "a client that reads was closed because another does not");
    CHECK(finding<NeverRests>("clients act at random") ==
          "the hub does not come to rest: a hook makes work for itself without end");
    CHECK(finding<RenamesCloses>("the host closes a client, once") ==
          "another client was closed too");
    CHECK(finding<ThrowsAtTheEnd>("a shutdown ends, and tells of each client") ==
          threw + "not yet");
    CHECK(finding<ThrowsOut>("the hub ends with clients still there") ==
          threw + "closed today");
}
