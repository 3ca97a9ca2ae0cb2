// SPDX-License-Identifier: MIT
//
// Past: the messages of one segment as they were before framing (their envelope included), kept
// by rooms with history. From it come lanes that were not in use, pages of history, and what a
// shard sends to another whose log does not reach back far enough. It stands at the head of its
// own piece of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

#include <pumphouse/fwd.hpp>
#include <pumphouse/message/message.hpp>
#include <pumphouse/room/memory.hpp>

namespace pumphouse {

struct Past {
    struct Entry {
        Time time;          // of the turn that appended it
        std::uint32_t end;  // of its payload
        Opcode opcode;
    };

    static Past& make(Memory& memory, std::uint32_t records, std::size_t payload_bytes) {
        std::size_t const head = sizeof(Past) + records * sizeof(Entry);
        auto const piece = memory.get(head + payload_bytes);
        auto* const past = new (piece.data) Past;
        past->piece = piece;
        past->entries = reinterpret_cast<Entry*>(piece.data + sizeof(Past));
        past->data = reinterpret_cast<char*>(piece.data + head);
        past->capacity = static_cast<std::uint32_t>(piece.bytes - head);
        return *past;
    }

    bool fits(std::size_t payload_bytes) const noexcept { return capacity - used >= payload_bytes; }

    void append(Time time, Opcode opcode, std::string_view payload) noexcept {
        if (!payload.empty()) std::memcpy(data + used, payload.data(), payload.size());
        used += static_cast<std::uint32_t>(payload.size());
        entries[count++] = {time, used, opcode};
    }

    /// The message at a place of the segment, from 0.
    Message message(std::size_t place) const noexcept {
        std::uint32_t const begin = place == 0 ? 0 : entries[place - 1].end;
        return {{data + begin, entries[place].end - begin}, entries[place].opcode};
    }

    Entry* entries = nullptr;
    char* data = nullptr;
    std::uint32_t count = 0;
    std::uint32_t used = 0;
    std::uint32_t capacity = 0;
    Memory::Piece piece;
};

}  // namespace pumphouse
