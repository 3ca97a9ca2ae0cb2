// SPDX-License-Identifier: MIT
//
// Block: a message on its way to shards: what to do with it, a link per shard, and its bytes
// behind it in the same piece of memory. The producer fills it, `references` shards read it, the
// last one returns it to the pool it came from.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <pumphouse/message/client_id.hpp>
#include <pumphouse/message/opcode.hpp>
#include <pumphouse/queue/node.hpp>

namespace pumphouse {

struct Block {
    enum class Kind : std::uint8_t {
        broadcast,  // room name, payload: for the room's home shard
        direct,     // payload: for the shard of `client`
        erase,      // room name, `key`: for the room's home shard, and from there for the others
        expiry,     // payload: the moment when `client` expires; for its shard
        leave,      // room name: `client` is to leave it; for its shard
        forward,    // room name, then finished frames per lane: for shards with a replica
    };

    std::string_view room() const noexcept { return {bytes(), room_bytes}; }
    std::string_view payload() const noexcept { return {bytes() + room_bytes, payload_bytes}; }

    /// The same payload as clients take it that take compressed messages; empty: it is not.
    std::string_view compressed() const noexcept {
        if (!has_compressed) return {};
        char const* const at = bytes() + room_bytes + payload_bytes;
        std::uint32_t size = 0;
        std::memcpy(&size, at, sizeof size);
        return {at + sizeof size, size};
    }

    /// Behind all that: where the BlockTrace stands.
    char const* trace() const noexcept {
        std::string_view const last = has_compressed ? compressed() : payload();
        return last.data() + last.size();
    }

    char* bytes() noexcept { return reinterpret_cast<char*>(links() + link_count); }
    char const* bytes() const noexcept { return const_cast<Block*>(this)->bytes(); }

    Node& link(std::size_t shard) noexcept { return links()[shard]; }
    static Block& of(Node& link) noexcept {
        return *(reinterpret_cast<Block*>(&link - link.index) - 1);
    }

    Kind kind;
    Opcode opcode;
    std::uint8_t size_class;   // of the pool
    std::uint8_t lanes;        // forward: a bit per lane whose finished frame is in the bytes
    bool holds_budget : 1;     // a share of the hub's budget was taken for it
    bool has_compressed : 1;   // behind the payload: a size in 32 bits, and as many bytes
    bool is_traced : 1;        // and a BlockTrace
    std::uint16_t link_count;  // one per shard
    std::uint16_t room_bytes;
    std::uint32_t payload_bytes;
    std::uint32_t index;          // in the pool's table of its size class
    std::uint32_t capacity;       // bytes behind the links
    std::atomic<std::uint32_t> next_free;  // in the pool: the index + 1 of the next free block
    std::atomic<std::uint32_t> references;
    std::uint64_t budget_bytes;  // of that share
    ClientId client;             // broadcast: excluded; direct: the receiver; leave: who
    std::uint64_t key;           // broadcast: what it is a value of; 0: of nothing; erase: which
    std::uint64_t number;        // forward: the record's in its room; from a host: when it was
                                 // accepted, in nanoseconds of the hub's clock, or 0

private:
    Node* links() noexcept { return reinterpret_cast<Node*>(this + 1); }
};

static_assert(sizeof(Block) == 64, "one cache line");
static_assert(sizeof(Block) % alignof(Node) == 0, "the links stand right behind the block");

}  // namespace pumphouse
