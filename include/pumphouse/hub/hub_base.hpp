// SPDX-License-Identifier: MIT
//
// HubBase: the part of a hub that does not depend on its policy; what drivers and servers need.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pumphouse/hub/channels.hpp>
#include <pumphouse/hub/shard.hpp>
#include <pumphouse/hub/shard_commands.hpp>

namespace pumphouse {

class HubBase {
public:
    HubBase(HubBase const&) = delete;
    HubBase& operator=(HubBase const&) = delete;

    RegisterChannel register_channel() const { return RegisterChannel{core_}; }
    UnregisterChannel unregister_channel() const { return UnregisterChannel{core_}; }
    BroadcastChannel broadcast_channel() const { return BroadcastChannel{core_}; }

    /// Any thread; the first call counts. From now on nobody gets in and nothing more is accepted;
    /// what was accepted goes out, then every client is closed with 1001. The driver ends when all
    /// are gone, at the latest after `HubOptions::shutdown.deadline`.
    void shutdown() noexcept { begin_shutdown(core_->options.shutdown); }

    /// The same, otherwise than the hub's options say. What is not named is ShutdownOptions' own
    /// default: to change one of the hub's, copy `core()->options.shutdown`. A shutdown that has
    /// begun is not changed any more. Throws std::invalid_argument that names an option.
    void shutdown(ShutdownOptions const& options) {
        if (auto const problem = problem_with(options); !problem.empty()) {
            throw std::invalid_argument{std::string{problem}};
        }
        begin_shutdown(options);
    }

    /// Clients that are registered and not gone yet; any thread, a snapshot.
    std::size_t client_count() const noexcept { return core_->slots.live(); }

    /// Rooms that somebody is in; any thread, a snapshot.
    std::size_t room_count() const noexcept {
        return core_->rooms.load(std::memory_order_relaxed);
    }

    /// The name that clients may know a client by, and back. Any thread.
    std::string public_id(ClientId client) const { return core_->public_ids.of(client); }

    /// Nobody when the text is no id, or its client is closing or gone.
    ClientId client_of(std::string_view public_id) const noexcept {
        ClientId const client = core_->public_ids.client_of(public_id);
        return core_->slots.is_open(client) ? client : ClientId{};
    }

    // Questions from any thread, about all shards. `done` is told exactly once, on a shard's
    // thread; when the hub has shut down, with what is known without it, on the asking thread.

    /// Of a room, by id; `{}` names the hub-wide room: all clients.
    void members(std::string_view room, std::function<void(std::vector<MemberInfo>)> done) {
        ask<MemberInfo>(std::move(done), [name = std::string{room}](Shard& shard, auto& out) {
            shard.list_members(name, out);
        });
    }

    /// How many are in a room, on all shards.
    void member_count(std::string_view room, std::function<void(std::size_t)> done) {
        auto const sum = [done = std::move(done)](std::vector<std::size_t> counts) {
            done(std::accumulate(counts.begin(), counts.end(), std::size_t{0}));
        };
        ask<std::size_t>(sum, [name = std::string{room}](Shard& shard, auto& out) {
            out.push_back(shard.member_count(name));
        });
    }

    /// All rooms, by name.
    void rooms(std::function<void(std::vector<RoomInfo>)> done) {
        ask<RoomInfo>(
            [done = std::move(done)](std::vector<RoomInfo> all) {
                std::sort(all.begin(), all.end(), [](RoomInfo const& a, RoomInfo const& b) {
                    return a.name < b.name;
                });
                done(std::move(all));
            },
            [](Shard& shard, auto& out) { shard.list_rooms(out); });
    }

    /// What a room is called and what is known of it, for `rooms`; it goes with the room. One that
    /// nobody is in has none. Any thread.
    Accepted set_room_info(std::string_view room, std::string display_name, std::string metadata) {
        auto const& options = core_->options;
        if (!core_->is_room_name(room)) return Accepted::bad_room;
        if (display_name.size() + metadata.size() > options.max_room_info_bytes) {
            return Accepted::too_large;
        }
        auto command = std::make_unique<LabelCommand>();
        command->room = room;
        command->display_name = std::move(display_name);
        command->metadata = std::move(metadata);
        bool const is_open = core_->post(core_->home_of(room), command.release());
        return is_open ? Accepted::accepted : Accepted::closed;
    }

    /// The answers that `JoinDecision::later` waits for. Any thread; late ones do nothing.
    void permit(ClientId client, std::string_view room) { answer_join(client, room, true); }
    void refuse(ClientId client, std::string_view room) { answer_join(client, room, false); }

    /// What all shards have done and hold, at most 50 ms old while they work; any thread.
    HubStats stats() const noexcept { return core_->stats(); }

    /// A page of what a room keeps. Any thread; `done` is called on a thread of the hub. Answers
    /// `full` while the hub is behind, as a broadcast does.
    [[nodiscard]] Accepted history(std::string_view room, HistoryRange const& range,
                                   HistoryDone done) {
        return core_->history(room, range, std::move(done));
    }

    // For drivers.
    std::shared_ptr<HubCore> const& core() const noexcept { return core_; }
    std::size_t shard_count() const noexcept { return shards_.size(); }
    Shard& shard(std::size_t index) noexcept { return *shards_[index]; }
    virtual Time now() const noexcept = 0;

    /// Where a driver keeps itself, so that several servers of one hub share it.
    std::shared_ptr<void>& attachment(std::string_view name) {
        return attachments_[std::string{name}];
    }

protected:
    HubBase() = default;
    ~HubBase() = default;

    void start(HubOptions const& options, Hooks& hooks) {
        core_ = std::make_shared<HubCore>(options, hooks.random());
        for (std::size_t i = 0; i < options.shards; ++i) {
            shards_.push_back(std::make_unique<Shard>(core_, hooks, i));
        }
    }

    /// While the policy is still there: `on_close` runs for whoever is left.
    void stop() noexcept {
        attachments_.clear();
        shards_.clear();
    }

private:
    void begin_shutdown(ShutdownOptions const& options) noexcept {
        if (!core_->begin_shutdown(options)) return;
        for (std::size_t i = 0; i < shards_.size(); ++i) core_->forward(i, new ShutdownCommand);
    }

    template <typename T>
    void ask(std::function<void(std::vector<T>)> done,
             std::function<void(Shard&, std::vector<T>&)> question) {
        auto const all = std::make_shared<Gathering<T>>(shard_count(), std::move(done));
        for (std::size_t i = 0; i < shard_count(); ++i) {
            auto command = std::make_unique<QueryCommand<T>>();
            command->all = all;
            command->index = i;
            command->ask = question;
            core_->post(i, command.release());
        }
    }

    void answer_join(ClientId client, std::string_view room, bool is_allowed) {
        auto command = std::make_unique<PermissionCommand>();
        command->client = client;
        command->room = room;
        command->is_allowed = is_allowed;
        core_->post(core_->shard_of(client), command.release());
    }

    std::shared_ptr<HubCore> core_;
    std::vector<std::unique_ptr<Shard>> shards_;
    std::map<std::string, std::shared_ptr<void>> attachments_;
};

}  // namespace pumphouse
