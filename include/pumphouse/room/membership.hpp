// SPDX-License-Identifier: MIT
//
// Membership: one client in one room: where its cursor stands, and what it has missed. Owned by
// the client's shard; it stands in the room's list of members and in the client's ring of rooms.
#pragma once

#include <algorithm>
#include <cstdint>

#include <pumphouse/room/ledger.hpp>
#include <pumphouse/room/options.hpp>

namespace pumphouse {

class ClientBase;
struct Room;

/// What most members never have. Allocated when first needed.
struct Losses {
    std::uint64_t skipped = 0;
    std::uint64_t conflated = 0;
    std::uint64_t burst_end = 0;   // what came before is no lag (see Membership::lag_base)
    std::uint64_t replay_end = 0;  // head when it joined, if it began in the past: the same
    std::uint64_t told_at = 0;     // head when `on_joined` had been told, if something was pending:
    std::uint64_t told_sequence = 0;  // all before that counts as appended then
    Gap unannounced;  // grows while the announcement waits for a record boundary
    bool has_unannounced = false;
    bool is_walking = false;  // stands in the room's live index, not in its log

    /// Nothing in it matters any more to a member whose cursor stands there.
    bool is_spent(std::uint64_t cursor) const noexcept {
        return cursor >= std::max({burst_end, replay_end, told_at}) && skipped == 0 &&
               conflated == 0 && !has_unannounced && !is_walking;
    }
};

struct Membership {
    static constexpr std::uint32_t nowhere = 0xffffffff;

    bool is_stalled() const noexcept { return stalled_place != nowhere; }

    /// It has fallen behind in a room that conflates, or is still being given a keyed room's
    /// values: its cursor walks the live index, pins nothing and is in no bound.
    bool is_walking() const noexcept { return losses != nullptr && losses->is_walking; }

    /// Where lag is counted from. A member that stalled in the middle of a burst which was
    /// already longer than the bound gets to finish the burst, and one that began in the past to
    /// catch up: only what came later counts.
    std::uint64_t lag_base() const noexcept {
        if (losses == nullptr) return cursor;
        return std::max({cursor, losses->burst_end, losses->replay_end});
    }

    /// The place in the shard's sequence of record `number`, whose own is `sequence`. What was
    /// pending when `on_joined` was told comes behind what that hook sent.
    std::uint64_t sequence_for(std::uint64_t number, std::uint64_t sequence) const noexcept {
        return losses != nullptr && number < losses->told_at ? losses->told_sequence : sequence;
    }

    Room* room = nullptr;
    ClientBase* client = nullptr;
    Membership* next = nullptr;  // the client's ring of rooms
    Membership* previous = nullptr;
    std::uint64_t cursor = 0;  // the record it needs next
    std::uint64_t start = 0;   // head when it joined
    Losses* losses = nullptr;
    std::uint32_t excluded = 0;
    std::uint32_t place = 0;                // in the room's members
    std::uint32_t stalled_place = nowhere;  // in the log's stalled members
    bool is_held = false;  // gets nothing before `on_joined` has been told
};

}  // namespace pumphouse
