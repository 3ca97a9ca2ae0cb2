// SPDX-License-Identifier: MIT
// Bodies of hub/slots.hpp.
#pragma once

#include <new>

#include <pumphouse/config.hpp>
#include <pumphouse/hub/slots.hpp>

namespace pumphouse {

// Twice the clients: a slot whose late nodes are still on their way cannot be reused yet.
PUMPHOUSE_DECL Slots::Slots(std::size_t max_clients)
    : max_clients_{max_clients == 0 || max_clients > most / 2 ? most / 2 : max_clients},
      chunk_count_{(max_clients_ * 2 + per_chunk - 1) / per_chunk},
      chunks_{new std::atomic<Slot*>[chunk_count_]{}} {}

PUMPHOUSE_DECL Slots::~Slots() {
    for (std::size_t i = 0; i < chunk_count_; ++i) delete[] chunks_[i].load();
}

PUMPHOUSE_DECL Slot* Slots::mint() {
    if (live_.fetch_add(1, std::memory_order_relaxed) >= max_clients_) {
        live_.fetch_sub(1, std::memory_order_relaxed);
        return nullptr;
    }
    Slot* slot = pop();
    if (slot == nullptr) {
        std::uint32_t const index = made_.fetch_add(1, std::memory_order_relaxed);
        if (index >= chunk_count_ * per_chunk) {
            made_.fetch_sub(1, std::memory_order_relaxed);
            live_.fetch_sub(1, std::memory_order_relaxed);
            return nullptr;
        }
        slot = &fresh(index);
    }
    std::uint32_t const generation = Slot::generation_of(slot->state.load());
    slot->ready.store(std::uint64_t{generation} << 32);
    slot->state.store(Slot::word(generation, Slot::open));
    return slot;
}

PUMPHOUSE_DECL Slot& Slots::fresh(std::uint32_t index) {
    std::atomic<Slot*>& place = chunks_[index / per_chunk];
    Slot* chunk = place.load(std::memory_order_acquire);
    if (chunk == nullptr) {
        auto* const made = new Slot[per_chunk];
        if (place.compare_exchange_strong(chunk, made, std::memory_order_acq_rel)) {
            chunk = made;
        } else {
            delete[] made;  // another producer was first
        }
    }
    Slot& slot = chunk[index % per_chunk];
    slot.index = index;
    return slot;
}

PUMPHOUSE_DECL Slot* Slots::find(ClientId id) const noexcept {
    if (!id || id.slot >= chunk_count_ * per_chunk) return nullptr;
    Slot* const chunk = chunks_[id.slot / per_chunk].load(std::memory_order_acquire);
    return chunk != nullptr ? &chunk[id.slot % per_chunk] : nullptr;
}

PUMPHOUSE_DECL bool Slots::is_open(ClientId id) const noexcept {
    Slot const* const slot = find(id);
    return slot != nullptr && slot->state.load() == Slot::word(id.generation, Slot::open);
}

PUMPHOUSE_DECL Slots::Close Slots::begin_close(ClientId id, CloseCode code) noexcept {
    Slot* const slot = find(id);
    if (slot == nullptr) return Close::gone;
    std::uint64_t now = Slot::word(id.generation, Slot::open);
    if (slot->state.compare_exchange_strong(now, Slot::word(id.generation, Slot::closing, code))) {
        return Close::begun;
    }
    bool const is_same = Slot::generation_of(now) == id.generation;
    return is_same && Slot::state_of(now) == Slot::closing ? Close::already : Close::gone;
}

PUMPHOUSE_DECL bool Slots::raise(ClientId id, Ready what) noexcept {
    Slot* const slot = find(id);
    if (slot == nullptr) return false;
    std::uint64_t old = slot->ready.load();
    std::uint64_t const flag = static_cast<std::uint64_t>(what);
    do {
        if (old >> 32 != id.generation || (old & flag) == flag) return false;
    } while (!slot->ready.compare_exchange_weak(old, old | flag));
    return (old & 0xff) == 0;
}

PUMPHOUSE_DECL Ready Slots::lower(Slot& slot) noexcept {
    return static_cast<Ready>(slot.ready.fetch_and(~std::uint64_t{0xff}) & 0xff);
}

PUMPHOUSE_DECL bool Slots::end(Slot& slot) noexcept {
    std::uint32_t const generation = Slot::generation_of(slot.state.load());
    std::uint64_t const before = slot.state.exchange(Slot::word(generation, Slot::ended));
    // Whoever won `begin_close` pushes its node, if that has not come in yet.
    slot.close_is_queued = Slot::state_of(before) == Slot::closing && !slot.close_has_come;
    // From here on nobody raises; flags that stand belong to a node that is still to come.
    std::uint64_t ready = slot.ready.load();
    while (!slot.ready.compare_exchange_weak(ready, ready & 0xff)) {
    }
    live_.fetch_sub(1, std::memory_order_relaxed);
    return try_reuse(slot);
}

PUMPHOUSE_DECL bool Slots::try_reuse(Slot& slot) noexcept {
    std::uint64_t const state = slot.state.load();
    if (Slot::state_of(state) != Slot::ended) return false;
    if (slot.close_is_queued || slot.ready.load() != 0) return false;
    std::uint32_t generation = Slot::generation_of(state) + 1;
    if (generation == 0) generation = 1;  // 0 is nobody
    slot.close_has_come = false;
    slot.state.store(Slot::word(generation, Slot::free));
    push(slot);
    return true;
}

PUMPHOUSE_DECL Slot* Slots::pop() noexcept {
    std::uint64_t top = free_.load(std::memory_order_acquire);
    for (;;) {
        auto const place = static_cast<std::uint32_t>(top);
        if (place == 0) return nullptr;
        Slot& slot = at(place - 1);
        std::uint64_t const next = slot.next_free.load(std::memory_order_relaxed);
        std::uint64_t const tag = (top >> 32) + 1;
        if (free_.compare_exchange_weak(top, tag << 32 | next, std::memory_order_acquire)) {
            return &slot;
        }
    }
}

PUMPHOUSE_DECL void Slots::push(Slot& slot) noexcept {
    std::uint64_t top = free_.load(std::memory_order_relaxed);
    std::uint64_t mine = 0;
    do {
        slot.next_free.store(static_cast<std::uint32_t>(top), std::memory_order_relaxed);
        mine = ((top >> 32) + 1) << 32 | (slot.index + 1);
    } while (!free_.compare_exchange_weak(top, mine, std::memory_order_release,
                                          std::memory_order_relaxed));
}

}  // namespace pumphouse
