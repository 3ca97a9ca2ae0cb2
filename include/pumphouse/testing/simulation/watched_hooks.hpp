// SPDX-License-Identifier: MIT
//
// WatchedHooks: tells a simulation what its policy is told, before it is, and holds the hub to the
// order of hooks.
#pragma once

#include <string_view>

#include <pumphouse/hub/hooks_filter.hpp>

namespace pumphouse::simulation {

/// What a simulation wants to know. Each is called before the policy's hook, and may throw.
class HooksListener {
public:
    virtual void saw_open(ClientId client) = 0;
    virtual void saw_hook(ClientId client) = 0;  // between the first and the last
    virtual void saw_close(ClientId client, CloseReason const& reason) = 0;

    /// In place of the policy's `random`: a seed means the same every time.
    virtual std::uint64_t draw_secret() = 0;

protected:
    ~HooksListener() = default;
};

class WatchedHooks final : public HooksFilter {
public:
    explicit WatchedHooks(HooksListener& listener) noexcept : listener_{listener} {}

    /// The hub ends with clients still there; what their on_close would touch has ended already.
    void mute() noexcept { is_muted_ = true; }

    std::uint64_t random() override { return listener_.draw_secret(); }

    void opened(Shard& shard, ClientId client) override {
        listener_.saw_open(client);
        HooksFilter::opened(shard, client);
    }
    void received(Shard& shard, ClientId client, Message message) override {
        listener_.saw_hook(client);
        HooksFilter::received(shard, client, message);
    }
    void received(Shard& shard, ClientId client, Chunk const& chunk) override {
        listener_.saw_hook(client);
        HooksFilter::received(shard, client, chunk);
    }
    void joined(Shard& shard, ClientId client, std::string_view room,
                Joined const& outcome) override {
        listener_.saw_hook(client);
        HooksFilter::joined(shard, client, room, outcome);
    }
    void left(Shard& shard, ClientId client, std::string_view room,
              LeftBecause because) override {
        listener_.saw_hook(client);
        HooksFilter::left(shard, client, room, because);
    }
    void closed(Shard& shard, ClientId client, CloseReason const& reason) override {
        if (is_muted_) return;
        listener_.saw_close(client, reason);
        HooksFilter::closed(shard, client, reason);
    }
    void log(LogRecord const& record) noexcept override {
        if (!is_muted_) HooksFilter::log(record);
    }

private:
    HooksListener& listener_;
    bool is_muted_ = false;
};

}  // namespace pumphouse::simulation
