// SPDX-License-Identifier: MIT
//
// What message/block_pool.hpp guarantees: a block belongs to one at a time, comes back when its
// last reference is given up, and after its first use costs no memory again.
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include <pumphouse/message/block_pool.hpp>

#include "support/catch.hpp"
#include "support/sanitizers.hpp"

using pumphouse::Block;
using pumphouse::BlockPool;
using pumphouse::Node;

TEST_CASE("block pool: a block has the bytes asked for, one reference and a link per shard") {
    BlockPool pool{3, 10};
    for (std::size_t const bytes : {0U, 1U, 128U, 129U, 5000U, 131072U, 131073U, 1000000U}) {
        Block& block = pool.get(bytes);
        CHECK(block.capacity >= bytes);
        CHECK(block.references.load() == 1);
        REQUIRE(block.link_count == 3);
        std::memset(block.bytes(), 0x5a, bytes);
        for (std::size_t shard = 0; shard < 3; ++shard) {
            CHECK(block.link(shard).kind == Node::Kind::block);
            CHECK(&Block::of(block.link(shard)) == &block);
        }
        pool.release(block);
    }
}

TEST_CASE("block pool: a released block is the next one of its size") {
    BlockPool pool{1, 10};
    Block& first = pool.get(100);
    pool.release(first);
    Block& second = pool.get(64);
    CHECK(&second == &first);
    Block& other_size = pool.get(300);
    CHECK(&other_size != &first);
    pool.release(second);
    pool.release(other_size);
}

TEST_CASE("block pool: a block comes back with its last reference only") {
    BlockPool pool{4, 10};
    Block& block = pool.get(10);
    block.references.store(3);
    pool.release(block);
    pool.release(block);
    Block& other = pool.get(10);
    CHECK(&other != &block);
    pool.release(block);
    CHECK(&pool.get(10) == &block);
    pool.release(block);
    pool.release(other);
}

TEST_CASE("block pool: past the most it keeps it still hands out, and keeps no more") {
    BlockPool pool{1, 4};
    std::vector<Block*> blocks;
    std::set<Block*> different;
    for (int i = 0; i < 10; ++i) {
        blocks.push_back(&pool.get(100));
        different.insert(blocks.back());
    }
    CHECK(different.size() == 10);
    for (Block* block : blocks) pool.release(*block);
    blocks.clear();
    int kept = 0;
    for (int i = 0; i < 4; ++i) {
        blocks.push_back(&pool.get(100));
        kept += different.count(blocks.back()) != 0;
    }
    CHECK(kept == 4);
    for (Block* block : blocks) pool.release(*block);
}

TEST_CASE("block pool: a pool that ends frees what was given back to it") {
    BlockPool pool{2, 100};  // the address sanitizer tells
    std::vector<Block*> blocks;
    for (int i = 0; i < 50; ++i) blocks.push_back(&pool.get(static_cast<std::size_t>(i) * 700));
    for (Block* block : blocks) pool.release(*block);
}

// Producers get and fill, "shards" read and release, all at once.
TEST_CASE("block pool: among many threads a block is never two owners' at once") {
    constexpr int rounds = support::fewer_under_sanitizers(100'000, 10'000);
    BlockPool pool{2, 8};  // fewer than are in use at times
    std::atomic<bool> is_mixed{false};
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            std::array<Block*, 3> held{};
            for (int i = 0; i < rounds; ++i) {
                Block*& place = held[static_cast<std::size_t>(i) % held.size()];
                if (place != nullptr) {
                    bool ok = place->payload_bytes == t;
                    for (int b = 0; b < 100; ++b) ok &= place->bytes()[b] == static_cast<char>(t);
                    if (!ok) is_mixed = true;
                    pool.release(*place);
                    pool.release(*place);
                }
                place = &pool.get(100);
                place->references.store(2);
                place->payload_bytes = t;
                std::memset(place->bytes(), static_cast<int>(t), 100);
            }
            for (Block* block : held) {
                pool.release(*block);
                pool.release(*block);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK_FALSE(is_mixed.load());
}

// The last of several readers on different threads returns it; its next user writes.
TEST_CASE("block pool: what one shard read of a block happens before its next use") {
    constexpr int rounds = support::fewer_under_sanitizers(20'000, 3'000);
    BlockPool pool{2, 4};
    std::atomic<Block*> offered{nullptr};
    std::atomic<bool> is_over{false};
    std::uint64_t sum = 0;
    std::thread reader{[&] {
        while (!is_over.load() || offered.load() != nullptr) {
            Block* const block = offered.exchange(nullptr);
            if (block == nullptr) {
                std::this_thread::yield();
                continue;
            }
            sum += static_cast<unsigned char>(block->bytes()[5]);
            pool.release(*block);
        }
    }};
    std::uint64_t expected = 0;
    for (int i = 0; i < rounds; ++i) {
        Block& block = pool.get(50);
        block.references.store(2);
        std::memset(block.bytes(), i % 100, 50);
        expected += static_cast<std::uint64_t>(i % 100);
        while (offered.load() != nullptr) std::this_thread::yield();
        offered.store(&block);
        pool.release(block);
    }
    is_over = true;
    reader.join();
    CHECK(sum == expected);
}
