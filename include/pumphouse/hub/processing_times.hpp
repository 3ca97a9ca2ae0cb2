// SPDX-License-Identifier: MIT
//
// How long hooks take with messages, by the messages' types. A type is a number that all shards of
// a hub share; each shard counts in a table of its own, and `hub.stats()` adds them up. Only
// messages that are measured come here (hub/spot_checks.hpp).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <pumphouse/message/message_type.hpp>
#include <pumphouse/message/opcode.hpp>
#include <pumphouse/observe/histogram.hpp>
#include <pumphouse/observe/live_histogram.hpp>

namespace pumphouse {

/// The types that a hub tells apart: text, binary, and the first `max_named` others that hooks name
/// in a message that is measured, for as long as the hub lives. Any thread, without a lock.
class MessageTypes {
public:
    static constexpr std::size_t max_named = 32;
    static constexpr std::size_t max = max_named + 2;

    MessageTypes() noexcept {
        types_[0] = text_messages;
        types_[1] = binary_messages;
    }

    /// A message without a type, and one whose type has no place any more, is of its opcode's.
    std::size_t number_of(MessageType type, Opcode opcode) noexcept {
        std::size_t const unnamed = opcode == Opcode::binary ? 1 : 0;
        if (type.is_none()) return unnamed;
        for (std::size_t i = 0; i < max; ++i) {
            // What it points to is part of the program: relaxed, for nothing comes with it.
            MessageType known = types_[i].load(std::memory_order_relaxed);
            if (known.is_none() &&
                types_[i].compare_exchange_strong(known, type, std::memory_order_relaxed)) {
                return i;
            }
            if (known == type) return i;
        }
        return unnamed;
    }

    /// None: there are no more.
    MessageType operator[](std::size_t number) const noexcept {
        return types_[number].load(std::memory_order_relaxed);
    }

private:
    std::array<std::atomic<MessageType>, max> types_{};
};

/// One shard's times, by the numbers of types. The shard counts, any thread reads.
using ProcessingTable = std::array<LiveHistogram<ShortScale>, MessageTypes::max>;

/// What all shards have of one type.
struct ProcessingTime {
    MessageType type;  // none: here and behind it is nothing
    Histogram<ShortScale> times;
};

}  // namespace pumphouse
