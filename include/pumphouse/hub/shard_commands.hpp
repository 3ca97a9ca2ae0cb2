// SPDX-License-Identifier: MIT
//
// What shards ask each other. Commands from one shard to another arrive in their order, among
// themselves and with the records it forwards; joining without a gap rests on that.
#pragma once

#include <string>

#include <pumphouse/hub/history.hpp>
#include <pumphouse/hub/hooks.hpp>
#include <pumphouse/hub/hub_core.hpp>

namespace pumphouse {

/// Who wants to join what, and where the answer goes.
struct JoinWish {
    ClientId client;
    std::string room;
    std::uint64_t ticket = 0;
    std::size_t from = 0;  // its shard
    std::size_t lane = 0;
    Since since{};
};

/// What the home answers.
struct JoinVerdict {
    Joined outcome;
    std::uint64_t start = 0;  // the first record for the new member
    Replay missing{};         // from there to head, for a shard that does not keep the past
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
    ~HistoryCommand() override { core.budget.give_back(1, 0); }
    void run(Shard& home) override;
    HubCore& core;
    std::string room;
    HistoryRange range;
    HistoryDone done;
};

/// To a room's home: a member is gone.
struct LeaveCommand final : Command {
    void run(Shard& home) override;
    std::string room;
    std::size_t from = 0;
    std::size_t lane = 0;
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
