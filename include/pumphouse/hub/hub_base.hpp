// SPDX-License-Identifier: MIT
//
// HubBase: the part of a hub that does not depend on its policy; what drivers and servers need.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
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

    /// Any thread. From now on nobody gets in and nothing more is accepted; what was accepted
    /// goes out, then every client is closed with 1001. The driver ends when all are gone, at
    /// the latest after `drain_deadline`.
    void shutdown() noexcept {
        if (core_->begin_shutdown()) {
            for (std::size_t i = 0; i < shards_.size(); ++i) core_->forward(i, new ShutdownCommand);
        }
    }

    /// Clients that are registered and not gone yet; any thread, a snapshot.
    std::size_t client_count() const noexcept { return core_->slots.live(); }

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
        core_ = std::make_shared<HubCore>(options);
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
    std::shared_ptr<HubCore> core_;
    std::vector<std::unique_ptr<Shard>> shards_;
    std::map<std::string, std::shared_ptr<void>> attachments_;
};

}  // namespace pumphouse
