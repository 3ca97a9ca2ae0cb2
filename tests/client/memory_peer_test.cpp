// SPDX-License-Identifier: MIT
//
// client/memory_peer.hpp: a peer in the host's own process, from any thread.
#include <pumphouse/client/memory_peer.hpp>

#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;

TEST_CASE("memory peer: sends and receives whole messages of any size") {
    TestHub hub;
    MemoryPeer peer;
    auto const answer = hub->register_channel().push(peer.connect());
    REQUIRE(answer);
    hub.settle();
    for (std::size_t const size : {0U, 1U, 65535U, 65536U, 300'000U}) {
        std::string const payload(size, 'm');
        peer.send(text(payload));
        hub.settle();
        CHECK(hub.script.messages.back().second == payload);
        REQUIRE(hub->send(answer.id, binary(payload)) == Accepted::accepted);
        hub.settle();
        auto const received = peer.receive();
        REQUIRE(received);
        CHECK(received->payload == payload);
        CHECK(received->opcode == Opcode::binary);
    }
    CHECK_FALSE(peer.receive());
}

TEST_CASE("memory peer: what it sent before the hub knew it arrives") {
    TestHub hub;
    MemoryPeer peer;
    peer.send(text("early"));
    REQUIRE(hub->register_channel().push(peer.connect()));
    hub.settle();
    REQUIRE(hub.script.messages.size() == 1);
    CHECK(hub.script.messages[0].second == "early");
}

TEST_CASE("memory peer: both ways of closing answer each other and end once") {
    TestHub hub;
    MemoryPeer one;
    MemoryPeer two;
    auto const first = hub->register_channel().push(one.connect());
    REQUIRE(hub->register_channel().push(two.connect()));
    hub.settle();
    hub->close(first.id, CloseCode::kicked);
    two.close(CloseCode::going_away);
    hub.settle();
    CHECK(one.closed() == CloseCode::kicked);
    CHECK(two.closed() == CloseCode::going_away);
    hub.settle();
    CHECK(one.is_ended());
    CHECK(two.is_ended());
    CHECK(hub.script.closed.size() == 2);
    one.send(text("too late"));
    one.vanish();
    hub.settle();
    CHECK(hub.script.messages.empty());
}

TEST_CASE("memory peer: one that vanishes, or is destroyed, closes its client as lost") {
    TestHub hub;
    ClientId id;
    {
        MemoryPeer peer;
        id = hub->register_channel().push(peer.connect()).id;
        hub.settle();
    }
    hub.settle();
    REQUIRE(hub.script.closed_reason(id) != nullptr);
    CHECK(hub.script.closed_reason(id)->code == CloseCode::abnormal);
}

TEST_CASE("memory peer: a slow reader takes no more unread bytes than it says, and loses nothing") {
    TestHub hub;
    MemoryPeer peer;
    peer.limit_unread_bytes(10);
    auto const answer = hub->register_channel().push(peer.connect());
    hub.script.rooms[answer.id.value()] = {"endless"};
    hub.settle();
    for (int i = 0; i < 50; ++i) hub.broadcast("endless", "message " + std::to_string(i));
    hub.settle();
    peer.limit_unread_bytes(3);  // less than what stands unread
    std::vector<std::string> got;
    for (int i = 0; i < 500; ++i) {
        while (auto received = peer.receive()) got.push_back(received->payload);
        hub.settle();
    }
    REQUIRE(got.size() == 50);
    for (int i = 0; i < 50; ++i) {
        CHECK(got[static_cast<std::size_t>(i)] == "message " + std::to_string(i));
    }
}

TEST_CASE("memory peer: bytes that are no frame close it with 1002") {
    TestHub hub;
    MemoryPeer peer;
    REQUIRE(hub->register_channel().push(peer.connect()));
    hub.settle();
    peer.send_bytes(std::string(20, '\xff'));
    hub.settle();
    CHECK(peer.closed() == CloseCode::protocol_error);
    hub.pass(6s);  // nothing it says is listened to any more, so it is not waited for
    REQUIRE(hub.script.closed.size() == 1);
    CHECK(hub.script.closed[0].cause == CloseCause::protocol);
}
