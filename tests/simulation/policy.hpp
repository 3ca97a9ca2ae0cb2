// SPDX-License-Identifier: MIT
//
// SimPolicy: the host of the world. Its hooks tell the world, which then does anything that a
// host may do in a hook.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <pumphouse/hub/hub.hpp>
#include <pumphouse/testing/simulation/virtual_clock.hpp>

#include "rooms.hpp"
#include "places.hpp"

namespace simulation {

class World;
struct SimPolicy;
using Local = pumphouse::LocalHub<SimPolicy>;

inline pumphouse::Opcode announce_gap(std::string_view room, pumphouse::Gap gap,
                                      std::string& out) {
    out = "gap " + std::string{room} + " " + std::to_string(gap.last - gap.first + 1);
    return pumphouse::Opcode::text;
}

struct SimPolicy : pumphouse::DefaultPolicy {
    using clock = pumphouse::simulation::VirtualClock;
    struct Session {
        std::uint64_t check = 0x5e5510;
    };
    static constexpr std::array room_kinds{
        pumphouse::RoomKind{"skip", {.overflow = pumphouse::Overflow::skip,
                                     .gap_encoder = &announce_gap,
                                     .max_lag_messages = 7,
                                     .max_lag_bytes = 4000}},
        pumphouse::RoomKind{"silent", {.overflow = pumphouse::Overflow::skip,
                                       .gap_encoder = pumphouse::silent,
                                       .max_lag_messages = 5}},
        pumphouse::RoomKind{"small", {.max_lag_messages = 12, .max_members = 4}},
        pumphouse::RoomKind{"here", {.presence = true}},
        pumphouse::RoomKind{"now", {.presence = true, .presence_interval = {}}},
        pumphouse::RoomKind{"paced", {.max_lag_messages = 20,
                                      .flush_interval = std::chrono::milliseconds{16}}},
        pumphouse::RoomKind{"out", {.overflow = pumphouse::Overflow::unsubscribe,
                                    .max_lag_messages = 4}},
        pumphouse::RoomKind{"latest", {.overflow = pumphouse::Overflow::conflate,
                                       .max_lag_messages = 3,
                                       .max_lag_bytes = 3000,
                                       .max_keys = 0}},
        pumphouse::RoomKind{"keyed", {.max_lag_messages = 20, .keyed = true, .max_keys = 5}},
        pumphouse::RoomKind{"bytes", {.max_lag_messages = 0, .max_lag_bytes = 3000}},
        pumphouse::RoomKind{"kept", {.max_lag_messages = 12,
                                     .history_messages = 12,
                                     .max_replay_messages = 9,
                                     .envelope = envelope}},
        pumphouse::RoomKind{"aged", {.max_lag_messages = 0,
                                     .max_lag_bytes = 6000,
                                     .history_messages = 40,
                                     .history_age = std::chrono::seconds{3},
                                     .max_replay_messages = 0,
                                     .envelope = envelope}},
    };

    static constexpr pumphouse::RoomOptions user_room{.max_members = most_devices};

    static constexpr pumphouse::RoomOptions const& options_of(std::string_view name) {
        for (auto const& kind : room_kinds) {
            if (name.starts_with(kind.prefix)) return kind.options;
        }
        return room;
    }

    void on_open(Local& hub, pumphouse::ClientId client);
    void on_message(Local& hub, pumphouse::ClientId client, pumphouse::Message message);
    void on_joined(Local& hub, pumphouse::ClientId client, std::string_view room,
                   pumphouse::Joined const& joined);
    void on_left(Local& hub, pumphouse::ClientId client, std::string_view room,
                 pumphouse::LeftBecause because);
    pumphouse::JoinDecision may_join(Local& hub, pumphouse::ClientId client,
                                     std::string_view room);
    void on_presence(Local& hub, std::string_view room, pumphouse::PresenceChange const& change);
    void on_users(Local& hub, pumphouse::UserChange const& change);
    void on_offline(Local& hub, std::string_view user, pumphouse::Message message);
    void on_rate_limited(Local& hub, pumphouse::ClientId client);
    void on_close(Local& hub, pumphouse::ClientId client, pumphouse::CloseReason const& reason);

    World* world = nullptr;
};

}  // namespace simulation
