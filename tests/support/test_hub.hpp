// SPDX-License-Identifier: MIT
//
// TestHub: a hub, its clock and its clients in one thread. Every turn is the test's, and is
// followed by an audit of every shard. RecordingPolicy keeps what its hooks were told, and does in
// them what the test says.
#pragma once

#include <array>
#include <cstdio>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <pumphouse/hub/audit.hpp>
#include <pumphouse/hub/hub.hpp>

#include "support/catch.hpp"
#include "support/scripted_transport.hpp"

namespace support {

using namespace std::chrono_literals;
using pumphouse::Accepted;
using pumphouse::ClientId;
using pumphouse::CloseCause;
using pumphouse::CloseCode;
using pumphouse::Gap;
using pumphouse::JoinRequest;
using pumphouse::JoinResult;
using pumphouse::LeftBecause;
using pumphouse::Message;
using pumphouse::Opcode;
using pumphouse::Overflow;

/// Time passes when a test says so.
struct TestClock {
    inline static pumphouse::Time value{1s};
    inline static std::uint64_t random = 0;
    static pumphouse::Time now() noexcept { return value; }
};

inline Opcode announce_gap(std::string_view room, Gap gap, std::string& out) {
    out = "gap " + std::string{room} + " " + std::to_string(gap.first) + "-" +
          std::to_string(gap.last);
    return Opcode::text;
}

inline Opcode throw_instead(std::string_view, Gap, std::string&) {
    throw std::runtime_error{"the host's own"};
}

/// Where a message stands, in text: "<epoch>:<offset, six wide>|".
inline void write_place(pumphouse::Position at, char* out) noexcept {
    std::snprintf(out, 8, "%06u", static_cast<unsigned>(at.epoch % 1'000'000));
    out[6] = ':';
    std::snprintf(out + 7, 7, "%6u", static_cast<unsigned>(at.offset % 1'000'000));
    out[13] = '|';
}
inline constexpr pumphouse::Envelope place_envelope{14, &write_place};

struct RecordingPolicy;
using Local = pumphouse::LocalHub<RecordingPolicy>;

/// What hooks were told, and what they do then.
struct Script {
    struct Closed {
        ClientId client;
        CloseCode code;
        CloseCause cause;
        std::string text;
    };
    struct Joined {
        ClientId client;
        std::string room;
        JoinResult result;
    };

    std::vector<ClientId> opened;
    std::vector<std::pair<ClientId, std::string>> messages;
    std::vector<Joined> joined;
    struct Left {
        ClientId client;
        std::string room;
        LeftBecause because;
    };
    std::vector<Left> left;
    std::vector<Closed> closed;
    std::vector<std::string> members;  // told with the last join
    std::vector<std::string> presence, presence_rooms, users, offline;
    std::vector<ClientId> limited;
    std::map<std::uint64_t, std::vector<std::string>> rooms;  // to be joined by whom

    std::function<void(Local&, ClientId)> on_open;
    std::function<void(Local&, ClientId, std::string_view)> on_message;
    std::function<void(Local&, ClientId, std::string_view, pumphouse::Joined const&)> on_joined;
    std::function<void(Local&, ClientId, std::string_view, LeftBecause)> on_left;
    std::function<bool(Local&, ClientId, std::string_view)> may_join;
    std::function<pumphouse::JoinDecision(ClientId, std::string_view)> decide;
    std::function<void(Local&, ClientId, pumphouse::CloseReason const&)> on_close;
    std::function<void(Local&, ClientId, std::chrono::milliseconds)> on_shutdown;

    /// Why a client was closed; null: it was not. Twice is a failure.
    Closed const* closed_reason(ClientId client) const {
        Closed const* found = nullptr;
        for (Closed const& each : closed) {
            if (each.client != client) continue;
            CHECK(found == nullptr);
            found = &each;
        }
        return found;
    }
};

struct RecordingPolicy : pumphouse::DefaultPolicy {
    using clock = TestClock;
    struct Session {
        int number = 42;
    };
    static constexpr pumphouse::RoomOptions user_room{.max_members = 3};
    static std::uint64_t random() { return ++TestClock::random; }
    static constexpr std::array room_kinds{
        pumphouse::RoomKind{"who", {.presence = true}},
        pumphouse::RoomKind{"now", {.presence = true, .presence_interval = {}}},
        pumphouse::RoomKind{"skip", {.overflow = Overflow::skip,
                                     .gap_encoder = &announce_gap,
                                     .max_lag_messages = 5}},
        pumphouse::RoomKind{"silent", {.overflow = Overflow::skip,
                                       .gap_encoder = pumphouse::silent,
                                       .max_lag_messages = 5}},
        pumphouse::RoomKind{"throws", {.overflow = Overflow::skip,
                                       .gap_encoder = &throw_instead,
                                       .max_lag_messages = 1}},
        pumphouse::RoomKind{"unsub", {.overflow = Overflow::unsubscribe, .max_lag_messages = 5}},
        pumphouse::RoomKind{"paced", {.max_lag_messages = 10, .flush_interval = 100ms}},
        pumphouse::RoomKind{"latest", {.overflow = Overflow::conflate, .max_lag_messages = 5}},
        pumphouse::RoomKind{"keyed", {.max_lag_messages = 5, .keyed = true, .max_keys = 4}},
        pumphouse::RoomKind{"count", {.max_lag_messages = 10, .max_lag_bytes = 0}},
        pumphouse::RoomKind{"bytes", {.max_lag_messages = 0, .max_lag_bytes = 1000}},
        pumphouse::RoomKind{"both", {.max_lag_messages = 10, .max_lag_bytes = 1000}},
        pumphouse::RoomKind{"few", {.max_members = 3}},
        pumphouse::RoomKind{"kept-few", {.max_members = 3, .history_messages = 10}},
        pumphouse::RoomKind{"kept", {.history_messages = 10}},
        pumphouse::RoomKind{"deep", {.max_lag_messages = 50, .history_messages = 400}},
        pumphouse::RoomKind{"aged", {.history_messages = 100, .history_age = 10s}},
        pumphouse::RoomKind{"tight", {.max_room_bytes = 40'000, .history_messages = 1000}},
        pumphouse::RoomKind{"placed", {.history_messages = 10, .envelope = place_envelope}},
        pumphouse::RoomKind{"wrapped", {.envelope = place_envelope}},
        pumphouse::RoomKind{"endless", {.max_lag_messages = 0,
                                        .max_lag_bytes = std::size_t{1} << 40,
                                        .max_room_bytes = 0}},
    };

    void on_open(Local& hub, ClientId client) {
        script->opened.push_back(client);
        auto const wanted = script->rooms.find(client.value());
        if (wanted != script->rooms.end()) {
            for (auto const& room : wanted->second) hub.join(client, room);
        }
        if (script->on_open) script->on_open(hub, client);
    }
    void on_message(Local& hub, ClientId client, Message message) {
        script->messages.emplace_back(client, message.payload);
        if (script->on_message) script->on_message(hub, client, message.payload);
    }
    pumphouse::JoinDecision may_join(Local& hub, ClientId client, std::string_view room) {
        using pumphouse::JoinDecision;
        if (script->decide) return script->decide(client, room);
        bool const is_allowed = !script->may_join || script->may_join(hub, client, room);
        return is_allowed ? JoinDecision::allow : JoinDecision::refuse;
    }
    void on_presence(Local&, std::string_view room, pumphouse::PresenceChange const& change) {
        for (auto const& user : change.joined) script->presence.push_back("+" + user);
        for (auto const& user : change.left) script->presence.push_back("-" + user);
        script->presence_rooms.emplace_back(room);
    }
    void on_users(Local&, pumphouse::UserChange const& change) {
        for (auto const& user : change.came) script->users.push_back("+" + user);
        for (auto const& user : change.went) script->users.push_back("-" + user);
    }
    void on_offline(Local&, std::string_view user, Message message) {
        script->offline.push_back(std::string{user} + ": " + std::string{message.payload});
    }
    void on_rate_limited(Local&, ClientId client) { script->limited.push_back(client); }
    void on_joined(Local& hub, ClientId client, std::string_view room,
                   pumphouse::Joined const& joined) {
        script->joined.push_back({client, std::string{room}, joined.result});
        script->members = joined.members;
        if (script->on_joined) script->on_joined(hub, client, room, joined);
    }
    void on_left(Local& hub, ClientId client, std::string_view room, LeftBecause because) {
        script->left.push_back({client, std::string{room}, because});
        if (script->on_left) script->on_left(hub, client, room, because);
    }
    void on_shutdown(Local& hub, ClientId client, std::chrono::milliseconds retry_after) {
        if (script->on_shutdown) script->on_shutdown(hub, client, retry_after);
    }
    void on_close(Local& hub, ClientId client, pumphouse::CloseReason const& reason) {
        script->closed.push_back({client, reason.code, reason.cause, std::string{reason.text}});
        if (script->on_close) script->on_close(hub, client, reason);
    }

    Script* script = nullptr;
};

struct Person {
    explicit Person(bool websocket) : wire{websocket} {}
    Wire wire;
    ClientId id;
};

class TestHub {
public:
    explicit TestHub(pumphouse::HubOptions const& options = {}) {
        TestClock::value = pumphouse::Time{1s};
        RecordingPolicy policy;
        policy.script = &script;
        hub_ = std::make_unique<pumphouse::Hub<RecordingPolicy>>(options, policy);
    }
    ~TestHub() { hub_.reset(); }  // while the wires of its clients are there

    pumphouse::Hub<RecordingPolicy>& operator*() noexcept { return *hub_; }
    pumphouse::Hub<RecordingPolicy>* operator->() noexcept { return hub_.get(); }
    void destroy() { hub_.reset(); }

    /// Registers a client that joins these rooms when it opens.
    Person& connect(std::vector<std::string> rooms = {}, bool websocket = true) {
        Person& person = people.emplace_back(websocket);
        auto client = std::make_unique<pumphouse::Client<ScriptedTransport>>(person.wire);
        auto const answer = hub_->register_channel().push(std::move(client));
        REQUIRE(answer);
        person.id = answer.id;
        script.rooms[person.id.value()] = std::move(rooms);
        return person;
    }

    /// Connected, opened and joined.
    Person& settled(std::vector<std::string> rooms = {}, bool websocket = true) {
        Person& person = connect(std::move(rooms), websocket);
        settle();
        return person;
    }

    /// The verbs of a hook of that client, between turns.
    Local local(ClientId client) { return {*hub_, shard_of(client)}; }
    Local local(std::size_t shard = 0) { return {*hub_, hub_->shard(shard)}; }
    pumphouse::Shard& shard_of(ClientId client) {
        return hub_->shard(hub_->core()->shard_of(client));
    }

    void broadcast(std::string_view room, std::string_view payload,
                   pumphouse::Delivery how = pumphouse::nobody) {
        REQUIRE(hub_->broadcast(room, pumphouse::text(payload), how) == Accepted::accepted);
    }

    /// One turn of every shard. True: there is more to do.
    bool turn(pumphouse::TurnBudget const& budget = {}) {
        bool more = false;
        for (std::size_t i = 0; i < hub_->shard_count(); ++i) {
            auto const result = hub_->shard(i).turn(TestClock::value, budget);
            if (result.units > budget.units) FAIL("a turn did more than its budget");
            more |= result.more;
        }
        for (std::size_t i = 0; i < hub_->shard_count(); ++i) {
            audit(hub_->shard(i));
            more |= !hub_->shard(i).sleep();
        }
        return more;
    }

    /// Turns until there is nothing to do.
    void settle() {
        for (int turns = 0; turn(); ++turns) {
            if (turns == 200'000) FAIL("the hub does not come to rest");
        }
    }

    void pass(pumphouse::Duration time) {
        TestClock::value += time;
        settle();
    }

    Script script;
    std::deque<Person> people;
    bool is_audited = true;

private:
    void audit(pumphouse::Shard const& shard) {
        if (!is_audited) return;
        auto const finding = pumphouse::Audit::of(shard);
        if (!finding.empty()) FAIL(finding);
    }

    std::unique_ptr<pumphouse::Hub<RecordingPolicy>> hub_;
};

}  // namespace support
