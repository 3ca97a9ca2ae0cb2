// SPDX-License-Identifier: MIT
//
// HooksFilter: stands between a hub's shards and its policy and passes everything on. A simulation
// derives from it to see what a host is told. A new hook of the library is passed on here, too.
#pragma once

#include <type_traits>

#include <pumphouse/hub/hooks.hpp>

namespace pumphouse {

class HooksFilter : public Hooks {
public:
    HooksFilter() = default;
    HooksFilter(HooksFilter const&) = delete;
    HooksFilter& operator=(HooksFilter const&) = delete;

    /// Before anything else. The policy's hooks live as long as the hub.
    Hooks& in_front_of(Hooks& policy) noexcept {
        policy_ = &policy;
        return *this;
    }

    Time now() const noexcept override { return policy_->now(); }
    std::uint64_t random() override { return policy_->random(); }
    RoomOptions const& room_options(std::string_view room) const noexcept override {
        return policy_->room_options(room);
    }
    void* open_session(Shard& shard, ClientId client) override {
        return policy_->open_session(shard, client);
    }
    void end_session(void* session) noexcept override { policy_->end_session(session); }
    void opened(Shard& shard, ClientId client) override { policy_->opened(shard, client); }
    Intake intake(HubOptions const& options) const noexcept override {
        return policy_->intake(options);
    }
    void received(Shard& shard, ClientId client, Message message) override {
        policy_->received(shard, client, message);
    }
    void received(Shard& shard, ClientId client, Chunk const& chunk) override {
        policy_->received(shard, client, chunk);
    }
    void joined(Shard& shard, ClientId client, std::string_view room,
                Joined const& outcome) override {
        policy_->joined(shard, client, room, outcome);
    }
    void left(Shard& shard, ClientId client, std::string_view room,
              LeftBecause because) override {
        policy_->left(shard, client, room, because);
    }
    void shutting_down(Shard& shard, ClientId client,
                       std::chrono::milliseconds retry_after) override {
        policy_->shutting_down(shard, client, retry_after);
    }
    void closed(Shard& shard, ClientId client, CloseReason const& reason) override {
        policy_->closed(shard, client, reason);
    }
    void log(LogRecord const& record) noexcept override { policy_->log(record); }

protected:
    ~HooksFilter() = default;

private:
    Hooks* policy_ = nullptr;
};

static_assert(!std::is_abstract_v<HooksFilter>, "HooksFilter: a hook is not passed on");

}  // namespace pumphouse
