// SPDX-License-Identifier: MIT
//
// Hooks: what a shard tells its hub, and what it asks it. Implemented once, by `Hub<Policy>`, so
// that everything below the hub is compiled without knowing the policy.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include <pumphouse/fwd.hpp>
#include <pumphouse/hub/join.hpp>
#include <pumphouse/hub/options.hpp>
#include <pumphouse/message/client_id.hpp>
#include <pumphouse/message/close.hpp>
#include <pumphouse/message/message.hpp>
#include <pumphouse/observe/log.hpp>
#include <pumphouse/room/options.hpp>
#include <pumphouse/transport/transport.hpp>

namespace pumphouse {

class Hooks {
public:
    virtual Time now() const noexcept = 0;
    virtual std::uint64_t random() = 0;
    virtual RoomOptions const& room_options(std::string_view room) const noexcept = 0;
    virtual void* open_session(Shard& shard, ClientId client) = 0;
    virtual void end_session(void* session) noexcept = 0;
    virtual void opened(Shard& shard, ClientId client) = 0;
    virtual Intake intake(HubOptions const& options) const noexcept = 0;
    virtual void received(Shard& shard, ClientId client, Message message) = 0;
    virtual void received(Shard& shard, ClientId client, Chunk const& chunk) = 0;
    virtual void joined(Shard& shard, ClientId client, std::string_view room,
                        Joined const& outcome) = 0;
    virtual void left(Shard& shard, ClientId client, std::string_view room,
                      LeftBecause because) = 0;
    virtual void shutting_down(Shard& shard, ClientId client,
                               std::chrono::milliseconds retry_after) = 0;
    virtual void closed(Shard& shard, ClientId client, CloseReason const& reason) = 0;
    virtual void log(LogRecord const& record) noexcept = 0;

protected:
    ~Hooks() = default;
};

}  // namespace pumphouse
