// SPDX-License-Identifier: MIT
//
// The protocol in a hub: who hears what, who may do what, what hosts can change.

#include <pumphouse/protocol/room_protocol.hpp>

#include "protocol/test_server.hpp"
#include "support/catch.hpp"

#include <array>
#include <functional>
#include <optional>

using namespace pumphouse::protocol;
using namespace support;
using pumphouse::ClientId;
using pumphouse::CloseCode;
using Strings = std::vector<std::string>;

namespace {

struct Plain : RoomProtocol<Plain> {
    using clock = SteadyClock;
    using wall_clock = WallClock;
    static constexpr pumphouse::RoomOptions room = speaking();
    static constexpr std::array room_kinds{
        pumphouse::RoomKind{"pair/", speaking({.max_members = 2})},
        pumphouse::RoomKind{"skip/", speaking({.overflow = pumphouse::Overflow::skip,
                                               .max_lag_messages = 5})},
        pumphouse::RoomKind{"lose/", speaking({.overflow = pumphouse::Overflow::unsubscribe,
                                               .max_lag_messages = 5})},
    };
    static constexpr pumphouse::HubOptions options{.max_rooms_per_client = 3,
                                                   .direct = speaking_directly()};

    bool may_join(auto&, ClientId, std::string_view room) { return room != "private"; }
};

constexpr std::string_view now = "2026-01-02T03:04:05.000Z";

std::string error(ErrorCode code, std::string const& more = "") {
    auto const& text = text_of(code);
    return R"({"type":"error","code":")" + std::string{text.name} + R"(","message":")" +
           std::string{text.sentence} + '"' + more + "}";
}

std::string said(std::string const& type, std::string const& room, std::string const& from,
                 std::string const& data) {
    return R"("type":")" + type + (room.empty() ? "" : R"(","room":")" + room) + R"(","from":")" +
           from + R"(","data":)" + data + R"(,"timestamp":")" + std::string{now} + "\"}";
}

/// What was said, whatever its position.
void check_said(std::string const& heard, std::string const& expected) {
    auto const at = heard.find(R"("type":)");
    REQUIRE(at != heard.npos);
    CHECK(heard.substr(at) == expected);
}

}  // namespace

TEST_CASE("a room_message reaches everybody in the room but its sender") {
    TestServer<Plain> server;
    for (auto const name : {"ada", "bob", "eve"}) server.settled(name, "lobby");
    server.settled("zoe", "garden");
    server.say("ada", R"({"type":"room_message","room":"lobby","data":{"text":"hi"}})");
    for (auto const name : {"bob", "eve"}) {
        auto const heard = server.hear_all(name);
        REQUIRE(heard.size() == 1);
        check_said(heard[0], said("room_message", "lobby", server.public_ids["ada"],
                                  R"({"text":"hi"})"));
    }
    server.hear_nothing("ada");
    server.hear_nothing("zoe");
}

TEST_CASE("a broadcast reaches everybody in the room, its sender too") {
    TestServer<Plain> server;
    for (auto const name : {"ada", "bob"}) server.settled(name, "lobby");
    server.say("ada", R"({"type":"broadcast","room":"lobby","data":[1]})");
    for (auto const name : {"ada", "bob"}) {
        auto const heard = server.hear_all(name);
        REQUIRE(heard.size() == 1);
        check_said(heard[0], said("broadcast", "lobby", server.public_ids["ada"], "[1]"));
    }
}

TEST_CASE("a private message reaches the one it is for and nobody else") {
    TestServer<Plain> server;
    for (auto const name : {"ada", "bob", "eve"}) server.settled(name, "lobby");
    auto const bob = server.public_ids["bob"];
    server.say("ada", R"({"type":"private_message","to":")" + bob +
                          R"(","data":"psst","request_id":"1"})");
    CHECK(server.hear_all("bob") ==
          Strings{R"({"type":"private_message","from":")" + server.public_ids["ada"] +
                  R"(","to":")" + bob + R"(","data":"psst","timestamp":")" + std::string{now} +
                  "\"}"});
    CHECK(server.hear_all("ada") == Strings{R"({"type":"ack","request_id":"1"})"});
    server.hear_nothing("eve");
}

TEST_CASE("nothing a client sends can speak for another") {
    TestServer<Plain> server;
    for (auto const name : {"ada", "bob", "eve"}) server.settled(name, "lobby");
    auto const ada = server.public_ids["ada"];
    auto const bob = server.public_ids["bob"];
    std::string const smuggled =
        R"(,"from":")" + bob + R"(","id":")" + bob + R"(","user":"bob","user_id":"bob",)" +
        R"("timestamp":"1999-01-01T00:00:00.000Z","epoch":"0000000000000000","offset":7,)" +
        R"("client":1,"sender":"bob","users":["bob"],"members":["bob"]})";
    server.say("ada", R"({"type":"room_message","room":"lobby","data":1)" + smuggled);
    check_said(server.hear("eve"), said("room_message", "lobby", ada, "1"));
    server.say("ada", R"({"type":"broadcast","room":"lobby","data":2)" + smuggled);
    check_said(server.hear("eve"), said("broadcast", "lobby", ada, "2"));
    server.say("ada", R"({"type":"private_message","to":")" + server.public_ids["eve"] +
                          R"(","data":3)" + smuggled);
    CHECK(server.hear("eve") ==
          R"({"type":"private_message","from":")" + ada + R"(","to":")" +
              server.public_ids["eve"] + R"(","data":3,"timestamp":")" + std::string{now} + "\"}");
    // What looks like the server's own is of no known type.
    server.hear_all("ada");
    for (auto const type : {"welcome", "room_joined", "room_left", "notification", "user_joined",
                            "user_left", "user_joined_room", "user_left_room", "gap", "error",
                            "ack", "pong", "server_shutdown"}) {
        server.say("ada", R"({"type":")" + std::string{type} + R"(","room":"lobby","data":1)" +
                              smuggled);
        CHECK(server.hear_all("ada") == Strings{error(ErrorCode::unknown_type)});
    }
    // And what looks like the end of data is in data.
    server.say("ada", R"({"type":"room_message","room":"lobby","data":"\"},\"from\":\"bob\""})");
    server.hear("bob"), server.hear("bob");
    check_said(server.hear("bob"),
               said("room_message", "lobby", ada, R"("\"},\"from\":\"bob\"")"));
    CHECK(server.hear_all("eve").size() == 1);
}

TEST_CASE("an unknown type is an error and goes nowhere") {
    TestServer<Plain> server;
    for (auto const name : {"ada", "bob"}) server.settled(name, "lobby");
    server.say("ada", R"({"type":"shout","room":"lobby","data":1,"request_id":"9"})");
    CHECK(server.hear_all("ada") ==
          Strings{error(ErrorCode::unknown_type, R"(,"request_id":"9")")});
    server.hear_nothing("bob");
}

TEST_CASE("whatever is malformed is answered, and the connection lives on") {
    TestServer<Plain> server;
    server.settled("ada", "lobby");
    auto& peer = *server.people["ada"];
    peer.send(pumphouse::binary(R"({"type":"ping"})"));
    peer.send(pumphouse::text("nonsense"));
    peer.send(pumphouse::text("{}"));
    peer.send(pumphouse::text(std::string(70'000, 'x')));
    peer.send(pumphouse::text(R"({"type":"ping","request_id":"1"})"));
    server.settle();
    auto const heard = server.hear_all("ada");
    REQUIRE(heard.size() == 5);
    CHECK(member(heard[0], "code") == "invalid_format");
    CHECK(member(heard[0], "detail") == "a binary frame");
    CHECK(member(heard[1], "code") == "invalid_format");
    CHECK(member(heard[2], "code") == "missing_type");
    CHECK(member(heard[3], "code") == "too_large");
    CHECK(heard[4] == R"({"type":"pong","request_id":"1","timestamp":")" + std::string{now} +
                          "\"}");
    CHECK_FALSE(peer.closed());
}

TEST_CASE("every request that cannot be obeyed is answered with why") {
    TestServer<Plain> server;
    for (auto const name : {"ada", "bob"}) server.settled(name, "pair/1");
    server.connect("eve");
    auto const answer = [&](std::string const& who, std::string_view request) {
        server.say(who, request);
        auto const heard = server.hear_all(who);
        return heard.size() == 1 ? heard[0] : "";
    };
    auto const in = [](std::string const& room) { return R"(,"room":")" + room + '"'; };
    CHECK(answer("eve", R"({"type":"join_room","room":"pair/1"})") ==
          error(ErrorCode::room_full, in("pair/1")));
    CHECK(answer("eve", R"({"type":"join_room","room":"private","request_id":"1"})") ==
          error(ErrorCode::join_refused, R"(,"request_id":"1")" + in("private")));
    CHECK(answer("ada", R"({"type":"join_room","room":"pair/1"})") ==
          error(ErrorCode::already_in_room, in("pair/1")));
    CHECK(answer("eve", R"({"type":"leave_room","room":"pair/1"})") ==
          error(ErrorCode::not_in_room, in("pair/1")));
    CHECK(answer("eve", R"({"type":"room_message","room":"pair/1","data":1})") ==
          error(ErrorCode::not_in_room, in("pair/1")));
    CHECK(answer("eve", R"({"type":"broadcast","room":"nowhere","data":1,"request_id":"2"})") ==
          error(ErrorCode::not_in_room, R"(,"request_id":"2")" + in("nowhere")));
    CHECK(answer("eve", R"({"type":"broadcast","data":1})") == error(ErrorCode::not_permitted));
    for (std::string const nobody : {"bob", "0000000000000000", "ffffffffffffffff"}) {
        CHECK(answer("eve", R"({"type":"private_message","to":")" + nobody + R"(","data":1})") ==
              error(ErrorCode::user_not_found));
    }
    auto const gone = server.public_ids["bob"];
    server.vanish("bob");
    server.hear_all("ada");
    CHECK(answer("eve", R"({"type":"private_message","to":")" + gone +
                            R"(","data":1,"request_id":"3"})") ==
          error(ErrorCode::user_not_found, R"(,"request_id":"3")"));
    for (auto const room : {"1", "2", "3"}) {
        auto const joined = answer("eve", R"({"type":"join_room","room":")" + std::string{room} +
                                              "\"}");
        CHECK(member(joined, "type") == "room_joined");
    }
    CHECK(answer("eve", R"({"type":"join_room","room":"4"})") ==
          error(ErrorCode::too_many_rooms, in("4")));
}

TEST_CASE("a request's id is in its answer, and in no other") {
    TestServer<Plain> server;
    server.connect("ada");
    server.say("ada", R"({"type":"join_room","room":"a","request_id":"1"})");
    CHECK(member(server.hear("ada"), "request_id") == "1");
    server.say("ada", R"({"type":"leave_room","room":"a","request_id":"2"})");
    CHECK(server.hear("ada") ==
          R"({"type":"room_left","request_id":"2","room":"a","reason":"asked"})");
    // Asked and taken back before it was answered.
    auto& peer = *server.people["ada"];
    peer.send(pumphouse::text(R"({"type":"join_room","room":"a","request_id":"3"})"));
    peer.send(pumphouse::text(R"({"type":"leave_room","room":"a","request_id":"4"})"));
    peer.send(pumphouse::text(R"({"type":"join_room","room":"a"})"));
    server.settle();
    auto const heard = server.hear_all("ada");
    REQUIRE(heard.size() == 2);
    CHECK(heard[0] == R"({"type":"room_left","request_id":"4","room":"a","reason":"asked"})");
    CHECK(member(heard[1], "type") == "room_joined");
    CHECK(member(heard[1], "request_id").empty());
}

TEST_CASE("what a slow client loses is told in a gap notice") {
    TestServer<Plain> server;
    server.settled("ada", "skip/1");
    server.settled("bob", "skip/1");
    auto& bob = *server.people["bob"];
    bob.limit_unread_bytes(1);
    std::string const message =
        R"({"type":"room_message","room":"skip/1","data":")" + std::string(200, 'x') + "\"}";
    for (int i = 0; i < 20; ++i) server.say("ada", message);
    bob.limit_unread_bytes(std::size_t{1} << 20);
    auto const heard = server.hear_all("bob");
    std::size_t gaps = 0;
    for (auto const& each : heard) {
        if (member(each, "type") != "gap") continue;
        ++gaps;
        CHECK(member(each, "room") == "skip/1");
        CHECK_FALSE(member(each, "first").empty());
        CHECK_FALSE(member(each, "last").empty());
    }
    CHECK(gaps >= 1);
}

TEST_CASE("who is taken out of a room is told why") {
    TestServer<Plain> server;
    server.settled("ada", "lose/1");
    server.settled("bob", "lose/1");
    CHECK(server.hub.leave(server.ids["ada"], "lose/1") == pumphouse::Accepted::accepted);
    server.settle();
    CHECK(server.hear_all("ada") ==
          Strings{R"({"type":"room_left","room":"lose/1","reason":"removed"})"});
    server.say("ada", R"({"type":"join_room","room":"lose/1"})");
    server.hear_all("ada");
    auto& bob = *server.people["bob"];
    bob.limit_unread_bytes(1);
    std::string const message =
        R"({"type":"room_message","room":"lose/1","data":")" + std::string(200, 'x') + "\"}";
    for (int i = 0; i < 20; ++i) server.say("ada", message);
    bob.limit_unread_bytes(std::size_t{1} << 20);
    auto const heard = server.hear_all("bob");
    REQUIRE_FALSE(heard.empty());
    CHECK(heard.back() == R"({"type":"room_left","room":"lose/1","reason":"too_slow"})");
}

TEST_CASE("a shutdown is announced, with another time to come back for each") {
    TestServer<Plain> server;
    for (auto const name : {"ada", "bob"}) server.settled(name, "lobby");
    server.hub.shutdown();
    server.settle();
    std::vector<std::string> hints;
    for (auto const name : {"ada", "bob"}) {
        auto const heard = server.hear_all(name);
        REQUIRE(heard.size() == 1);
        CHECK(member(heard[0], "type") == "server_shutdown");
        hints.push_back(member(heard[0], "retry_after_ms"));
        CHECK(server.people[name]->closed() == CloseCode::going_away);
    }
    CHECK(hints[0] != hints[1]);
}

// ---- what a host can change -----------------------------------------------------------------

namespace {

struct Changed : RoomProtocol<Changed> {
    using clock = SteadyClock;
    using wall_clock = WallClock;
    static constexpr bool allows_broadcast_to_all = true;
    static constexpr pumphouse::HubOptions options{.max_message_bytes = 4096,
                                                   .direct = speaking_directly()};
    static constexpr ReadLimits protocol_limits{.max_message_bytes = 4096, .max_depth = 4};
    static constexpr std::array room_kinds{
        pumphouse::RoomKind{"price/", speaking({.overflow = pumphouse::Overflow::conflate})}};
    struct Session : pumphouse::protocol::Session {
        std::string name;
    };

    void on_client(auto& hub, ClientId client) {
        hub.join(client, "everyone");
        hub.session(client)->name = "nameless";
    }

    bool may_join(auto&, ClientId, std::string_view room) { return room != "private"; }
    Error join_refusal(auto&, ClientId, std::string_view room) {
        return {"members_only", "The room \"" + std::string{room} + "\" is for members."};
    }

    Verdict on_said(auto& hub, ClientId client, Draft& draft) {
        auto const of = member(draft.data, "of");
        if (!of.empty()) draft.key = pumphouse::key_of(of);
        if (draft.data == "\"no\"") return Error{"rude", "That is rude."};
        if (draft.data == "\"later\"") {
            kept = draft;
            return later;
        }
        if (draft.data == "\"who\"") draft.data = '"' + hub.session(client)->name + '"';
        return publish;
    }

    bool on_request(auto& hub, ClientId client, OtherRequest const& request,
                    std::string const& request_id) {
        if (request.type != "set_name") return false;
        hub.session(client)->name = member(request.json, "name");
        send(hub, client, Ack{request_id});
        return true;
    }

    std::optional<Draft> kept;
};

}  // namespace

TEST_CASE("a host puts clients into rooms before anything else") {
    TestServer<Changed> server;
    server.connect("ada");
    auto const heard = server.hear_all("ada");
    REQUIRE(heard.size() == 1);
    CHECK(member(heard[0], "type") == "room_joined");
    CHECK(member(heard[0], "room") == "everyone");
}

TEST_CASE("a host refuses with an error of its own, and nobody hears the message") {
    TestServer<Changed> server;
    for (auto const name : {"ada", "bob"}) server.settled(name, "lobby");
    server.say("ada", R"({"type":"broadcast","room":"lobby","data":"no","request_id":"1"})");
    CHECK(server.hear_all("ada") ==
          Strings{R"({"type":"error","code":"rude","message":"That is rude.","request_id":"1",)"
                  R"("room":"lobby"})"});
    server.hear_nothing("bob");
}

TEST_CASE("a host has types of its own, and changes what is said") {
    TestServer<Changed> server;
    for (auto const name : {"ada", "bob"}) server.settled(name, "lobby");
    server.say("ada", R"({"type":"set_name","name":"Ada","request_id":"1"})");
    CHECK(server.hear_all("ada") == Strings{R"({"type":"ack","request_id":"1"})"});
    server.say("ada", R"({"type":"room_message","room":"lobby","data":"who"})");
    CHECK(member(server.hear("bob"), "data") == "Ada");
    server.say("ada", R"({"type":"set_colour"})");
    CHECK(server.hear_all("ada") == Strings{error(ErrorCode::unknown_type)});
}

TEST_CASE("what a host keeps is delivered or refused when it says so") {
    TestServer<Changed> server;
    for (auto const name : {"ada", "bob"}) server.settled(name, "lobby");
    auto const keep = [&] {
        server.say("ada",
                   R"({"type":"room_message","room":"lobby","data":"later","request_id":"1"})");
        server.hear_nothing("ada");
        server.hear_nothing("bob");
        REQUIRE(server.hub.policy().kept);
        return *std::exchange(server.hub.policy().kept, std::nullopt);
    };
    Draft first = keep();
    first.data = R"({"id":17})";
    CHECK(deliver(server.hub, first) == pumphouse::Accepted::accepted);
    server.settle();
    check_said(server.hear("bob"),
               said("room_message", "lobby", server.public_ids["ada"], R"({"id":17})"));
    CHECK(server.hear_all("ada") == Strings{R"({"type":"ack","request_id":"1"})"});
    CHECK(answer(server.hub, keep(), ErrorCode::refused) == pumphouse::Accepted::accepted);
    server.settle();
    CHECK(server.hear_all("ada") ==
          Strings{error(ErrorCode::refused, R"(,"request_id":"1","room":"lobby")")});
    server.hear_nothing("bob");
}

TEST_CASE("the server itself says something without being anybody") {
    TestServer<Changed> server;
    for (auto const name : {"ada", "bob"}) server.settled(name, "lobby");
    CHECK(deliver(server.hub, {.room = "lobby", .data = "1", .timestamp = WallClock::now()}) ==
          pumphouse::Accepted::accepted);
    server.settle();
    for (auto const name : {"ada", "bob"}) {
        check_said(server.hear(name),
                   R"("type":"broadcast","room":"lobby","data":1,"timestamp":")" +
                       std::string{now} + "\"}");
    }
}

TEST_CASE("a broadcast without a room reaches everybody where that is allowed") {
    TestServer<Changed> server;
    server.settled("ada", "lobby");
    server.settled("bob", "garden");
    server.say("ada", R"({"type":"broadcast","data":1})");
    for (auto const name : {"ada", "bob"}) {
        auto const heard = server.hear_all(name);
        REQUIRE(heard.size() == 1);
        check_said(heard[0], said("broadcast", "", server.public_ids["ada"], "1"));
    }
}

TEST_CASE("what would be larger than a message may be is answered with too_large") {
    TestServer<Changed> server;
    for (auto const name : {"ada", "bob"}) server.settled(name, "lobby");
    server.say("ada", R"({"type":"broadcast","room":"lobby","data":")" +
                          std::string(4030, 'x') + R"(","request_id":"1"})");
    CHECK(server.hear_all("ada") ==
          Strings{error(ErrorCode::too_large, R"(,"request_id":"1","room":"lobby")")});
    server.hear_nothing("bob");
}

TEST_CASE("a host says itself why a room is refused") {
    TestServer<Changed> server;
    server.settled("ada", "lobby");
    server.say("ada", R"({"type":"join_room","room":"private","request_id":"1"})");
    CHECK(server.hear_all("ada") ==
          Strings{R"({"type":"error","code":"members_only",)"
                  R"("message":"The room \"private\" is for members.",)"
                  R"("request_id":"1","room":"private"})"});
}

TEST_CASE("in a keyed room the host says whose value it is, and newcomers get the newest") {
    TestServer<Changed> server;
    server.settled("ada", "price/all");
    for (auto const data : {R"({"of":"eur","is":1})", R"({"of":"usd","is":2})",
                            R"({"of":"eur","is":3})"}) {
        server.say("ada", R"({"type":"broadcast","room":"price/all","data":)" +
                              std::string{data} + "}");
    }
    CHECK(server.hear_all("ada").size() == 3);
    server.connect("bob");
    server.hear_all("bob");
    server.say("bob", R"({"type":"join_room","room":"price/all"})");
    auto const heard = server.hear_all("bob");
    REQUIRE(heard.size() == 3);
    CHECK(member(heard[0], "replayed") == "2");
    auto const from = server.public_ids["ada"];
    check_said(heard[1], said("broadcast", "price/all", from, R"({"of":"usd","is":2})"));
    check_said(heard[2], said("broadcast", "price/all", from, R"({"of":"eur","is":3})"));
    // What is nobody's value is answered, too.
    server.say("ada", R"({"type":"broadcast","room":"price/all","data":1,"request_id":"1"})");
    CHECK(server.hear_all("ada") ==
          Strings{error(ErrorCode::refused, R"(,"request_id":"1","room":"price/all")")});
    server.hear_nothing("bob");
}

TEST_CASE("who comes back gets what it said itself once, under its earlier id") {
    TestServer<Changed> server;
    for (auto const name : {"ada", "bob"}) server.settled(name, "kept");
    auto const earlier = server.public_ids["bob"];
    server.say("ada", R"({"type":"room_message","room":"kept","data":1})");
    auto const last = server.hear("bob");
    std::string const since = R"({"epoch":")" + member(last, "epoch") + R"(","offset":)" +
                              compact(member(last, "offset")) + "}";
    server.say("bob", R"({"type":"room_message","room":"kept","data":2})");
    server.say("ada", R"({"type":"room_message","room":"kept","data":3})");
    server.vanish("bob");
    server.connect("bob");
    CHECK(server.public_ids["bob"] != earlier);
    server.hear_all("bob");
    server.say("bob", R"({"type":"join_room","room":"kept","since":)" + since + "}");
    Strings said_before;
    for (auto const& each : server.hear_all("bob")) {
        if (member(each, "type") != "room_message") continue;
        said_before.push_back(member(each, "data") + " " + member(each, "from"));
    }
    CHECK(said_before == Strings{"2 " + earlier, "3 " + server.public_ids["ada"]});
}
