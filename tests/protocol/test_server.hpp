// SPDX-License-Identifier: MIT
//
// TestServer: a hub that speaks the protocol, and people with names who are connected to it, all
// in one thread. What people hear is compared as text.
#pragma once

#include <cctype>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pumphouse/client/memory_peer.hpp>
#include <pumphouse/protocol/room_protocol.hpp>

#include "support/catch.hpp"

namespace support {

/// 2026-01-02T03:04:05Z, and moved by tests.
struct WallClock {
    inline static pumphouse::Timestamp const begin =
        std::chrono::sys_days{std::chrono::January / 2 / 2026} + std::chrono::hours{3} +
        std::chrono::minutes{4} + std::chrono::seconds{5};
    inline static pumphouse::Timestamp value = begin;
    static pumphouse::Timestamp now() noexcept { return value; }
};

/// Time passes when a test says so.
struct SteadyClock {
    inline static pumphouse::Time value{std::chrono::seconds{1}};
    static pumphouse::Time now() noexcept { return value; }
};

/// Without the blanks between JSON's tokens.
inline std::string compact(std::string_view json) {
    std::string out;
    bool is_inside = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        if (json[i] == '"' && (i == 0 || json[i - 1] != '\\')) is_inside = !is_inside;
        if (is_inside || json[i] != ' ') out += json[i];
    }
    return out;
}

/// The value of a string or number member, wherever in the text it is first.
inline std::string member(std::string_view json, std::string_view key) {
    std::string const start = '"' + std::string{key} + "\":";
    auto const at = json.find(start);
    if (at == json.npos) return "";
    auto const begin = at + start.size();
    if (json[begin] == '"') {
        return std::string{json.substr(begin + 1, json.find('"', begin + 1) - begin - 1)};
    }
    return std::string{json.substr(begin, json.find_first_of(",}", begin) - begin)};
}

template <typename Host>
class TestServer {
public:
    explicit TestServer(pumphouse::HubOptions const& options = Host::options, Host host = {})
        : hub{options, std::move(host)} {
        WallClock::value = WallClock::begin;
    }

    /// Connects somebody and returns the welcome.
    std::string connect(std::string const& name) {
        auto& peer = people[name] = std::make_unique<pumphouse::MemoryPeer>();
        auto const registered = hub.register_channel().push(peer->connect());
        REQUIRE(registered);
        ids[name] = registered.id;
        settle();
        std::string const welcome = hear(name);
        REQUIRE(member(welcome, "type") == "welcome");
        public_ids[name] = member(welcome, "id");
        return welcome;
    }

    void say(std::string const& name, std::string_view json) {
        people.at(name)->send(pumphouse::text(json));
        settle();
    }

    /// The next message; empty: there is none.
    std::string hear(std::string const& name) {
        auto received = people.at(name)->receive();
        settle();  // who has read takes more
        if (!received) received = people.at(name)->receive();
        return received ? received->payload : "";
    }

    /// All there is, compact.
    std::vector<std::string> hear_all(std::string const& name) {
        std::vector<std::string> all;
        for (std::string next; !(next = hear(name)).empty();) all.push_back(compact(next));
        return all;
    }
    void hear_nothing(std::string const& name) {
        INFO(name);
        CHECK(hear_all(name).empty());
    }

    /// Connects somebody who joins a room, and forgets what was heard.
    void settled(std::string const& name, std::string const& room) {
        connect(name);
        say(name, R"({"type":"join_room","room":")" + room + "\"}");
        auto const answer = hear_all(name);
        REQUIRE_FALSE(answer.empty());
        REQUIRE(member(answer.front(), "type") == "room_joined");
        for (auto const& each : people) hear_all(each.first);
    }

    void vanish(std::string const& name) {
        people.at(name)->vanish();
        settle();
        people.erase(name);
    }

    void settle() {
        for (int turns = 0; hub.poll().more; ++turns) {
            if (turns == 100'000) FAIL("the hub does not come to rest");
        }
    }

    void pass(pumphouse::Duration time) {
        SteadyClock::value += time;
        WallClock::value += std::chrono::floor<std::chrono::milliseconds>(time);
        settle();
    }

    std::map<std::string, std::unique_ptr<pumphouse::MemoryPeer>> people;
    std::map<std::string, pumphouse::ClientId> ids;
    std::map<std::string, std::string> public_ids;
    pumphouse::Hub<Host> hub;
};

}  // namespace support
