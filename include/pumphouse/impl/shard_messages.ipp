// SPDX-License-Identifier: MIT
// Bodies of hub/shard.hpp: broadcasting and sending, here and to other shards.
#pragma once

#include <array>
#include <cstring>
#include <memory>
#include <utility>

#include <pumphouse/hub/shard.hpp>
#include <pumphouse/hub/shard_commands.hpp>

namespace pumphouse {

// --- messages ---------------------------------------------------------------------------------

PUMPHOUSE_DECL Accepted Shard::broadcast(std::string_view name, Message message,
                                         Delivery delivery) {
    if (!core_->is_room_name(name)) return Accepted::bad_room;
    return broadcast_to(name, message, delivery);
}

PUMPHOUSE_DECL Accepted Shard::send_to_user(std::string_view user, Message message) {
    if (!core_->is_user(user)) return Accepted::gone;
    return broadcast_to(user_rooms::name_of(user), message, nobody);
}

PUMPHOUSE_DECL Accepted Shard::broadcast_all(Message message, Delivery delivery) {
    return broadcast_to({}, message, delivery);
}

// The hub-wide room has no name.
PUMPHOUSE_DECL Accepted Shard::broadcast_to(std::string_view name, Message message,
                                            Delivery delivery) {
    if (message.payload.size() > core_->options.max_message_bytes) return Accepted::too_large;
    if (core_->lacks_key(name, delivery)) return Accepted::needs_key;
    if (core_->home_of(name) == index_) {
        Room* const room = name.empty() ? &everybody_ : find_room(name);
        Append what;
        what.opcode = message.opcode;
        what.payload = message.payload;
        what.excluded = delivery.excluded;
        what.key = delivery.key;
        if (room == nullptr) return Accepted::accepted;
        if (takes_compressed(*room)) what.compressed = core_->compressed(message);
        return broadcast_here(*room, what);
    }
    std::string_view const compressed = core_->compressed(message);
    Block& block = core_->make_block(Block::Kind::broadcast, name, message, delivery, compressed);
    block.budget_bytes = message.payload.size() + compressed.size();
    block.holds_budget = true;
    core_->budget.take(1, block.budget_bytes);  // a hook must not be refused
    std::size_t const home = core_->home_of(name);
    if (core_->post(home, block)) return Accepted::accepted;
    core_->budget.give_back(1, block.budget_bytes);
    core_->blocks.release(block);
    return Accepted::closed;
}

// On the home shard: the room's order is made here.
PUMPHOUSE_DECL Accepted Shard::broadcast_here(Room& room, Append& what) {
    if (refuses_key(room, what)) {
        ++stats_.keys_refused;
        if (what.holds_budget) core_->budget.give_back(1, what.budget_bytes);
        return Accepted::too_many_keys;
    }
    what.envelope_bytes = room.options->envelope.bytes;
    if (what.envelope_bytes != 0) what.payload = wrap(room, what.payload);
    tracer_ == nullptr ? fan_out(room, what) : fan_out_traced(room, what);
    return Accepted::accepted;
}

PUMPHOUSE_DECL void Shard::fan_out(Room& room, Append& what) {
    bool const has_replicas =
        core_->shard_count() > 1 && (room.use == Room::Use::all || room.home);
    has_replicas ? forward_to_replicas(room, what) : append(room, what);
}

PUMPHOUSE_DECL void Shard::append(Room& room, Append const& what) {
    ++stats_.records_appended;
    Append numbered = what;
    numbered.sequence = ++sequence_;
    numbered.time = now_;
    std::uint64_t const number = room.head();
    // Nobody is here and nothing is kept: it has passed everybody.
    if (room.members.empty() && !room.keeps_history()) {
        if (room.live() != nullptr) keep_value(room, number, numbered);
        if (what.holds_budget) core_->budget.give_back(1, what.budget_bytes);
        room.log != nullptr ? room.log->skip_one() : static_cast<void>(++room.idle_head);
        return;
    }
    stats_.ledger.due += room.members.size();
    stats_.sent(what.opcode).count(what.payload.size(), room.members.size());
    log_of(room).append(numbered, room.lanes());
    if (room.live() != nullptr) keep_value(room, number, numbered);
    if (room.use != Room::Use::direct && !room.members.empty()) make_due(room);
    if (room.keeps_history()) bound_history(room);
    note_settling(room);  // where all are stalled it has passed everybody already
    if (!room.log->stalled.empty()) check_lag(room, !room.is_paced());
}

PUMPHOUSE_DECL Accepted Shard::send(ClientId id, Message message) {
    if (message.payload.size() > core_->options.max_message_bytes) return Accepted::too_large;
    if (ClientBase* const client = find(id)) {
        if (!client->takes_data()) return Accepted::gone;
        Append what;
        what.opcode = message.opcode;
        what.payload = message.payload;
        bool const takes = core_->has_compressing_clients() &&
                           logs_.formats[client->lane]->compress != nullptr;
        if (takes) what.compressed = core_->compressed(message);
        send_here(*client, what);
        return Accepted::accepted;
    }
    // Of this shard, and not open yet: queueing behind its registration would let what the next
    // hook sends overtake this.
    if (core_->shard_of(id) == index_ || !core_->slots.is_open(id)) return Accepted::gone;
    std::string_view const compressed = core_->compressed_for(id, message);
    Block& block = core_->make_block(Block::Kind::direct, {}, message, {id}, compressed);
    block.budget_bytes = message.payload.size() + compressed.size();
    block.holds_budget = true;
    core_->budget.take(1, block.budget_bytes);
    if (core_->post(core_->shard_of(id), block)) return Accepted::accepted;
    core_->budget.give_back(1, block.budget_bytes);
    core_->blocks.release(block);
    return Accepted::closed;
}

// Direct messages are a room of one: the same log, bounds and ledger.
PUMPHOUSE_DECL void Shard::send_here(ClientBase& client, Append& what) {
    if (!client.takes_data()) {
        if (what.holds_budget) core_->budget.give_back(1, what.budget_bytes);
        return;
    }
    if (client.direct == nullptr) {
        auto room = std::make_unique<Room>();
        room->use = Room::Use::direct;
        room->options = &core_->options.direct;
        Membership& member = member_slab_.make();
        member.room = room.get();
        member.client = &client;
        member.cursor = member.start = room->head();
        room->members.add(member);
        room->lane_users[client.lane] = 1;
        room.release();
        client.direct = &member;
        if (client.is_stalled) stall_member(member);
    }
    append(*client.direct->room, what);
    if (tracer_ != nullptr) [[unlikely]] trace_write(client, what);
    if (client.phase != ClientBase::Phase::ended && !client.is_stalled) queue(client);
}

// A stream has a record among the direct messages, and so a place in their order. What would be
// its bytes is read when the client has come there.
PUMPHOUSE_DECL void Shard::stream_here(ClientBase& client, Append& what,
                                       std::unique_ptr<PayloadSource> source) {
    Opcode const opcode = what.opcode;
    bool const is_possible =
        client.takes_data() && client.wire_format().fragment_header != nullptr;
    if (!is_possible) {
        if (what.holds_budget) core_->budget.give_back(1, what.budget_bytes);
        return;
    }
    send_here(client, what);
    if (client.direct == nullptr) return;  // it was one too many
    std::uint64_t const record = client.direct->room->head() - 1;
    if (client.direct->cursor > record) return;  // skipped at once
    if (!client.streams) client.streams = std::make_unique<OutgoingStreams>();
    client.streams->all.push_back({record, opcode, std::move(source)});
}

PUMPHOUSE_DECL Accepted Shard::send_stream(ClientId id, Opcode opcode,
                                           std::unique_ptr<PayloadSource> source) {
    if (ClientBase* const client = find(id)) {
        if (!client->takes_data()) return Accepted::gone;
        if (client->wire_format().fragment_header == nullptr) return Accepted::no_fragments;
        Append what;
        what.opcode = opcode;
        stream_here(*client, what, std::move(source));
        return Accepted::accepted;
    }
    if (core_->shard_of(id) == index_ || !core_->slots.is_open(id)) return Accepted::gone;
    auto* const command = new StreamCommand{id, opcode, std::move(source), false};
    core_->forward(core_->shard_of(id), command);
    return Accepted::accepted;
}

PUMPHOUSE_DECL void StreamCommand::run(Shard& shard) {
    Append what;
    what.opcode = opcode;
    what.holds_budget = holds_budget;
    if (ClientBase* const to = shard.find(client)) {
        shard.stream_here(*to, what, std::move(source));
    } else if (holds_budget) {
        shard.core_->budget.give_back(1, 0);
    }
}

// --- between shards ---------------------------------------------------------------------------

PUMPHOUSE_DECL bool Shard::has_replica(Room const& room, std::size_t shard) const noexcept {
    if (shard == index_) return false;
    return room.use == Room::Use::all || room.home->replicas[shard].members != 0;
}

// The lanes that some member of the room needs, on any shard.
PUMPHOUSE_DECL LaneMask Shard::lanes_everywhere(Room const& room) const noexcept {
    if (room.use == Room::Use::all) return core_->lanes();
    unsigned lanes = room.lanes();
    for (std::size_t shard = 0; shard < core_->shard_count(); ++shard) {
        auto const& users = room.home->replicas[shard].lane_users;
        for (std::size_t lane = 0; lane < max_lanes; ++lane) {
            lanes |= (users[lane] != 0 ? 1U : 0U) << lane;
        }
    }
    return static_cast<LaneMask>(lanes);
}

// Whether any of its members do.
PUMPHOUSE_DECL bool Shard::takes_compressed(Room const& room) const noexcept {
    if (!core_->has_compressing_clients()) return false;
    bool const is_elsewhere = room.use == Room::Use::all || room.home;
    LaneMask const lanes = is_elsewhere ? lanes_everywhere(room) : room.lanes();
    for (std::size_t lane = 0; lane < max_lanes; ++lane) {
        if ((lanes >> lane & 1U) != 0 && core_->format(lane)->compress != nullptr) return true;
    }
    return false;
}

// Frames once per lane that anybody anywhere needs, appends here, sends the finished bytes on.
PUMPHOUSE_DECL void Shard::forward_to_replicas(Room& room, Append& what) {
    std::uint32_t targets = 0;
    for (std::size_t i = 0; i < core_->shard_count(); ++i) targets += has_replica(room, i);
    if (targets == 0) return append(room, what);

    Block& block = make_forward(room, what);
    // Each shard holds a share of the budget until its own members have been passed.
    if (what.holds_budget) core_->budget.take(targets, targets * what.budget_bytes);
    block.references.store(targets + 1, std::memory_order_relaxed);
    for (std::size_t shard = 0; shard < core_->shard_count(); ++shard) {
        if (!has_replica(room, shard) || core_->post(shard, block)) continue;
        if (what.holds_budget) core_->budget.give_back(1, what.budget_bytes);
        core_->blocks.release(block);
    }
    append(room, what);
    core_->blocks.release(block);
}

// In the block: the room's name, then size and frame of each lane, then the payload, for a lane
// that the home shard did not know of yet. `what` borrows the frames.
PUMPHOUSE_DECL Block& Shard::make_forward(Room const& room, Append& what) {
    LaneMask const lanes = lanes_everywhere(room);
    std::array<std::uint32_t, max_lanes> sizes{};
    std::size_t bytes = what.payload.size();
    for (std::size_t lane = 0; lane < max_lanes; ++lane) {
        if (!(lanes >> lane & 1U)) continue;
        auto const size = what.frame_bytes(*core_->format(lane));
        sizes[lane] = static_cast<std::uint32_t>(size);
        bytes += sizeof(std::uint32_t) + size;
    }
    Block& block = core_->blocks.get(room.name.size() + bytes);
    block.kind = Block::Kind::forward;
    block.is_traced = false;
    block.opcode = what.opcode;
    block.lanes = lanes;
    block.holds_budget = what.holds_budget;
    block.has_compressed = false;
    block.room_bytes = static_cast<std::uint16_t>(room.name.size());
    block.payload_bytes = static_cast<std::uint32_t>(bytes);
    block.budget_bytes = what.budget_bytes;
    block.client = what.excluded;
    block.key = what.key;
    block.number = room.head();
    char* out = block.bytes();
    auto const put = [&out](void const* data, std::size_t size) {
        if (size != 0) std::memcpy(out, data, size);
        out += size;
    };
    put(room.name.data(), room.name.size());
    for (std::size_t lane = 0; lane < max_lanes; ++lane) {
        if (!(lanes >> lane & 1U)) continue;
        put(&sizes[lane], sizeof sizes[lane]);
        what.frame(*core_->format(lane), reinterpret_cast<std::byte*>(out));
        ++logs_.frames_made;
        what.framed[lane] = {out, sizes[lane]};
        out += sizes[lane];
    }
    put(what.payload.data(), what.payload.size());
    return block;
}

PUMPHOUSE_DECL void Shard::receive_forward(Block& block) {
    Append what;
    what.opcode = block.opcode;
    what.excluded = block.client;
    what.key = block.key;
    what.budget_bytes = block.budget_bytes;
    what.holds_budget = block.holds_budget;
    char const* in = block.payload().data();
    for (std::size_t lane = 0; lane < max_lanes; ++lane) {
        if (!(block.lanes >> lane & 1U)) continue;
        std::uint32_t size = 0;
        std::memcpy(&size, in, sizeof size);
        what.framed[lane] = {in + sizeof size, size};
        in += sizeof size + size;
    }
    what.payload = block.payload().substr(static_cast<std::size_t>(in - block.payload().data()));
    Room* const room = block.room().empty() ? &everybody_ : find_room(block.room());
    if (room != nullptr) {
        step_to(*room, block.number);
        append(*room, what);
    } else if (what.holds_budget) {
        core_->budget.give_back(1, what.budget_bytes);  // everybody here has left meanwhile
    }
    core_->blocks.release(block);
}

}  // namespace pumphouse
