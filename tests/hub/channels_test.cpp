// SPDX-License-Identifier: MIT
//
// What hub/channels.hpp guarantees: the three channels lead into one inbox, register and
// unregister are never lost, ids outlive clients, and after the hub all of it says closed.
#include <thread>

#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;

namespace {

std::unique_ptr<Client<ScriptedTransport>> client_of(Wire& wire) {
    return std::make_unique<Client<ScriptedTransport>>(wire);
}

}  // namespace

TEST_CASE("channels: what one thread pushes through different channels arrives in its order") {
    TestHub hub;
    Wire wire;
    auto const answer = hub->register_channel().push(client_of(wire));
    REQUIRE(answer);
    hub.script.rooms[answer.id.value()] = {"lobby"};
    // Its id is good at once: this arrives after it was opened, and before it is closed.
    REQUIRE(hub->send(answer.id, text("direct")) == Accepted::accepted);
    REQUIRE(hub->broadcast_channel().try_push("lobby", text("to the room")) == Accepted::accepted);
    CHECK(hub->unregister_channel().push(answer.id, CloseCode::kicked) == Unregistered::accepted);
    REQUIRE(hub->broadcast_channel().try_push("lobby", text("too late")) == Accepted::accepted);
    hub.settle();
    CHECK(wire.texts()[0] == "direct");
    CHECK(wire.texts()[1] == "to the room");
    CHECK(wire.close_code() == 3503);
}

TEST_CASE("channels: a client that the hub refuses is handed back") {
    HubOptions options;
    options.max_clients = 2;
    TestHub hub{options};
    hub.settled();
    hub.connect();
    Wire wire;
    auto client = client_of(wire);
    auto const* const was = client.get();
    auto const answer = hub->register_channel().push(std::move(client));
    CHECK(answer.answer == Registered::Answer::full);
    CHECK_FALSE(answer);
    CHECK_FALSE(answer.id);
    REQUIRE(client.get() == was);
    CHECK_FALSE(client->id);
    hub.settle();
    // When there is room again the same client can come in.
    hub->close(hub.script.opened[0]);
    hub.people[0].wire.close();
    hub.settle();
    hub.people[0].wire.close();
    hub.settle();
    CHECK(hub->register_channel().try_push(std::move(client)));
    CHECK(client == nullptr);
    hub.settle();
    CHECK(hub.script.opened.size() == 3);
    hub.destroy();
    CHECK(wire.ended.has_value());
}

TEST_CASE("channels: no more wire formats than lanes, and who has one too many is handed back") {
    static constexpr std::array<WireFormat, 5> formats{websocket_format, websocket_format,
                                                       websocket_format, websocket_format,
                                                       websocket_format};
    struct Odd {
        explicit Odd(std::size_t which) : number{which} {}
        WireFormat const& wire_format() const noexcept { return formats[number]; }
        bool attach(Readiness) { return true; }
        ReadResult read(Receiver&) { return ReadResult::drained; }
        WriteResult write(std::span<ConstBuffer const>) noexcept { return {}; }
        void close(CloseHow) noexcept {}
        std::size_t number;
    };
    TestHub hub;
    for (std::size_t i = 0; i < max_lanes; ++i) {
        CHECK(hub->register_channel().push(std::make_unique<Client<Odd>>(i)));
    }
    auto client = std::make_unique<Client<Odd>>(4U);
    CHECK(hub->register_channel().push(std::move(client)).answer ==
          Registered::Answer::too_many_formats);
    CHECK(client != nullptr);
    CHECK(hub->client_count() == 4);
}

TEST_CASE("channels: unregister is idempotent: begun once, then already, then gone") {
    TestHub hub;
    auto& one = hub.settled();
    auto const channel = hub->unregister_channel();
    CHECK(channel.push(one.id) == Unregistered::accepted);
    CHECK(channel.push(one.id) == Unregistered::already);
    CHECK(channel.try_push(one.id) == Unregistered::already);
    hub.settle();
    CHECK(channel.push(one.id) == Unregistered::already);  // waits for the peer's close frame
    one.wire.close();
    hub.settle();
    CHECK(channel.push(one.id) == Unregistered::gone);
    CHECK(hub.script.closed.size() == 1);
    CHECK(hub.script.closed_reason(one.id)->cause == CloseCause::host);
    CHECK(channel.push({}) == Unregistered::gone);
}

TEST_CASE("channels: ids outlive clients: a late call finds nobody, and never a new tenant") {
    TestHub hub;
    auto& old = hub.settled({"lobby"});
    old.wire.vanish();
    hub.settle();
    auto& tenant = hub.settled({"lobby"});
    CHECK(tenant.id.slot == old.id.slot);
    CHECK(hub->send(old.id, text("hello?")) == Accepted::gone);
    CHECK(hub->close(old.id) == Unregistered::gone);
    auto local = hub.local();
    CHECK(local.send(old.id, text("hello?")) == Accepted::gone);
    CHECK(local.join(old.id, "room") == JoinRequest::gone);
    CHECK_FALSE(local.leave(old.id, "lobby"));
    CHECK_FALSE(local.close(old.id));
    CHECK_FALSE(local.is_member(old.id, "lobby"));
    CHECK(local.session(old.id) == nullptr);
    CHECK(local.ledger(old.id, "lobby") == Ledger{});
    hub.broadcast("lobby", "not for the old one", except(old.id));
    hub.settle();
    CHECK(tenant.wire.texts() == std::vector<std::string>{"not for the old one"});
    CHECK(hub.local().is_member(tenant.id, "lobby"));
}

TEST_CASE("channels: messages too large, and rooms without a name, are refused by every way in") {
    HubOptions options;
    options.max_message_bytes = 100;
    options.max_room_name_bytes = 10;
    for (std::size_t const shards : {1U, 2U}) {
        options.shards = shards;
        TestHub hub{options};
        auto& one = hub.settled();
        std::string const large(101, 'x');
        std::string const longest(100, 'x');
        std::string const name(11, 'n');
        std::string const huge(70'000, 'n');
        auto local = hub.local(one.id);
        CHECK(hub->broadcast("a", text(large)) == Accepted::too_large);
        CHECK(hub->broadcast_all(text(large)) == Accepted::too_large);
        CHECK(hub->send(one.id, text(large)) == Accepted::too_large);
        CHECK(local.broadcast("a", text(large)) == Accepted::too_large);
        CHECK(local.broadcast_all(text(large)) == Accepted::too_large);
        CHECK(local.send(one.id, text(large)) == Accepted::too_large);
        CHECK(hub->send(one.id, text(longest)) == Accepted::accepted);
        for (std::string_view const bad : {std::string_view{}, std::string_view{name},
                                           std::string_view{huge}}) {
            CHECK(hub->broadcast(bad, text("a")) == Accepted::bad_room);
            CHECK(hub->broadcast_channel().push(bad, text("a")) == Accepted::bad_room);
            CHECK(local.broadcast(bad, text("a")) == Accepted::bad_room);
            CHECK(local.join(one.id, bad) == JoinRequest::bad_name);
        }
        hub.settle();
        CHECK(one.wire.texts() == std::vector<std::string>{longest});
        CHECK(hub->core()->budget.messages() == 0);
    }
}

TEST_CASE("channels: they outlive the hub, and say closed") {
    auto hub = std::make_unique<TestHub>();
    auto& one = hub->settled();
    ClientId const id = one.id;
    auto const registers = (*hub)->register_channel();
    auto const unregisters = (*hub)->unregister_channel();
    auto const broadcasts = (*hub)->broadcast_channel();
    auto const core = (*hub)->core();
    hub->destroy();
    Wire wire;
    auto client = client_of(wire);
    CHECK(registers.push(std::move(client)).answer == Registered::Answer::closed);
    CHECK(client != nullptr);
    CHECK(unregisters.push(id) == Unregistered::gone);
    CHECK(broadcasts.try_push("lobby", text("hello?")) == Accepted::closed);
    CHECK(broadcasts.push("lobby", text("hello?")) == Accepted::closed);
    CHECK(broadcasts.push(text("hello?")) == Accepted::closed);
    CHECK(core->send(id, text("hello?")) == Accepted::gone);
    CHECK(core->budget.messages() == 0);
    CHECK(core->slots.live() == 0);
}

TEST_CASE("channels: a peer's readiness is harmless after its client and after the hub") {
    auto hub = std::make_unique<TestHub>();
    Person& one = hub->settled();
    Person& two = hub->settled();
    (*hub)->close(one.id);
    one.wire.close();
    hub->settle();
    auto const first = one.wire.readiness;
    auto const second = two.wire.readiness;
    first.readable();
    first.writable();
    hub->settle();
    hub->destroy();
    first.readable();
    second.readable();
    second.writable();
    CHECK(hub->script.closed.size() == 2);
}

TEST_CASE("channels: push waits for room in the budget, but never inside a hook") {
    HubOptions options;
    options.max_inbox_messages = 2;
    TestHub hub{options};
    auto& one = hub.settled({"lobby"});
    Accepted in_hook = Accepted::accepted;
    hub.script.on_message = [&](Local& local, ClientId, std::string_view) {
        auto const channel = local.hub().broadcast_channel();
        for (int i = 0; i < 4; ++i) in_hook = channel.push("lobby", text("from a hook"));
    };
    one.wire.say("go");
    hub.settle();
    CHECK(in_hook == Accepted::full);

    std::thread outside{[channel = hub->broadcast_channel()] {
        for (int i = 0; i < 20; ++i) static_cast<void>(channel.push("lobby", text("outside")));
    }};
    while (one.wire.texts().size() < 22) hub.turn();
    outside.join();
    hub.settle();
    CHECK(hub->core()->budget.messages() == 0);
}
