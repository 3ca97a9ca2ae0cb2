// SPDX-License-Identifier: MIT
// The chat's rules, on a hub in memory: what is said is saved first, and what everybody gets is
// what was saved.
#include "chat_policy.hpp"

#include "support/catch.hpp"

#include <pumphouse/client/memory_peer.hpp>

#include <deque>
#include <memory>
#include <string>
#include <string_view>

using namespace chat;

namespace {

class Server {
public:
    pumphouse::MemoryPeer& connect(const std::string& name) {
        auto& peer = peers_.emplace_back(std::make_unique<pumphouse::MemoryPeer>());
        auto client = peer->connect();
        client->extra = std::make_unique<pumphouse::ClientExtra>();
        client->extra->request = std::make_unique<pumphouse::ClientRequest>();
        client->extra->request->query.emplace_back("name", name);
        REQUIRE(hub.register_channel().push(std::move(client)));
        settle();
        return *peer;
    }

    std::string say(pumphouse::MemoryPeer& peer, std::string_view json) {
        peer.send(pumphouse::text(json));
        settle();
        return hear(peer);
    }

    std::string hear(pumphouse::MemoryPeer& peer) {
        auto message = peer.receive();
        settle();
        return message ? message->payload : "";
    }

    void settle() {
        while (hub.poll().more) {
        }
    }

    pumphouse::Hub<ChatPolicy> hub{ChatPolicy{std::move(*Store::open(":memory:"))}};

private:
    std::deque<std::unique_ptr<pumphouse::MemoryPeer>> peers_;
};

bool holds(const std::string& text, std::string_view what) {
    return text.find(what) != std::string::npos;
}

std::string broadcast(const std::string& data) {
    return R"({"type":"broadcast","room":"lobby","data":)" + data + "}";
}

}  // namespace

TEST_CASE("what everybody gets is what was saved") {
    Server server;
    auto& ada = server.connect("Ada");
    CHECK(holds(server.hear(ada), R"("user":"Ada")"));
    CHECK(holds(server.say(ada, R"({"type":"join_room","room":"lobby"})"), "room_joined"));
    const auto heard = server.say(ada, broadcast(R"({"text":"hi","id":99,"user":"Bob"})"));
    CHECK(holds(heard, R"("user":"Ada","data":{"id":1,"text":"hi"})"));
    const auto kept = server.hub.policy().store().last("lobby", 50);
    REQUIRE(kept);
    REQUIRE(kept->size() == 1);
    CHECK(kept->front().user == "Ada");
    CHECK(kept->front().text == "hi");
    CHECK(holds(heard, R"("timestamp":")" + kept->front().timestamp + '"'));
}

TEST_CASE("what is refused is neither saved nor heard") {
    Server server;
    auto& ada = server.connect("Ada");
    server.hear(ada);
    server.say(ada, R"({"type":"join_room","room":"lobby"})");
    CHECK(holds(server.say(ada, broadcast(R"({"text":" "})")), "text_empty"));
    CHECK(holds(server.say(ada, broadcast(R"("hi")")), "invalid_text"));
    CHECK(holds(server.say(ada, broadcast(R"({"text":5})")), "invalid_text"));
    CHECK(holds(server.say(ada, R"({"type":"room_message","room":"lobby","data":1})"),
                "not_permitted"));
    CHECK(server.hear(ada).empty());
    CHECK(server.hub.policy().store().last("lobby", 50)->empty());
}

TEST_CASE("a name is taken while its owner is there, and free when the connection ends") {
    Server server;
    auto& ada = server.connect("Ada");
    CHECK(holds(server.hear(ada), "welcome"));
    auto& other = server.connect("Ada");
    CHECK(holds(server.hear(other), "name_taken"));
    CHECK(server.hear(other).empty());
    CHECK(other.closed() == pumphouse::CloseCode::bad_request);
    ada.vanish();
    server.settle();
    CHECK(holds(server.hear(server.connect("Ada")), "welcome"));
}

TEST_CASE("who has no name that can be seen is turned away") {
    Server server;
    for (const std::string name : {"", " ", "\xE2\x80\x8B"}) {
        auto& nobody = server.connect(name);
        CHECK(holds(server.hear(nobody), "name_empty"));
        CHECK(nobody.closed() == pumphouse::CloseCode::bad_request);
    }
    CHECK(holds(server.hear(server.connect(std::string(33, 'x'))), "name_too_long"));
}

TEST_CASE("a room needs a name that can be seen") {
    Server server;
    auto& ada = server.connect("Ada");
    server.hear(ada);
    CHECK(holds(server.say(ada, R"({"type":"join_room","room":" "})"), "room_empty"));
    CHECK(holds(server.say(ada, R"({"type":"join_room","room":"x"})"), "room_joined"));
}
