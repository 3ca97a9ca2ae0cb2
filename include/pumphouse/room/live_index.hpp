// SPDX-License-Identifier: MIT
//
// LiveIndex: the newest value of each key of a room, in the order of their records. It is what a
// member is given that has fallen behind in a room that conflates, and what one is given that
// joins a keyed room: it walks the index by record number, as it would the log.
//
//   entries   [ 17 B ][ 18 - ][ 21 A ][ 24 C ]   number, key, value; "-": superseded since
//   keys      A: 2   B: 0   C: 3
//
// Superseded entries are taken out when they are as many as the live ones, so there are at most
// twice as many entries as keys, and setting a value is O(its bytes), amortized. A cursor is a
// record number here too: taking entries out moves none.
//
// Values are copies, apart from the log: in each wire format that was in use, and as the message
// was before framing, unless a frame ends with just that. One shard's thread only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pumphouse/config.hpp>
#include <pumphouse/message/client_id.hpp>
#include <pumphouse/message/opcode.hpp>
#include <pumphouse/room/key_table.hpp>
#include <pumphouse/room/memory.hpp>
#include <pumphouse/room/segment.hpp>

namespace pumphouse {

/// A value about to be kept; the frames of lanes that are not in use are empty.
struct LiveMessage {
    Opcode opcode = Opcode::text;
    std::string_view payload;
    std::array<std::string_view, max_lanes> frames{};
};

/// The head of the piece of memory that holds one value. It has no pointers, so that its bytes
/// can be copied to another shard as they are.
struct LiveValue {
    struct Part {
        std::uint32_t at = 0;
        std::uint32_t bytes = 0;
    };

    char const* bytes() const noexcept { return reinterpret_cast<char const*>(this + 1); }
    std::string_view view(Part part) const noexcept { return {bytes() + part.at, part.bytes}; }
    std::string_view payload_view() const noexcept { return view(payload); }

    /// Empty: the lane was not in use when the value was set.
    std::string_view frame(std::size_t lane) const noexcept { return view(frames[lane]); }

    Part payload;
    std::array<Part, max_lanes> frames{};
    std::uint32_t used = 0;  // bytes behind this head
    Opcode opcode = Opcode::text;
};

/// A whole index on its way to another shard.
struct LiveSnapshot {
    struct Entry {
        std::uint64_t number;
        std::uint64_t key;
        ClientId excluded;
        std::size_t at;  // of the value in `values`
        std::size_t bytes;
    };
    std::vector<Entry> entries;
    std::string values;
};

class LiveIndex {
public:
    struct Entry {
        std::uint64_t number;
        std::uint64_t sequence;  // of the shard
        std::uint64_t key;
        ClientId excluded;
        Memory::Piece value;  // null: superseded or erased

        bool is_live() const noexcept { return value.data != nullptr; }
        LiveValue const& get() const noexcept {
            return *reinterpret_cast<LiveValue const*>(value.data);
        }
    };

    explicit LiveIndex(Memory& memory) noexcept : memory_{memory} {}
    LiveIndex(LiveIndex const&) = delete;
    LiveIndex& operator=(LiveIndex const&) = delete;
    ~LiveIndex() { clear(); }

    /// Keys that have a value.
    std::size_t size() const noexcept { return keys_.size(); }
    bool has(std::uint64_t key) const noexcept { return keys_.find(key) != KeyTable::nowhere; }

    /// `number` is higher than all before it.
    void set(std::uint64_t number, Record const& record, LiveMessage const& message);

    /// False when the key has no value.
    bool erase(std::uint64_t key) noexcept;

    void clear() noexcept;

    /// The first live entry whose number is at least that; null: there is none.
    Entry const* from(std::uint64_t number) const noexcept;
    Entry const* after(Entry const& entry) const noexcept;

    /// Live entries from `from` on, and those before `to` that leave a client out.
    std::uint64_t count_from(std::uint64_t from) const noexcept;
    std::uint64_t count_excluding(ClientId client, std::uint64_t from,
                                  std::uint64_t to) const noexcept;

    void copy_to(LiveSnapshot& out) const;

    /// Takes the place of all there is. To the shard's order all of it comes at `sequence`.
    void load(LiveSnapshot const& snapshot, std::uint64_t sequence);

    std::vector<Entry> const& entries() const noexcept { return entries_; }
    std::uint32_t place_of(std::uint64_t key) const noexcept { return keys_.find(key); }

    /// Members of the room that stand here and not in its log.
    std::uint32_t walkers = 0;

private:
    Entry const* live_at_or_after(std::size_t place) const noexcept;
    void store(Memory::Piece& piece, LiveMessage const& message);
    void compact();

    Memory& memory_;
    std::vector<Entry> entries_;  // by number
    KeyTable keys_;               // to places in entries_
    bool has_exclusions_ = false;
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/live_index.ipp>
#endif
