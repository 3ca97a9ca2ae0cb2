// SPDX-License-Identifier: MIT
// Bodies of hub/shard.hpp: keyed rooms: the newest value of each key, and members that get no more.
#pragma once

#include <utility>

#include <pumphouse/hub/shard.hpp>
#include <pumphouse/hub/shard_commands.hpp>

namespace pumphouse {

// On the home shard, so that all shards have the same keys.
PUMPHOUSE_DECL bool Shard::refuses_key(Room const& room, Append const& what) {
    LiveIndex const* const live = room.live();
    if (live == nullptr) return false;
    std::uint32_t const most = room.options->max_keys;
    return most != 0 && live->size() >= most && !live->has(what.key);
}

// Its frames are where the log has just put them, if it has; the home shard of a room that has
// members elsewhere only knows those that it sends on.
PUMPHOUSE_DECL void Shard::keep_value(Room& room, std::uint64_t number, Append const& what) {
    LiveMessage message{what.opcode, what.payload, what.framed};
    Segment* const at = number < room.head() ? room.log->find(number) : nullptr;
    for (std::size_t lane = 0; at != nullptr && lane < max_lanes; ++lane) {
        bool const is_there = (room.lanes() >> lane & 1U) != 0;
        if (!is_there || message.frames[lane].data() != nullptr) continue;
        std::uint32_t const begin = at->begin_of(lane, number);
        message.frames[lane] = {reinterpret_cast<char const*>(at->lanes[lane].data) + begin,
                                at->end_of(lane, number) - begin};
    }
    room.live()->set(number, {what.sequence, what.excluded, what.key}, message);
}

// At the home: the first value for a new member.
PUMPHOUSE_DECL std::uint64_t Shard::start_in_values(Room const& room, JoinWish const& wish,
                                                    Joined& outcome) {
    LiveIndex const& live = *room.live();
    std::uint64_t const head = room.head();
    std::uint64_t from = wish.since.from == Since::From::history ? 0 : head;
    if (wish.since.from == Since::From::position) {
        // However long ago: what has changed since is the newest value of each key that has.
        Position const since = wish.since.position;
        outcome.recovered = since.epoch == room.epoch && since.offset < head;
        if (outcome.recovered) from = since.offset + 1;
    }
    LiveIndex::Entry const* const first = live.from(from);
    if (first == nullptr) return head;
    outcome.replayed = live.count_from(from) - live.count_excluding(wish.client, from, head);
    return first->number;
}

// Away from home: a room that nobody here is in may have missed values. Its home sends them along
// when it knows of no member here either; where one has left while this one's wish was on its way
// to the home, they have to be asked for.
PUMPHOUSE_DECL bool Shard::lacks_values(JoinWish const& wish, JoinVerdict const& verdict) const {
    if (verdict.values != nullptr || !core_->lacks_key(wish.room, nobody)) return false;
    Room const* const room = find_room(wish.room);
    return room == nullptr || room->members.empty();
}

PUMPHOUSE_DECL Accepted Shard::erase(std::string_view name, std::uint64_t key) {
    bool const is_name = !name.empty() && name.size() <= core_->options.max_room_name_bytes;
    if (!is_name || !core_->lacks_key(name, nobody)) return Accepted::bad_room;
    std::size_t const home = core_->home_of(name);
    if (home == index_) {
        erase_here(name, key);
        return Accepted::accepted;
    }
    Block& block = core_->make_block(Block::Kind::erase, name, {}, keyed(key));
    if (core_->post(home, block)) return Accepted::accepted;
    core_->blocks.release(block);
    return Accepted::closed;
}

PUMPHOUSE_DECL void Shard::erase_here(std::string_view name, std::uint64_t key) {
    Room* const room = find_room(name);
    if (room == nullptr || room->live() == nullptr) return;
    room->live()->erase(key);
    if (room->home) forward_erase(*room, key);
}

PUMPHOUSE_DECL void Shard::forward_erase(Room const& room, std::uint64_t key) {
    for (std::size_t shard = 0; shard < core_->shard_count(); ++shard) {
        if (!has_replica(room, shard)) continue;
        Block& block = core_->make_block(Block::Kind::erase, room.name, {}, keyed(key));
        if (!core_->post(shard, block)) core_->blocks.release(block);
    }
}

// From here on it pins nothing: what it needs next is looked up in the live index. The values it
// will not get are counted as it passes them.
PUMPHOUSE_DECL void Shard::conflate(Membership& member) {
    Room& room = *member.room;
    unstall_member(member);
    room.log->leave(member.cursor, false);
    note_settling(room);
    if (member.losses == nullptr) member.losses = new Losses;
    Visit::start_walk(member);
}

}  // namespace pumphouse
