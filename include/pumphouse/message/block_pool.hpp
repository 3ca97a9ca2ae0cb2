// SPDX-License-Identifier: MIT
//
// BlockPool: blocks in size classes, handed out to any thread and given back by any shard
// without a lock. A class grows by one block at a time when it is empty, up to the most that the
// hub's budget lets be in use at once; after that first use it allocates nothing. Payloads past
// the largest class get memory of their own.
//
// Each class is a Treiber stack (R. K. Treiber, "Systems programming: coping with parallelism",
// IBM RJ 5118, 1986) of 32-bit indices with a 32-bit tag against ABA. Blocks are freed with the
// pool only, so reading a link of a block that another thread has just taken is harmless.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <pumphouse/message/block.hpp>

namespace pumphouse {

class BlockPool {
public:
    /// `shards`: links per block. `max_blocks`: the most kept of each size class.
    BlockPool(std::size_t shards, std::size_t max_blocks);
    ~BlockPool();
    BlockPool(BlockPool const&) = delete;
    BlockPool& operator=(BlockPool const&) = delete;

    /// A block with room for `bytes` behind it and one reference. Throws std::bad_alloc when
    /// memory ends.
    Block& get(std::size_t bytes);

    /// Gives up one reference; the last one returns the block.
    void release(Block& block) noexcept;

private:
    static constexpr std::size_t class_count = 6;
    static constexpr std::uint8_t own_memory = 0xff;  // size_class of a block outside the pool
    static constexpr std::array<std::uint32_t, class_count> class_bytes{
        128, 512, 2048, 8192, 32768, 131072};
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

    struct alignas(64) SizeClass {
        std::atomic<std::uint64_t> top{0};     // tag in the high half, index + 1 in the low
        std::atomic<std::uint32_t> made{0};    // entries of `table` given out
        std::atomic<Block*>* table = nullptr;  // index to block
    };

    Block* pop(SizeClass& from) noexcept;
    void push(SizeClass& to, Block& block) noexcept;
    Block& make(std::uint8_t size_class, std::size_t bytes);
    void destroy(Block& block) noexcept;

    std::size_t const shards_;
    std::size_t const max_blocks_;
    std::array<SizeClass, class_count> classes_;
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/block_pool.ipp>
#endif
