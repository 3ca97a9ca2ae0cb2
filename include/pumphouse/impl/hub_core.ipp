// SPDX-License-Identifier: MIT
// Bodies of hub/hub_core.hpp.
#pragma once

#include <cstring>
#include <utility>

#include <pumphouse/hub/hub_core.hpp>
#include <pumphouse/observe/tracing/span.hpp>

namespace pumphouse {

PUMPHOUSE_DECL HubCore::HubCore(HubOptions const& chosen, std::uint64_t secret)
    : options{chosen},
      public_ids{secret},
      slots{chosen.max_clients},
      budget{chosen.max_inbox_messages, chosen.max_inbox_bytes},
      blocks{chosen.shards, chosen.max_inbox_messages} {
    for (std::size_t i = 0; i < chosen.shards; ++i) doors_.push_back(std::make_unique<Door>());
}

PUMPHOUSE_DECL Registered HubCore::register_client(std::unique_ptr<ClientBase>& client) {
    std::size_t const lane = lane_of(client->wire_format());
    auto const reject = [this](Registered::Answer why) {
        count_rejected();
        return Registered{{}, why};
    };
    if (lane == max_lanes) return reject(Registered::Answer::too_many_formats);
    Slot* const slot = slots.mint();
    if (slot == nullptr) return reject(Registered::Answer::full);
    ClientId const id = slot->id();
    client->id = id;
    client->lane = static_cast<std::uint8_t>(lane);
    bool const takes_compressed = client->wire_format().compress != nullptr;
    slot->takes_compressed.store(takes_compressed, std::memory_order_relaxed);
    slot->incoming = client.get();
    std::size_t const shard = shard_of(id);
    auto const pushed = inbox(shard).push(slot->register_node);
    if (pushed == Inbox::Push::closed) {
        client->id = {};
        slot->incoming = nullptr;
        slots.end(*slot);
        return reject(Registered::Answer::closed);
    }
    static_cast<void>(client.release());
    if (pushed == Inbox::Push::queued_and_wake) wake(shard);
    return {id, Registered::Answer::accepted};
}

PUMPHOUSE_DECL Unregistered HubCore::unregister_client(ClientId client, CloseCode code) noexcept {
    switch (slots.begin_close(client, code)) {
        case Slots::Close::already: return Unregistered::already;
        case Slots::Close::gone: return Unregistered::gone;
        case Slots::Close::begun: break;
    }
    std::size_t const shard = shard_of(client);
    auto const pushed = inbox(shard).push_from_peer(slots.find(client)->unregister_node);
    if (pushed == Inbox::Push::closed) return Unregistered::closed;
    if (pushed == Inbox::Push::queued_and_wake) wake(shard);
    return Unregistered::accepted;
}

PUMPHOUSE_DECL Accepted HubCore::broadcast(std::string_view room, Message message,
                                           Delivery delivery) {
    if (!is_room_name(room)) return Accepted::bad_room;
    return broadcast_to(room, message, delivery);
}

PUMPHOUSE_DECL Accepted HubCore::broadcast_all(Message message, Delivery delivery) {
    return broadcast_to({}, message, delivery);
}

// The hub-wide room has no name.
PUMPHOUSE_DECL Accepted HubCore::broadcast_to(std::string_view room, Message message,
                                              Delivery delivery) {
    if (message.payload.size() > options.max_message_bytes) return Accepted::too_large;
    if (lacks_key(room, delivery)) return Accepted::needs_key;
    if (!budget.try_take(message.payload.size())) return Accepted::full;
    std::string_view packed = compressed(message);
    if (!budget.try_add(packed.size())) packed = {};  // it goes as it is
    Block& block = make_block(Block::Kind::broadcast, room, message, delivery, packed);
    block.budget_bytes = message.payload.size() + packed.size();
    block.number = moment();
    return post_or_give_back(home_of(room), block);
}

PUMPHOUSE_DECL Accepted HubCore::send(ClientId client, Message message) {
    if (message.payload.size() > options.max_message_bytes) return Accepted::too_large;
    if (!slots.is_open(client)) return Accepted::gone;
    if (!budget.try_take(message.payload.size())) return Accepted::full;
    std::string_view packed = compressed_for(client, message);
    if (!packed.empty() && !budget.try_add(packed.size())) packed = {};  // it goes as it is
    Block& block = make_block(Block::Kind::direct, {}, message, {client}, packed);
    block.budget_bytes = message.payload.size() + packed.size();
    block.number = moment();
    return post_or_give_back(shard_of(client), block);
}

PUMPHOUSE_DECL Accepted HubCore::send_to_user(std::string_view user, Message message) {
    if (!is_user(user)) return Accepted::gone;
    return broadcast_to(user_rooms::name_of(user), message, nobody);
}

PUMPHOUSE_DECL std::shared_ptr<UserRate> HubCore::user_rate_of(std::string_view user) {
    std::scoped_lock const lock{user_rates_mutex_};
    auto found = user_rates_.find(user);
    if (found == user_rates_.end()) found = user_rates_.try_emplace(std::string{user}).first;
    auto rate = found->second.lock();
    if (rate) return rate;
    if (user_rates_.size() >= sweep_user_rates_at_) {  // of users who have gone
        std::erase_if(user_rates_, [&](auto const& each) {
            return each.first != user && each.second.expired();
        });
        sweep_user_rates_at_ = user_rates_.size() * 2 + 64;
        found = user_rates_.find(user);
    }
    rate = std::make_shared<UserRate>();
    found->second = rate;
    return rate;
}

PUMPHOUSE_DECL bool HubCore::post(std::size_t shard, Command* command) noexcept {
    auto const pushed = inbox(shard).push(*command);
    if (pushed == Inbox::Push::closed) delete command;
    if (pushed == Inbox::Push::queued_and_wake) wake(shard);
    return pushed != Inbox::Push::closed;
}

PUMPHOUSE_DECL Accepted HubCore::leave(ClientId client, std::string_view room) {
    if (!is_room_name(room)) return Accepted::bad_room;
    if (!slots.is_open(client)) return Accepted::gone;
    if (!budget.try_take(0)) return Accepted::full;
    return post_or_give_back(shard_of(client),
                             make_block(Block::Kind::leave, room, {}, {client}));
}

PUMPHOUSE_DECL Accepted HubCore::erase(std::string_view room, std::uint64_t key) {
    bool const is_name = !room.empty() && room.size() <= options.max_room_name_bytes;
    if (!is_name || is_keyed == nullptr || !is_keyed(room)) return Accepted::bad_room;
    if (!budget.try_take(0)) return Accepted::full;
    Block& block = make_block(Block::Kind::erase, room, {}, keyed(key));
    return post_or_give_back(home_of(room), block);
}

PUMPHOUSE_DECL Accepted HubCore::set_expiry(ClientId client, Time at) {
    if (!slots.is_open(client)) return Accepted::gone;
    if (!budget.try_take(0)) return Accepted::full;
    std::string_view const bytes{reinterpret_cast<char const*>(&at), sizeof at};
    return post_or_give_back(shard_of(client), make_block(Block::Kind::expiry, {},
                                                          {bytes, Opcode::binary}, {client}));
}

PUMPHOUSE_DECL Accepted HubCore::post_or_give_back(std::size_t shard, Block& block) noexcept {
    block.holds_budget = true;
    auto const pushed = inbox(shard).push(block.link(shard));
    if (pushed == Inbox::Push::closed) {
        budget.give_back(1, block.budget_bytes);
        blocks.release(block);
        return Accepted::closed;
    }
    if (pushed == Inbox::Push::queued_and_wake) wake(shard);
    return Accepted::accepted;
}

PUMPHOUSE_DECL Accepted HubCore::push(ClientId client, std::unique_ptr<Command> errand) noexcept {
    if (!slots.is_open(client)) return Accepted::gone;
    if (!budget.try_take(0)) return Accepted::full;
    std::size_t const shard = shard_of(client);
    auto const pushed = inbox(shard).push(*errand);
    if (pushed == Inbox::Push::closed) {
        budget.give_back(1, 0);
        return Accepted::closed;
    }
    static_cast<void>(errand.release());
    if (pushed == Inbox::Push::queued_and_wake) wake(shard);
    return Accepted::accepted;
}

PUMPHOUSE_DECL bool HubCore::post(std::size_t shard, Block& block) noexcept {
    auto const pushed = inbox(shard).push_from_peer(block.link(shard));
    if (pushed == Inbox::Push::queued_and_wake) wake(shard);
    return pushed != Inbox::Push::closed;
}

PUMPHOUSE_DECL void HubCore::forward(std::size_t shard, Command* command) noexcept {
    auto const pushed = inbox(shard).push_from_peer(*command);
    if (pushed == Inbox::Push::closed) delete command;
    if (pushed == Inbox::Push::queued_and_wake) wake(shard);
}

PUMPHOUSE_DECL Block& HubCore::make_block(Block::Kind kind, std::string_view room, Message message,
                                          Delivery delivery, std::string_view compressed) {
    auto const compressed_bytes = static_cast<std::uint32_t>(compressed.size());
    bool const is_traced = options.tracer != nullptr && ActiveSpan::current().is_valid();
    std::size_t bytes = room.size() + message.payload.size();
    if (!compressed.empty()) bytes += sizeof compressed_bytes + compressed_bytes;
    if (is_traced) bytes += sizeof(BlockTrace);
    Block& block = blocks.get(bytes);
    block.kind = kind;
    block.is_traced = is_traced;
    block.opcode = message.opcode;
    block.lanes = 0;
    block.holds_budget = false;
    block.has_compressed = !compressed.empty();
    block.room_bytes = static_cast<std::uint16_t>(room.size());
    block.payload_bytes = static_cast<std::uint32_t>(message.payload.size());
    block.budget_bytes = 0;
    block.client = delivery.excluded;
    block.key = delivery.key;
    block.number = 0;
    if (!room.empty()) std::memcpy(block.bytes(), room.data(), room.size());
    if (!message.payload.empty()) {
        std::memcpy(block.bytes() + room.size(), message.payload.data(), message.payload.size());
    }
    if (!compressed.empty()) {
        char* const out = block.bytes() + room.size() + message.payload.size();
        std::memcpy(out, &compressed_bytes, sizeof compressed_bytes);
        std::memcpy(out + sizeof compressed_bytes, compressed.data(), compressed.size());
    }
    if (is_traced) {
        BlockTrace const trace{ActiveSpan::current(), ActiveSpan::current_type()};
        std::memcpy(block.bytes() + bytes - sizeof trace, &trace, sizeof trace);
    }
    return block;
}

PUMPHOUSE_DECL std::string_view HubCore::compress(Message const& message) const noexcept {
    bool const is_wanted =
        message.compress == Compress::always ||
        (message.compress == Compress::automatic && options.compress_from_bytes != 0 &&
         message.payload.size() >= options.compress_from_bytes &&
         (message.is_text() || options.compress_binary));
    if (!is_wanted) return {};
    for (auto const& each : formats_) {
        WireFormat const* const format = each.load(std::memory_order_relaxed);
        if (format != nullptr && format->compress != nullptr) {
            return format->compress(message.payload);
        }
    }
    return {};
}

PUMPHOUSE_DECL void HubCore::signal(ClientId client, Ready what) noexcept {
    if (!slots.raise(client, what)) return;
    std::size_t const shard = shard_of(client);
    auto const pushed = inbox(shard).push_from_peer(slots.find(client)->signal_node);
    if (pushed == Inbox::Push::queued_and_wake) wake(shard);
}

PUMPHOUSE_DECL std::size_t HubCore::lane_of(WireFormat const& format) noexcept {
    for (std::size_t i = 0; i < max_lanes; ++i) {
        WireFormat const* expected = nullptr;
        if (formats_[i].compare_exchange_strong(expected, &format)) return i;
        if (expected == &format) return i;
    }
    return max_lanes;
}

PUMPHOUSE_DECL LaneMask HubCore::lanes() const noexcept {
    unsigned mask = 0;
    for (std::size_t i = 0; i < max_lanes; ++i) mask |= (format(i) != nullptr ? 1U : 0U) << i;
    return static_cast<LaneMask>(mask);
}

PUMPHOUSE_DECL void HubCore::set_waker(std::size_t shard, std::shared_ptr<Waker> waker) {
    std::scoped_lock const lock{wakers_mutex_};
    doors_[shard]->waker.store(waker.get());
    if (waker) wakers_.push_back(std::move(waker));
}

PUMPHOUSE_DECL void HubCore::wake(std::size_t shard) noexcept {
    if (Waker* const waker = doors_[shard]->waker.load()) waker->wake();
}

PUMPHOUSE_DECL HubStats HubCore::stats() const noexcept {
    HubStats all;
    for (auto const& door : doors_) all.shards += door->stats.read();
    for (std::size_t i = 0; i < all.processing.size(); ++i) {
        all.processing[i].type = message_types_[i];
        for (auto const& door : doors_) all.processing[i].times += door->processing[i].read();
    }
    all.rooms = rooms.load(std::memory_order_relaxed);
    auto const count = [](std::int64_t value) {  // takes and returns may cross: never below zero
        return static_cast<std::size_t>(value > 0 ? value : 0);
    };
    all.registered = slots.live();
    all.rejected = rejected_.load(std::memory_order_relaxed);
    all.inbox_messages = count(budget.messages());
    all.inbox_bytes = count(budget.bytes());
    all.inbound_bytes = inbound_bytes.load(std::memory_order_relaxed);
    return all;
}

}  // namespace pumphouse
