// SPDX-License-Identifier: MIT
//
// PolicyScene: a hub with a host's policy in memory and in one thread, whose turns and time are the
// scene's. Every turn is followed by an audit of every shard; hooks are watched for their order and
// for throwing. Used by the conformance suite, <pumphouse/testing/policy_conformance.hpp>.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <pumphouse/client/memory_peer.hpp>
#include <pumphouse/hub/audit.hpp>
#include <pumphouse/hub/hooks_filter.hpp>
#include <pumphouse/hub/hub.hpp>
#include <pumphouse/testing/conformance_case.hpp>

namespace pumphouse::testing {

/// What clients of the policy do.
struct PolicyScript {
    /// One room of each kind that clients may ask for; those that the policy refuses are passed by.
    std::vector<std::string> rooms{"lobby"};

    /// What clients say: one of each kind, also wrong ones.
    struct Saying {
        std::string payload;
        Opcode opcode = Opcode::text;
    };
    std::vector<Saying> sayings{{"hello"}};
};

/// Holds the hooks of each client to their order: on_open, any number of others, on_close once.
class HookOrder final : public HooksFilter {
public:
    void opened(Shard& shard, ClientId client) override {
        note(client, State::unknown, State::open);
        HooksFilter::opened(shard, client);
    }
    void received(Shard& shard, ClientId client, Message message) override {
        note(client, State::open, State::open);
        HooksFilter::received(shard, client, message);
    }
    void received(Shard& shard, ClientId client, Chunk const& chunk) override {
        note(client, State::open, State::open);
        HooksFilter::received(shard, client, chunk);
    }
    void joined(Shard& shard, ClientId client, std::string_view room,
                Joined const& outcome) override {
        note(client, State::open, State::open);
        HooksFilter::joined(shard, client, room, outcome);
    }
    void closed(Shard& shard, ClientId client, CloseReason const& reason) override {
        State& state = states_[client.value()];
        if (state == State::closed) finding_ = "on_close came twice for one client";
        state = State::closed;
        codes_[client.value()] = reason.code;
        ++closes_;
        HooksFilter::closed(shard, client, reason);
    }
    void log(LogRecord const& record) noexcept override {
        HooksFilter::log(record);
        if (record.message != "a hook threw") return;
        finding_ = "a hook threw: ";
        for (LogField const& each : record.fields) {
            auto const* const text = std::get_if<std::string_view>(&each.value);
            if (each.key == "what" && text != nullptr) finding_ += *text;
        }
    }

    std::string const& finding() const noexcept { return finding_; }
    std::size_t closes() const noexcept { return closes_; }
    bool is_closed(ClientId client) const { return codes_.contains(client.value()); }
    CloseCode code(ClientId client) const { return codes_.at(client.value()); }

private:
    enum class State : std::uint8_t { unknown, open, closed };
    void note(ClientId client, State expected, State next) {
        State& state = states_[client.value()];
        if (state != expected) finding_ = "a hook came before on_open or after on_close";
        state = next;
    }
    std::map<std::uint64_t, State> states_;
    std::map<std::uint64_t, CloseCode> codes_;
    std::size_t closes_ = 0;
    std::string finding_;
};

template <typename Policy>
class PolicyScene {
public:
    struct Client {
        MemoryPeer peer;
        ClientId id;
        std::size_t received = 0;  // messages
        bool reads = true;
    };

    PolicyScene(Policy policy, std::size_t shards) {
        HubOptions options = Policy::options;
        options.shards = shards;
        hub_ = std::make_unique<Hub<Policy>>(options, std::move(policy), &order);
        now_ = hub_->now();
    }
    ~PolicyScene() { destroy(); }
    PolicyScene(PolicyScene const&) = delete;
    PolicyScene& operator=(PolicyScene const&) = delete;

    Hub<Policy>& hub() noexcept { return *hub_; }

    /// With clients still there; `on_close` is to run for each.
    void destroy() { hub_.reset(); }

    /// Registered, and not opened before the next turn.
    Client& connect() {
        Client& client = clients.emplace_back();
        auto const answer = hub_->register_channel().push(client.peer.connect());
        require(static_cast<bool>(answer), "the hub lets nobody in");
        client.id = answer.id;
        return client;
    }
    Client& settled() {
        Client& client = connect();
        settle();
        return client;
    }

    /// Asks for a room as the policy's own hooks do, between turns. Whether it may be asked for.
    bool join(Client& client, std::string_view room) {
        if (order.is_closed(client.id)) return false;
        auto const answer = local(client).join(client.id, room);
        return answer == JoinRequest::requested || answer == JoinRequest::already;
    }
    bool is_member(Client& client, std::string_view room) {
        return local(client).is_member(client.id, room);
    }
    LocalHub<Policy> local(Client& client) {
        return {*hub_, hub_->shard(hub_->core()->shard_of(client.id))};
    }

    /// Turns until there is nothing to do, clients that read reading all they get.
    void settle() {
        constexpr int too_many = 20'000;
        for (int turns = 0; turn(); ++turns) {
            require(turns != too_many,
                    "the hub does not come to rest: a hook makes work for itself without end");
        }
    }

    void pass(Duration time) {
        now_ += time;
        settle();
    }

    bool is_finished() const noexcept { return is_finished_; }

    HookOrder order;
    std::deque<Client> clients;

private:
    bool turn() {
        bool more = false;
        is_finished_ = true;
        for (std::size_t i = 0; i < hub_->shard_count(); ++i) {
            TurnResult const result = hub_->shard(i).turn(now_, {});
            more |= result.more;
            is_finished_ &= result.finished;
        }
        for (Client& each : clients) {
            while (each.reads && each.peer.receive()) ++each.received;
        }
        for (std::size_t i = 0; i < hub_->shard_count(); ++i) {
            check(hub_->shard(i));
            more |= !hub_->shard(i).sleep();
        }
        return more;
    }

    void check(Shard const& shard) {
        std::string const finding = Audit::of(shard);
        require(finding.empty(), finding);
        require(order.finding().empty(), order.finding());
    }

    std::unique_ptr<Hub<Policy>> hub_;
    Time now_{};
    bool is_finished_ = false;
};

}  // namespace pumphouse::testing
