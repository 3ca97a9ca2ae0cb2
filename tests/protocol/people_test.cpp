// SPDX-License-Identifier: MIT
//
// People in the protocol: presence, notifications, rates, permission that comes later.

#include <pumphouse/protocol/room_protocol.hpp>

#include "protocol/test_server.hpp"
#include "support/catch.hpp"

using namespace pumphouse::protocol;
using namespace support;
using namespace std::chrono_literals;
using pumphouse::ClientId;
using pumphouse::JoinDecision;
using Strings = std::vector<std::string>;

namespace {

struct Known : RoomProtocol<Known> {
    using clock = SteadyClock;
    using wall_clock = WallClock;
    static constexpr bool announces_users = true;
    static constexpr pumphouse::HubOptions options{
        .rate = {.messages = {.per_second = 1, .burst = 20},
                 .action = pumphouse::RateAction::error},
        .direct = speaking_directly()};

    void on_client(auto& hub, ClientId client) {
        if (!user.empty()) hub.identify(client, user);
    }
    JoinDecision may_join(auto&, ClientId, std::string_view room) {
        return room == "guarded" ? JoinDecision::later : JoinDecision::allow;
    }

    std::string user;  // of who is connecting
};

class Server : public TestServer<Known> {
public:
    /// A device of a user.
    void device(std::string const& name, std::string const& user) {
        hub.policy().user = user;
        connect(name);
    }
    void joined(std::string const& name, std::string const& user, std::string const& room) {
        device(name, user);
        say(name, R"({"type":"join_room","room":")" + room + "\"}");
    }
    void forget() {
        pass(200ms);
        for (auto const& each : people) hear_all(each.first);
    }
    /// Types and users of what was heard, as "user_joined_room [ada]".
    Strings changes(std::string const& name) {
        Strings all;
        for (auto const& each : hear_all(name)) {
            auto const at = each.find(R"("users":[)");
            if (at == each.npos) continue;
            all.push_back(member(each, "type") + " " +
                          each.substr(at + 8, each.find(']', at) - at - 7));
        }
        return all;
    }
};

}  // namespace

TEST_CASE("a room tells who is in it, and who comes and goes") {
    Server server;
    server.joined("ada", "ada", "lobby");
    server.joined("bob", "bob", "lobby");
    auto const heard = server.hear("bob");
    CHECK(heard.find(R"("members":["ada","bob"])") != heard.npos);
    server.forget();
    server.joined("eve", "eve", "lobby");
    server.pass(200ms);
    CHECK(server.changes("ada") ==
          Strings{R"(user_joined ["eve"])", R"(user_joined_room ["eve"])"});
    server.vanish("eve");
    server.say("bob", R"({"type":"leave_room","room":"lobby"})");
    server.pass(200ms);
    auto changes = server.changes("ada");
    std::sort(changes.begin(), changes.end());
    CHECK(changes == Strings{R"(user_left ["eve"])", R"(user_left_room ["eve","bob"])"});
}

TEST_CASE("a user with two devices comes with the first and goes with the last") {
    Server server;
    server.joined("ada", "ada", "lobby");
    server.joined("phone", "bob", "lobby");
    server.forget();
    server.joined("laptop", "bob", "lobby");
    server.pass(200ms);
    CHECK(server.changes("ada").empty());
    server.vanish("phone");
    server.pass(200ms);
    CHECK(server.changes("ada").empty());
    server.vanish("laptop");
    server.pass(200ms);
    auto changes = server.changes("ada");
    std::sort(changes.begin(), changes.end());
    CHECK(changes == Strings{R"(user_left ["bob"])", R"(user_left_room ["bob"])"});
}

TEST_CASE("who has no user id counts by the id of the connection") {
    Server server;
    server.joined("ada", "", "lobby");
    auto const heard = server.hear("ada");
    CHECK(heard.find(R"("members":[")" + server.public_ids["ada"] + "\"]") != heard.npos);
}

TEST_CASE("what is said carries the user id that the server knows") {
    Server server;
    server.joined("ada", "ada", "lobby");
    server.joined("bob", "bob", "lobby");
    server.forget();
    server.say("ada", R"({"type":"room_message","room":"lobby","data":1,"user":"eve"})");
    CHECK(member(server.hear("bob"), "user") == "ada");
}

TEST_CASE("a notification reaches every device of its user, and says how many took it") {
    Server server;
    for (auto const device : {"phone", "laptop"}) server.device(device, "ada");
    server.device("bob", "bob");
    server.forget();
    std::vector<std::size_t> counts;
    auto const count = [&](std::size_t devices) { counts.push_back(devices); };
    Notification const notification{"n-1", "ada",  "mention", "Title",
                                    "Text", "[1]", WallClock::now()};
    CHECK(notify(server.hub, notification, count) == pumphouse::Accepted::accepted);
    server.settle();
    for (auto const device : {"phone", "laptop"}) {
        CHECK(server.hear_all(device) == Strings{written(notification)});
    }
    server.hear_nothing("bob");
    CHECK(notify(server.hub, {.id = "n-2", .user_id = "nobody"}, count) ==
          pumphouse::Accepted::accepted);
    server.settle();
    CHECK(counts == std::vector<std::size_t>{2, 0});
}

TEST_CASE("a room may be opened or refused later") {
    Server server;
    for (auto const name : {"ada", "bob"}) server.device(name, name);
    server.forget();
    for (auto const name : {"ada", "bob"}) {
        server.say(name, R"({"type":"join_room","room":"guarded","request_id":"1"})");
        server.hear_nothing(name);
    }
    server.hub.permit(server.ids["ada"], "guarded");
    server.hub.refuse(server.ids["bob"], "guarded");
    server.settle();
    CHECK(member(server.hear("ada"), "type") == "room_joined");
    auto const refusal = server.hear("bob");
    CHECK(member(refusal, "code") == "join_refused");
    CHECK(member(refusal, "request_id") == "1");
}

TEST_CASE("who sends too fast is told, and nobody hears what was too much") {
    Server server;
    server.joined("ada", "ada", "lobby");
    server.joined("bob", "bob", "lobby");
    server.forget();
    server.pass(60s);
    auto& ada = *server.people["ada"];
    for (int i = 0; i < 25; ++i) {
        ada.send(pumphouse::text(R"({"type":"room_message","room":"lobby","data":1})"));
    }
    server.settle();
    CHECK(server.hear_all("bob").size() == 20);
    auto const errors = server.hear_all("ada");
    REQUIRE(errors.size() == 5);
    for (auto const& each : errors) CHECK(member(each, "code") == "rate_limited");
}
