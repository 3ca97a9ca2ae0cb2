// SPDX-License-Identifier: MIT
//
// What shards ask each other. Commands from one shard to another arrive in their order, among
// themselves and with the records it forwards; joining without a gap rests on that.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <pumphouse/hub/history.hpp>
#include <pumphouse/hub/hooks.hpp>
#include <pumphouse/hub/hub_core.hpp>
#include <pumphouse/message/payload_source.hpp>

namespace pumphouse {

/// Who wants to join what, and where the answer goes.
struct JoinWish {
    ClientId client;
    std::string room;
    std::uint64_t ticket = 0;
    std::size_t from = 0;  // its shard
    std::size_t lane = 0;
    Since since{};
    std::string who{};  // as whom it counts there; empty: nobody counts
    bool is_admitted = false;  // and only wants the values of a keyed room
};

/// What the home answers.
struct JoinVerdict {
    Joined outcome;
    std::uint64_t start = 0;  // the first record for the new member
    Replay missing{};         // from there to head, for a shard that does not keep the past
    std::unique_ptr<LiveSnapshot> values{};  // of a keyed room, for a shard that has none of it

    std::size_t bytes() const noexcept {
        return missing.bytes() + (values ? values->values.size() : 0);
    }
};

/// To a room's home: may this client come in?
struct JoinCommand final : Command {
    void run(Shard& home) override;
    JoinWish wish;
};

/// From the home: the answer. Records before it were forwarded before it, later ones follow.
struct JoinAnswerCommand final : Command {
    void run(Shard& shard) override;
    JoinWish wish;
    JoinVerdict verdict;
};

/// To a room's home: records of the past that it had sent have arrived.
struct ReplayTakenCommand final : Command {
    void run(Shard& home) override;
    std::size_t bytes = 0;
};

/// To a room's home, from any thread. Holds one message's share of the budget.
struct HistoryCommand final : Command {
    explicit HistoryCommand(HubCore& owner) noexcept : core{owner} {}
    ~HistoryCommand() override;
    void run(Shard& home) override;
    HubCore& core;
    std::string room;
    HistoryRange range;
    HistoryDone done;
};

/// To a room's home: a member is gone.
struct LeaveCommand final : Command {
    void run(Shard& home) override;
    JoinWish wish;  // as when it came in
};

/// From the host: its answer after `JoinDecision::later`.
struct PermissionCommand final : Command {
    void run(Shard& shard) override;
    ClientId client;
    std::string room;
    bool is_allowed = false;
};

/// To a user's home: to all his devices. `done` is told of how many; none, if it never gets there.
struct NotifyCommand final : Command {
    ~NotifyCommand() override;
    void run(Shard& home) override;
    std::string user;
    Opcode opcode = Opcode::text;
    std::string payload;
    std::string compressed;  // the same; empty: it goes as it is
    std::function<void(std::size_t)> done;
    std::size_t budget_bytes() const noexcept { return payload.size() + compressed.size(); }
    std::shared_ptr<HubCore> core;  // of which it holds a share of the budget; null: it has run
};

/// To a room's home: what it is called and what is known of it.
struct LabelCommand final : Command {
    void run(Shard& home) override;
    std::string room;
    std::string display_name;
    std::string metadata;
};

/// To a shard: its part of an answer.
template <typename T>
struct QueryCommand final : Command {
    void run(Shard& shard) override { ask(shard, all->part(index)); }
    std::shared_ptr<Gathering<T>> all;
    std::size_t index = 0;
    std::function<void(Shard&, std::vector<T>&)> ask;
};

/// From another shard's hook: when a client expires.
struct ExpiryCommand final : Command {
    void run(Shard& shard) override;
    ClientId client;
    Time at{};
};

/// To a client's shard: a message to be read from a source.
struct StreamCommand final : Command {
    StreamCommand(ClientId to, Opcode kind, std::unique_ptr<PayloadSource> from,
                  bool holds) noexcept
        : client{to}, opcode{kind}, source{std::move(from)}, holds_budget{holds} {}
    void run(Shard& shard) override;
    ClientId client;
    Opcode opcode;
    std::unique_ptr<PayloadSource> source;
    bool holds_budget;
};

struct ShutdownCommand final : Command {
    void run(Shard& shard) override;
};

/// From a shard to itself: all that was accepted before its doors closed has been run.
struct LastAcceptedCommand final : Command {
    void run(Shard& shard) override;
};

/// From every shard to every shard: nothing from outside comes through me any more.
struct DoorsClosedCommand final : Command {
    void run(Shard& shard) override;
};

}  // namespace pumphouse
