// SPDX-License-Identifier: MIT
//
// WatchedHooks: stands between a hub and its policy in a simulation, tells the simulation first,
// and holds the hub to the order of hooks. A new hook of the library has to be passed on here: it
// is abstract in `Hooks`, so it does not compile else.
#pragma once

#include <string_view>

#include <pumphouse/hub/hooks.hpp>

namespace pumphouse::simulation {

/// What a simulation wants to know. Each is called before the policy's hook, and may throw.
class HooksListener {
public:
    virtual void saw_open(ClientId client) = 0;
    virtual void saw_hook(ClientId client) = 0;  // any but the first and the last
    virtual void saw_close(ClientId client, CloseReason const& reason) = 0;

protected:
    ~HooksListener() = default;
};

class WatchedHooks final : public HooksFilter {
public:
    explicit WatchedHooks(HooksListener& listener) noexcept : listener_{listener} {}

    Hooks& in_front_of(Hooks& policy) noexcept override {
        policy_ = &policy;
        return *this;
    }

    /// The hub ends with clients still there; what their on_close would touch has ended already.
    void mute() noexcept { is_muted_ = true; }

    Time now() const noexcept override { return policy_->now(); }
    RoomOptions const& room_options(std::string_view room) const noexcept override {
        return policy_->room_options(room);
    }
    void* open_session(Shard& shard, ClientId client) override {
        return policy_->open_session(shard, client);
    }
    void end_session(void* session) noexcept override { policy_->end_session(session); }
    void opened(Shard& shard, ClientId client) override {
        listener_.saw_open(client);
        policy_->opened(shard, client);
    }
    void received(Shard& shard, ClientId client, Message message) override {
        listener_.saw_hook(client);
        policy_->received(shard, client, message);
    }
    void received(Shard& shard, ClientId client, Chunk const& chunk) override {
        listener_.saw_hook(client);
        policy_->received(shard, client, chunk);
    }
    Intake intake(HubOptions const& options) const noexcept override {
        return policy_->intake(options);
    }
    void joined(Shard& shard, ClientId client, std::string_view room,
                Joined const& outcome) override {
        listener_.saw_hook(client);
        policy_->joined(shard, client, room, outcome);
    }
    void left(Shard& shard, ClientId client, std::string_view room,
              LeftBecause because) override {
        listener_.saw_hook(client);
        policy_->left(shard, client, room, because);
    }
    void shutting_down(Shard& shard, ClientId client,
                       std::chrono::milliseconds retry_after) override {
        listener_.saw_hook(client);
        policy_->shutting_down(shard, client, retry_after);
    }
    void closed(Shard& shard, ClientId client, CloseReason const& reason) override {
        if (is_muted_) return;
        listener_.saw_close(client, reason);
        policy_->closed(shard, client, reason);
    }
    void log(LogRecord const& record) noexcept override {
        if (!is_muted_) policy_->log(record);
    }

private:
    HooksListener& listener_;
    Hooks* policy_ = nullptr;
    bool is_muted_ = false;
};

}  // namespace pumphouse::simulation
