// SPDX-License-Identifier: MIT
//
// ShardStats: what a shard has done since it began, and what it holds. The shard counts without
// atomics and publishes a copy now and then; `hub.stats()` adds up the latest copies of all
// shards, from any thread. All are 64-bit counts, so that copies add up word by word.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <pumphouse/fwd.hpp>
#include <pumphouse/hub/processing_times.hpp>
#include <pumphouse/message/close.hpp>
#include <pumphouse/message/opcode.hpp>
#include <pumphouse/observe/histogram.hpp>
#include <pumphouse/room/ledger.hpp>

namespace pumphouse {

inline constexpr std::size_t close_cause_count = static_cast<std::size_t>(CloseCause::expired) + 1;

/// Messages of one direction and kind.
struct TrafficStats {
    Histogram<SizeScale> sizes;  // of payloads; their number is that of the messages

    void count(std::size_t bytes, std::uint64_t times = 1) noexcept { sizes.observe(bytes, times); }
};

struct ShardStats {
    Ledger ledger;  // `pending` is not kept; `audit` counts it
    std::uint64_t clients_opened = 0;
    std::uint64_t clients_closed = 0;
    std::array<std::uint64_t, close_cause_count> closed_by_cause{};
    std::uint64_t messages_received = 0;
    std::uint64_t records_appended = 0;
    std::uint64_t keys_refused = 0;  // messages of a new key in a room that had `max_keys`
    std::uint64_t visits = 0;
    std::uint64_t flush_slices = 0;
    std::uint64_t turns = 0;

    std::uint64_t bytes_written = 0;  // framed
    TrafficStats received_text;
    TrafficStats received_binary;
    TrafficStats sent_text;  // once for each member that a message was due to
    TrafficStats sent_binary;
    Histogram<ShortScale> queue_delay;  // of hosts' messages, from `accepted` to their room
    std::uint64_t hooks_threw = 0;
    std::uint64_t unexpected_closes = 0;  // other codes than 1000 and 1001
    std::uint64_t protocol_violations = 0;
    std::uint64_t rate_limited = 0;  // messages over a limit
    std::uint64_t transport_failures = 0;
    std::array<Histogram<LongScale>, close_cause_count> connection_time{};  // by cause
    Histogram<CountScale> room_members;  // of a room, whenever somebody came in
    Histogram<CountScale> lag;  // of a stalled member that is behind, when that ends or it skips

    // At the moment of publishing.
    std::uint64_t clients = 0;
    std::uint64_t users = 0;  // whose home is this shard: each counts once in a hub
    std::uint64_t rooms = 0;  // that have something here: one with members on two shards is two
    std::uint64_t stalled_clients = 0;
    std::uint64_t log_bytes = 0;
    std::uint64_t kept_bytes = 0;  // free, for the next use
    std::uint64_t unflushed_bytes = 0;

    TrafficStats& received(Opcode opcode) noexcept {
        return opcode == Opcode::binary ? received_binary : received_text;
    }

    TrafficStats& sent(Opcode opcode) noexcept {
        return opcode == Opcode::binary ? sent_binary : sent_text;
    }

    ShardStats& operator+=(ShardStats const& other) noexcept {
        std::array<std::uint64_t, sizeof(ShardStats) / sizeof(std::uint64_t)> mine{};
        auto theirs = mine;
        static_assert(sizeof mine == sizeof(ShardStats));
        std::memcpy(mine.data(), this, sizeof mine);
        std::memcpy(theirs.data(), &other, sizeof theirs);
        for (std::size_t i = 0; i < mine.size(); ++i) mine[i] += theirs[i];
        std::memcpy(static_cast<void*>(this), mine.data(), sizeof mine);
        return *this;
    }
};

/// A whole hub, as last published.
struct HubStats {
    ShardStats shards;  // all of them together
    std::size_t rooms = 0;  // that somebody is in, whatever the shards
    // In hooks, by type: text, binary, then what hooks have named, up to the first without a type.
    // One of about 16 messages is measured, and counts for those since the one before.
    std::array<ProcessingTime, MessageTypes::max> processing{};

    Histogram<ShortScale> processing_of(MessageType type) const noexcept {
        for (ProcessingTime const& each : processing) {
            if (each.type == type) return each.times;
        }
        return {};
    }

    std::size_t registered = 0;  // clients with an id, opened or not
    std::uint64_t rejected = 0;  // who wanted to be a client: by the hub, and by its servers
    std::size_t inbox_messages = 0;  // accepted from outside and not fanned out yet
    std::size_t inbox_bytes = 0;
    std::size_t inbound_bytes = 0;  // kept of messages that have not arrived whole
};

}  // namespace pumphouse
