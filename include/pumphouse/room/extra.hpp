// SPDX-License-Identifier: MIT
//
// RoomExtra: what only some rooms have. Allocated when first needed, so that an ordinary room pays
// one pointer for all of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <pumphouse/message/client_id.hpp>
#include <pumphouse/room/live_index.hpp>
#include <pumphouse/room/presence.hpp>
#include <pumphouse/room/timer.hpp>

namespace pumphouse {

struct Room;

/// A deadline of a room, in the shard's wheel for rooms.
struct RoomTimer : Timer {
    enum class For : std::uint8_t { flush, presence };
    Room* room = nullptr;
    For what = For::flush;
};

/// A room with a flush interval: when it may be flushed again.
struct RoomPace {
    static constexpr std::uint32_t nowhere = 0xffffffff;

    RoomTimer timer;
    Time next_flush = Time::min();
    std::uint32_t waiting_place = nowhere;  // in the shard's list of rooms that wait

    bool is_waiting() const noexcept { return waiting_place != nowhere; }
};

/// A room with presence, on its home shard.
struct RoomPresence {
    Presence users;
    RoomTimer timer;
    bool is_due = false;  // stands in the shard's list of rooms whose changes are to be told
};

/// What a host says of a room, on its home shard.
struct RoomLabel {
    std::string display_name;
    std::string metadata;
};

/// What the home of a room with history needs beside its log. While nobody is in the room it
/// lingers, and stands in the shard's list of those, the oldest first.
struct RoomHistory {
    RoomTimer timer;  // when something is to expire
    Room* next_lingering = nullptr;
    Room* previous_lingering = nullptr;
    Time empty_since{};
    std::size_t counted_bytes = 0;  // of what lingers
    bool is_lingering = false;
    bool is_over = false;  // ends as soon as nothing stands in the way
};

struct RoomExtra {
    std::unique_ptr<LiveIndex> live;  // keyed rooms
    RoomPace pace;
    std::unique_ptr<RoomPresence> presence;
    std::unique_ptr<RoomLabel> label;
    std::unique_ptr<RoomHistory> history;  // at its home, in a kind with history
    std::vector<ClientId> devices;  // of a user, the oldest first, where the oldest may have to go
};

}  // namespace pumphouse
