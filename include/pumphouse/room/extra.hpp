// SPDX-License-Identifier: MIT
//
// RoomExtra: what only some rooms have. Allocated when first needed, so that an ordinary room pays
// one pointer for all of it.
#pragma once

#include <cstdint>
#include <memory>

#include <pumphouse/room/live_index.hpp>
#include <pumphouse/room/timer.hpp>

namespace pumphouse {

struct Room;

/// A deadline of a room, in the shard's wheel for rooms.
struct RoomTimer : Timer {
    Room* room = nullptr;
};

/// A room with a flush interval: when it may be flushed again.
struct RoomPace {
    static constexpr std::uint32_t nowhere = 0xffffffff;

    RoomTimer timer;
    Time next_flush = Time::min();
    std::uint32_t waiting_place = nowhere;  // in the shard's list of rooms that wait

    bool is_waiting() const noexcept { return waiting_place != nowhere; }
};

struct RoomExtra {
    std::unique_ptr<LiveIndex> live;  // keyed rooms
    RoomPace pace;
};

}  // namespace pumphouse
