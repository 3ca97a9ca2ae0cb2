// SPDX-License-Identifier: MIT
//
// Room: what one shard knows of a room: its members here, its head, and its log while there is
// something in it. The same object is the room on its home shard and a replica elsewhere; the
// home has `home` too. A client's direct messages are a room of their own with one member.
//
// An idle room of two members costs its name and at most 300 bytes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <pumphouse/message/hash.hpp>
#include <pumphouse/room/extra.hpp>
#include <pumphouse/room/log.hpp>
#include <pumphouse/room/members.hpp>

namespace pumphouse {

/// What only the home shard of a room has, and only where there are other shards.
struct RoomHome {
    struct Replica {
        std::uint32_t members = 0;
        std::array<std::uint32_t, max_lanes> lane_users{};
    };
    std::unique_ptr<Replica[]> replicas;  // by shard
    std::uint32_t members = 0;            // on all shards
};

struct Room {
    enum class Use : std::uint8_t {
        named,   // clients join and leave
        all,     // the hub-wide room: every client, always
        direct,  // one client's direct messages
    };

    /// The fixed hash (64-bit FNV-1a) that chooses the home shard and the place in the table.
    static constexpr std::uint64_t hash_of(std::string_view name) noexcept {
        return fnv1a(name);
    }

    std::uint64_t head() const noexcept { return log ? log->head() : idle_head; }

    LaneMask lanes() const noexcept {
        unsigned mask = 0;
        for (std::size_t i = 0; i < max_lanes; ++i) mask |= (lane_users[i] != 0 ? 1U : 0U) << i;
        return static_cast<LaneMask>(mask);
    }

    /// Null: the room is not keyed.
    LiveIndex* live() const noexcept { return extra != nullptr ? extra->live.get() : nullptr; }

    /// Whether its log keeps a window of records: at the home, in a kind with history.
    bool keeps_history() const noexcept { return extra != nullptr && extra->history != nullptr; }

    RoomExtra& make_extra() {
        if (extra == nullptr) extra = std::make_unique<RoomExtra>();
        return *extra;
    }

    bool is_paced() const noexcept { return options->flush_interval > Duration::zero(); }

    std::string name;
    RoomOptions const* options = nullptr;
    Room* next_in_table = nullptr;
    Members members;
    Log* log = nullptr;  // the shard's; null: every member has everything
    std::unique_ptr<RoomHome> home;
    std::unique_ptr<RoomExtra> extra;
    std::uint64_t idle_head = 1;  // head while there is no log
    std::uint64_t epoch = 0;      // at its home: of this incarnation; 0: it has no positions
    std::array<std::uint32_t, max_lanes> lane_users{};
    static constexpr std::uint32_t not_begun = 0xffffffff;
    std::uint32_t walk = 0;        // the round's next member is members[walk - 1]
    Use use = Use::named;
    std::uint8_t segment_class = 0;  // log4 of how much larger than the smallest
    bool is_dirty = false;         // stands in the shard's queue of rooms to be flushed
    bool is_settling = false;      // stands in the shard's list of logs to be settled
};

}  // namespace pumphouse
