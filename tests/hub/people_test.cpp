// SPDX-License-Identifier: MIT
//
// Permission, users, presence, questions and rates, on one to four shards.
#include <algorithm>
#include <optional>

#include <pumphouse/client/memory_peer.hpp>

#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;
using Names = std::vector<std::string>;

namespace {

HubOptions on_shards(std::size_t shards) {
    HubOptions options;
    options.shards = shards;
    return options;
}

Names sorted(Names names) {
    std::sort(names.begin(), names.end());
    return names;
}

Person& device_of(TestHub& hub, std::string const& user) {
    Person& person = hub.settled();
    REQUIRE(hub.local(person.id).identify(person.id, user));
    hub.settle();
    return person;
}

}  // namespace

// --- permission -------------------------------------------------------------------------------

TEST_CASE("permission: after later the host's answer counts, on every number of shards") {
    for (std::size_t const shards : {1U, 2U, 4U}) {
        TestHub hub{on_shards(shards)};
        Person& yes = hub.settled();
        Person& no = hub.settled();
        hub.script.decide = [](ClientId, std::string_view) { return JoinDecision::later; };
        for (Person* each : {&yes, &no}) {
            CHECK(hub.local(each->id).join(each->id, "vip") == JoinRequest::requested);
            CHECK(hub.local(each->id).join(each->id, "vip") == JoinRequest::already);
        }
        hub.settle();
        CHECK(hub.script.joined.empty());
        hub->permit(yes.id, "vip");
        hub->refuse(no.id, "vip");
        hub.settle();
        REQUIRE(hub.script.joined.size() == 2);
        for (auto const& each : hub.script.joined) {
            CHECK(each.result == (each.client == yes.id ? JoinResult::joined
                                                        : JoinResult::refused));
        }
        hub.broadcast("vip", "hello");
        hub.settle();
        CHECK(yes.wire.texts() == Names{"hello"});
        CHECK(no.wire.texts().empty());
        CHECK(hub.local(no.id).join(no.id, "vip") == JoinRequest::requested);
    }
}

TEST_CASE("permission: leaving or closing first cancels, and a late answer does nothing") {
    TestHub hub{on_shards(2)};
    Person& leaves = hub.settled();
    Person& closes = hub.settled();
    hub.script.decide = [](ClientId, std::string_view) { return JoinDecision::later; };
    for (Person* each : {&leaves, &closes}) {
        CHECK(hub.local(each->id).join(each->id, "vip") == JoinRequest::requested);
    }
    CHECK(hub.local(leaves.id).leave(leaves.id, "vip"));
    closes.wire.vanish();
    hub.settle();
    hub->permit(leaves.id, "vip");
    hub->permit(closes.id, "vip");
    hub->permit(leaves.id, "never asked");
    hub.settle();
    CHECK(hub.script.joined.empty());
    CHECK(hub->room_count() == 0);
}

TEST_CASE("permission: one that does not come in time is a refusal, and waiting has a place") {
    HubOptions options;
    options.permission_deadline = 10s;
    options.max_rooms_per_client = 2;
    options.heartbeat.ping_interval = 0s;
    TestHub hub{options};
    Person& person = hub.settled();
    hub.script.decide = [](ClientId, std::string_view) { return JoinDecision::later; };
    auto local = hub.local(person.id);
    CHECK(local.join(person.id, "a") == JoinRequest::requested);
    CHECK(local.join(person.id, "b") == JoinRequest::requested);
    CHECK(local.join(person.id, "c") == JoinRequest::too_many_rooms);
    hub.pass(9s);
    CHECK(hub.script.joined.empty());
    hub.pass(2s);
    REQUIRE(hub.script.joined.size() == 2);
    CHECK(hub.script.joined[0].result == JoinResult::refused);
    hub->permit(person.id, "a");
    hub.settle();
    CHECK_FALSE(hub.local(person.id).is_member(person.id, "a"));
}

// --- users ------------------------------------------------------------------------------------

TEST_CASE("users: what goes to a user reaches all his devices, wherever they are") {
    for (std::size_t const shards : {1U, 2U, 4U}) {
        TestHub hub{on_shards(shards)};
        Person& phone = device_of(hub, "ada");
        Person& desk = device_of(hub, "ada");
        Person& other = device_of(hub, "bob");
        CHECK(hub->send_to_user("ada", text("one")) == Accepted::accepted);
        CHECK(hub.local(other.id).send_to_user("ada", text("two")) == Accepted::accepted);
        std::optional<std::size_t> count;
        CHECK(hub->notify("ada", text("three"), [&](std::size_t n) { count = n; }) ==
              Accepted::accepted);
        hub.settle();
        CHECK(count == 2);
        CHECK(sorted(phone.wire.texts()) == Names{"one", "three", "two"});
        CHECK(sorted(desk.wire.texts()) == Names{"one", "three", "two"});
        CHECK(other.wire.texts().empty());
        CHECK(hub.script.offline.empty());
        CHECK(hub.script.joined.empty());  // the room that a user is is no host's business
        CHECK(hub.local(phone.id).user_of(phone.id) == "ada");
        CHECK(hub->core()->budget.messages() == 0);
    }
}

TEST_CASE("users: who is not there is told of, and costs nothing") {
    TestHub hub{on_shards(2)};
    Person& phone = device_of(hub, "ada");
    std::vector<std::size_t> counts;
    auto const count = [&](std::size_t n) { counts.push_back(n); };
    CHECK(hub->notify("nobody", text("lost"), count) == Accepted::accepted);
    hub.settle();
    phone.wire.vanish();
    hub.settle();
    CHECK(hub->notify("ada", text("late"), count) == Accepted::accepted);
    hub.settle();
    CHECK(counts == std::vector<std::size_t>{0, 0});
    CHECK(hub.script.offline == Names{"nobody: lost", "ada: late"});
    CHECK(hub->core()->budget.bytes() == 0);
    CHECK(hub->notify("", text("x"), count) == Accepted::gone);
}

TEST_CASE("users: a notification is answered once, also by a hub that has ended") {
    std::size_t answers = 0;
    {
        TestHub hub;
        CHECK(hub->notify("ada", text("x"), [&](std::size_t) { ++answers; }) ==
              Accepted::accepted);
    }
    CHECK(answers == 1);
}

TEST_CASE("users: first device in and last device out are told, not those between") {
    for (std::size_t const shards : {1U, 2U, 4U}) {
        TestHub hub{on_shards(shards)};
        Person& phone = device_of(hub, "ada");
        hub.pass(200ms);
        Person& desk = device_of(hub, "ada");
        hub.pass(200ms);
        CHECK(hub.script.users == Names{"+ada"});
        phone.wire.vanish();
        hub.settle();
        hub.pass(200ms);
        CHECK(hub.script.users == Names{"+ada"});
        desk.wire.vanish();
        hub.settle();
        device_of(hub, "ada");  // back within the interval
        hub.pass(200ms);
        CHECK(hub.script.users == Names{"+ada"});
        hub.people.back().wire.vanish();
        hub.settle();
        hub.pass(200ms);
        CHECK(hub.script.users == Names{"+ada", "-ada"});
    }
}

TEST_CASE("users: a client is identified once, and one device too many is closed with 1008") {
    TestHub hub{on_shards(2)};
    for (int i = 0; i < 3; ++i) device_of(hub, "ada");
    auto local = hub.local(hub.people[0].id);
    CHECK_FALSE(local.identify(hub.people[0].id, "bob"));
    CHECK_FALSE(local.identify(hub.people[0].id, ""));
    Person& fourth = device_of(hub, "ada");
    CHECK(fourth.wire.close_code() == 1008);
    hub.settle();
    std::size_t devices = 0;
    CHECK(hub->notify("ada", text("x"), [&](std::size_t n) { devices = n; }) ==
          Accepted::accepted);
    hub.settle();
    CHECK(devices == 3);
}

TEST_CASE("users: where the rule is so, the oldest device makes place for the newest") {
    for (std::size_t const shards : {1U, 2U, 4U}) {
        HubOptions options = on_shards(shards);
        options.device_rule = DeviceRule::close_oldest;
        TestHub hub{options};
        for (int i = 0; i < 5; ++i) device_of(hub, "ada");
        for (std::size_t i = 0; i < 5; ++i) {
            CHECK(hub.people[i].wire.close_code() == (i < 2 ? 3503 : 0));
        }
        hub.people[3].wire.vanish();
        hub.settle();
        device_of(hub, "ada");  // there is place again
        CHECK(hub.people[2].wire.close_code() == 0);
        std::size_t devices = 0;
        CHECK(hub->notify("ada", text("x"), [&](std::size_t n) { devices = n; }) ==
              Accepted::accepted);
        hub.settle();
        CHECK(devices == 3);
    }
}

TEST_CASE("users: who counts somewhere under another name cannot be identified any more") {
    TestHub hub{on_shards(2)};
    Person& early = hub.settled();
    auto const local = [&] { return hub.local(early.id); };
    CHECK(local().join(early.id, "who") == JoinRequest::requested);
    CHECK_FALSE(local().identify(early.id, "ada"));
    hub.settle();
    CHECK_FALSE(local().identify(early.id, "ada"));
    CHECK(local().leave(early.id, "who"));
    CHECK(local().identify(early.id, "ada"));
    hub.settle();
    CHECK(local().join(early.id, "who") == JoinRequest::requested);
    hub.settle();
    CHECK(hub.script.members == Names{"ada"});
}

TEST_CASE("users: a name that is too long is nobody's, from every thread") {
    HubOptions options = on_shards(2);
    options.max_user_bytes = 8;
    TestHub hub{options};
    Person& person = hub.settled();
    std::string const name(70'000, 'x');
    auto local = hub.local(person.id);
    CHECK_FALSE(local.identify(person.id, name));
    CHECK(local.send_to_user(name, text("x")) == Accepted::gone);
    CHECK(hub->send_to_user(name, text("x")) == Accepted::gone);
    CHECK(hub->notify(name, text("x")) == Accepted::gone);
    CHECK(hub->core()->budget.messages() == 0);
}

TEST_CASE("users: no host can use the name of a user's room") {
    TestHub hub;
    Person& ada = device_of(hub, "ada");
    auto local = hub.local(ada.id);
    std::string const name = "\x01" "ada";
    CHECK(local.join(ada.id, name) == JoinRequest::bad_name);
    CHECK_FALSE(local.leave(ada.id, name));
    CHECK(local.broadcast(name, text("x")) == Accepted::bad_room);
    CHECK(hub->broadcast(name, text("x")) == Accepted::bad_room);
    CHECK(hub->leave(ada.id, name) == Accepted::bad_room);
    CHECK(hub->set_room_info(name, "x", "y") == Accepted::bad_room);
    CHECK(hub->room_count() == 0);
}

namespace {

// Every room that a host can name is keyed.
struct AllKeyed : DefaultPolicy {
    static constexpr std::array room_kinds{RoomKind{"", {.keyed = true}}};
    void on_open(auto& hub, ClientId client) { hub.identify(client, "ada"); }
};

}  // namespace

TEST_CASE("users: a kind for all rooms is none for the rooms that users are") {
    Hub<AllKeyed> hub;
    MemoryPeer peer;
    REQUIRE(hub.register_channel().push(peer.connect()));
    hub.poll();
    CHECK(hub.send_to_user("ada", text("no key")) == Accepted::accepted);
    CHECK(hub.broadcast("named", text("no key")) == Accepted::needs_key);
    while (hub.poll().more) {
    }
    auto const message = peer.receive();
    REQUIRE(message);
    CHECK(message->payload == "no key");
}

// --- presence ---------------------------------------------------------------------------------

TEST_CASE("presence: rooms tell who came and went, by user, and joiners who is there") {
    for (std::size_t const shards : {1U, 2U, 4U}) {
        TestHub hub{on_shards(shards)};
        Person& phone = device_of(hub, "ada");
        Person& desk = device_of(hub, "ada");
        Person& stranger = hub.settled();
        std::string const id = hub->public_id(stranger.id);
        for (Person* each : {&phone, &desk, &stranger}) {
            CHECK(hub.local(each->id).join(each->id, "who") == JoinRequest::requested);
            hub.settle();
        }
        CHECK(hub.script.members == sorted({"ada", id}));
        CHECK(hub.script.presence.empty());
        hub.pass(150ms);
        CHECK(hub.script.presence == Names{"+ada", "+" + id});
        CHECK(hub.script.presence_rooms == Names{"who"});
        phone.wire.vanish();
        hub.settle();
        hub.pass(150ms);
        CHECK(hub.script.presence.size() == 2);
        CHECK(hub.local(stranger.id).leave(stranger.id, "who"));
        desk.wire.vanish();
        hub.settle();
        hub.pass(150ms);
        CHECK(sorted({hub.script.presence.begin() + 2, hub.script.presence.end()}) ==
              sorted({"-" + id, "-ada"}));
        CHECK(hub->room_count() == 0);
    }
}

TEST_CASE("presence: who leaves and returns within the interval is not announced") {
    TestHub hub{on_shards(2)};
    Person& stays = device_of(hub, "bob");
    Person& first = device_of(hub, "ada");
    for (Person* each : {&stays, &first}) {
        CHECK(hub.local(each->id).join(each->id, "who") == JoinRequest::requested);
    }
    hub.pass(150ms);
    hub.script.presence.clear();
    for (int i = 0; i < 20; ++i) {
        CHECK(hub.local(first.id).leave(first.id, "who"));
        hub.settle();
        CHECK(hub.local(first.id).join(first.id, "who") == JoinRequest::requested);
        hub.pass(3ms);
    }
    hub.pass(150ms);
    CHECK(hub.script.presence.empty());
}

TEST_CASE("presence: a list and the changes after it agree, whoever came and went meanwhile") {
    for (std::size_t const shards : {1U, 2U, 4U}) {
        TestHub hub{on_shards(shards)};
        Person& ada = device_of(hub, "ada");
        CHECK(hub.local(ada.id).join(ada.id, "who") == JoinRequest::requested);
        hub.pass(150ms);
        CHECK(hub.local(ada.id).leave(ada.id, "who"));
        hub.settle();
        Person& bob = device_of(hub, "bob");
        CHECK(hub.local(bob.id).join(bob.id, "who") == JoinRequest::requested);
        hub.settle();
        CHECK(hub.script.members == Names{"bob"});  // ada has left, and that is not announced yet
        CHECK(hub.local(ada.id).join(ada.id, "who") == JoinRequest::requested);
        hub.settle();
        hub.script.presence.clear();
        hub.pass(150ms);
        CHECK(sorted(hub.script.presence) == Names{"+ada", "+bob"});
    }
}

TEST_CASE("presence: who has joined is told the list before the room is told of changes") {
    TestHub hub;
    int lists = 0;
    hub.script.on_joined = [&](Local&, ClientId, std::string_view, Joined const&) {
        ++lists;
        CHECK(hub.script.presence.empty());
    };
    for (int i = 0; i < 4; ++i) {
        Person& person = hub.settled();
        CHECK(hub.local(person.id).join(person.id, "now") == JoinRequest::requested);
        CHECK(lists == i);
        hub.settle();
        CHECK(lists == i + 1);
        CHECK(hub.script.presence.size() == 1);
        hub.script.presence.clear();
    }
}

// --- questions --------------------------------------------------------------------------------

TEST_CASE("questions: rooms and members of all shards are listed, once, from any thread") {
    for (std::size_t const shards : {1U, 2U, 4U}) {
        TestHub hub{on_shards(shards)};
        for (int i = 0; i < 6; ++i) {
            hub.settled(i % 2 == 0 ? Names{"even", "all"} : Names{"all"});
        }
        CHECK(hub->room_count() == 2);
        CHECK(hub->set_room_info("even", "Even numbers", "{\"n\":2}") == Accepted::accepted);
        CHECK(hub->set_room_info("nowhere", "x", "y") == Accepted::accepted);
        std::vector<MemberInfo> members;
        std::vector<RoomInfo> rooms;
        int answers = 0;
        hub->members("even", [&](auto all) { members = std::move(all), ++answers; });
        hub->rooms([&](auto all) { rooms = std::move(all), ++answers; });
        hub.settle();
        std::size_t count = 0;
        hub->member_count("all", [&](std::size_t n) { count = n; });
        hub.settle();
        CHECK(count == 6);
        CHECK(answers == 2);
        CHECK(members.size() == 3);
        REQUIRE(rooms.size() == 2);
        CHECK(rooms[0].name == "all");
        CHECK(rooms[0].members == 6);
        CHECK(rooms[1].display_name == "Even numbers");
        CHECK(rooms[1].metadata == "{\"n\":2}");
        CHECK(rooms[1].members == 3);
        hub->members({}, [&](auto all) { members = std::move(all); });
        hub.settle();
        CHECK(members.size() == 6);
        CHECK(hub->set_room_info("even", std::string(5000, 'x'), {}) == Accepted::too_large);
    }
}

TEST_CASE("questions: a hub that has shut down or ended answers too, with what is left") {
    int answers = 0;
    {
        TestHub hub{on_shards(2)};
        hub.settled({"lobby"});
        hub->rooms([&](auto all) { answers += all.empty(); });  // not asked any more
    }
    CHECK(answers == 1);
    TestHub hub{on_shards(2)};
    hub->shutdown();
    hub.settle();
    hub->rooms([&](auto all) { answers += all.empty(); });
    CHECK(answers == 2);
    CHECK(hub->set_room_info("a", "b", "c") == Accepted::closed);
}

TEST_CASE("questions: a public id leads to its client until that is gone") {
    TestHub hub{on_shards(2)};
    Person& one = hub.settled();
    std::string const id = hub->public_id(one.id);
    CHECK(hub->client_of(id) == one.id);
    CHECK(hub->client_of("0000000000000000") != one.id);
    one.wire.vanish();
    hub.settle();
    CHECK_FALSE(hub->client_of(id));
}

// --- rates ------------------------------------------------------------------------------------

TEST_CASE("rates: what is over the limit is dropped and counted, and told once a second") {
    HubOptions options;
    options.rate.messages = {.per_second = 10, .burst = 3};
    TestHub hub{options};
    Person& person = hub.settled();
    auto const say = [&](int times) {
        for (int i = 0; i < times; ++i) person.wire.say("x");
        hub.settle();
    };
    say(5);
    CHECK(hub.script.messages.size() == 3);
    CHECK(hub.script.limited.size() == 1);
    hub.pass(100ms);
    say(3);
    CHECK(hub.script.messages.size() == 4);
    CHECK(hub.script.limited.size() == 1);
    hub.pass(1s);
    say(5);
    CHECK(hub.script.messages.size() == 7);
    CHECK(hub.script.limited.size() == 2);
    CHECK(hub->stats().shards.rate_limited == 6);
    CHECK(hub.script.closed.empty());
}

TEST_CASE("rates: bytes count too, and the action may be an error each time or the end") {
    HubOptions options;
    options.rate.bytes = {.per_second = 100, .burst = 100};
    options.rate.action = RateAction::error;
    TestHub hub{options};
    Person& person = hub.settled();
    for (int i = 0; i < 4; ++i) person.wire.say(std::string(50, 'x'));
    hub.settle();
    CHECK(hub.script.messages.size() == 2);
    CHECK(hub.script.limited.size() == 2);

    options.rate.action = RateAction::disconnect;
    TestHub strict{options};
    Person& other = strict.settled();
    for (int i = 0; i < 4; ++i) other.wire.say(std::string(50, 'x'));
    strict.settle();
    CHECK(strict.script.messages.size() == 2);
    CHECK(other.wire.close_code() == 3013);
}

TEST_CASE("rates: the devices of a user share one limit, on whatever shards they are") {
    HubOptions options = on_shards(2);
    options.user_rate.messages = {.per_second = 1, .burst = 4};
    TestHub hub{options};
    Person& phone = device_of(hub, "ada");
    Person& desk = device_of(hub, "ada");
    Person& other = device_of(hub, "bob");
    for (int i = 0; i < 3; ++i) {
        for (Person* each : {&phone, &desk, &other}) each->wire.say("x");
    }
    hub.settle();
    std::size_t of_ada = 0;
    for (auto const& [client, payload] : hub.script.messages) of_ada += client != other.id;
    CHECK(of_ada == 4);
    CHECK(hub.script.messages.size() == 7);
}
