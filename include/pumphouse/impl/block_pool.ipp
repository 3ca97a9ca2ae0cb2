// SPDX-License-Identifier: MIT
// Bodies of message/block_pool.hpp.
#pragma once

#include <new>

#include <pumphouse/config.hpp>
#include <pumphouse/message/block_pool.hpp>

namespace pumphouse {

PUMPHOUSE_DECL BlockPool::BlockPool(std::size_t shards, std::size_t max_blocks)
    : shards_{shards}, max_blocks_{max_blocks} {
    for (auto& each : classes_) each.table = new std::atomic<Block*>[max_blocks_]{};
}

PUMPHOUSE_DECL BlockPool::~BlockPool() {
    for (auto& each : classes_) {
        for (std::uint32_t i = 0; i < each.made.load(); ++i) {
            if (Block* block = each.table[i].load()) destroy(*block);
        }
        delete[] each.table;
    }
}

PUMPHOUSE_DECL Block& BlockPool::get(std::size_t bytes) {
    std::uint8_t size_class = 0;
    while (size_class < class_count && class_bytes[size_class] < bytes) ++size_class;
    if (size_class == class_count) return make(own_memory, bytes);

    SizeClass& from = classes_[size_class];
    if (Block* block = pop(from)) {
        block->references.store(1, std::memory_order_relaxed);
        return *block;
    }
    // Claim a place in the table, or, where it is full, make one that is not kept.
    std::uint32_t place = from.made.load(std::memory_order_relaxed);
    while (place < max_blocks_) {
        if (!from.made.compare_exchange_weak(place, place + 1, std::memory_order_relaxed)) continue;
        Block& block = make(size_class, class_bytes[size_class]);
        block.index = place;
        from.table[place].store(&block, std::memory_order_release);
        return block;
    }
    return make(own_memory, bytes);
}

PUMPHOUSE_DECL void BlockPool::release(Block& block) noexcept {
    // acq_rel: what other shards read from the block happens before its next use.
    if (block.references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    if (block.size_class == own_memory) return destroy(block);
    push(classes_[block.size_class], block);
}

PUMPHOUSE_DECL Block* BlockPool::pop(SizeClass& from) noexcept {
    std::uint64_t top = from.top.load(std::memory_order_acquire);
    for (;;) {
        auto const place = static_cast<std::uint32_t>(top);
        if (place == 0) return nullptr;
        Block* const block = from.table[place - 1].load(std::memory_order_acquire);
        std::uint64_t const next = block->next_free.load(std::memory_order_relaxed);
        std::uint64_t const tag = (top >> 32) + 1;
        if (from.top.compare_exchange_weak(top, tag << 32 | next, std::memory_order_acquire)) {
            return block;
        }
    }
}

PUMPHOUSE_DECL void BlockPool::push(SizeClass& to, Block& block) noexcept {
    std::uint64_t top = to.top.load(std::memory_order_relaxed);
    std::uint64_t mine = 0;
    do {
        block.next_free.store(static_cast<std::uint32_t>(top), std::memory_order_relaxed);
        mine = ((top >> 32) + 1) << 32 | (block.index + 1);
    } while (!to.top.compare_exchange_weak(top, mine, std::memory_order_release,
                                           std::memory_order_relaxed));
}

PUMPHOUSE_DECL Block& BlockPool::make(std::uint8_t size_class, std::size_t bytes) {
    void* const memory = ::operator new(sizeof(Block) + shards_ * sizeof(Node) + bytes);
    Block* const block = new (memory) Block{};
    block->size_class = size_class;
    block->link_count = static_cast<std::uint16_t>(shards_);
    block->capacity = static_cast<std::uint32_t>(bytes);
    block->references.store(1, std::memory_order_relaxed);
    for (std::uint16_t i = 0; i < block->link_count; ++i) {
        new (&block->link(i)) Node{Node::Kind::block, i};
    }
    return *block;
}

PUMPHOUSE_DECL void BlockPool::destroy(Block& block) noexcept {
    block.~Block();
    ::operator delete(&block);
}

}  // namespace pumphouse
