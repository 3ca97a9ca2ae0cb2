// SPDX-License-Identifier: MIT
//
// HubOptions: every limit and delay of a hub, with its unit, its default and what zero means.
// `problem_with` names the first option that makes no sense.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pumphouse/client/heartbeat.hpp>
#include <pumphouse/client/token_bucket.hpp>
#include <pumphouse/hub/shutdown_options.hpp>
#include <pumphouse/room/options.hpp>

namespace pumphouse {

/// What happens to a message over a rate limit.
enum class RateAction : std::uint8_t {
    drop,        // it is counted, and `on_rate_limited` told, at most once a second
    error,       // the same, each time
    disconnect,  // the client is closed with 3013
};

/// Whom it costs when a user has one device more than he may (`Policy::user_room`'s `max_members`).
enum class DeviceRule : std::uint8_t {
    refuse_newest,  // it is closed with 1008
    close_oldest,   // that one is closed with 3503; the newest takes its place
};

struct RateOptions {
    RateLimit messages = {};
    RateLimit bytes = {};  // of payloads
    RateAction action = RateAction::drop;

    bool is_set() const noexcept { return messages.is_set() || bytes.is_set(); }
};

constexpr bool makes_sense(RateLimit const& limit) noexcept {
    return limit.per_second >= 0 && (limit.per_second == 0 || limit.burst >= 1);
}

struct HubOptions {
    /// Threads' worth of clients and rooms; 1 to 256.
    std::size_t shards = 1;

    /// Clients of all transports together. 0: as many as memory holds.
    std::size_t max_clients = 10'000;

    /// Rooms that one client may be in. 0: no limit.
    std::uint32_t max_rooms_per_client = 1024;

    /// Bytes of a room's name; at least 1.
    std::size_t max_room_name_bytes = 255;

    /// Bytes of one message, in either direction; at least 1. A client that sends more is closed
    /// with 1009.
    std::size_t max_message_bytes = std::size_t{512} << 10;

    /// Text of this size and more is compressed, where there are clients that take it so
    /// (`ServerOptions::compression`); a message may say otherwise. 0: only what says so. 1 KiB, as
    /// npm's ws: without a context, less hardly gets smaller.
    std::size_t compress_from_bytes = 1024;

    /// Whether that goes for binary messages too, which are often packed already.
    bool compress_binary = false;

    /// Larger messages come in pieces, where the policy has `on_chunk`; up to this size they come
    /// whole, to `on_message`. 0: all but empty ones come in pieces. 64 KiB, what is read at once.
    std::size_t stream_from_bytes = std::size_t{64} << 10;

    /// Bytes of one message that comes in pieces, none of which is kept; at least 1. A client that
    /// sends more is closed with 1009. 1 GiB.
    std::uint64_t max_stream_bytes = std::uint64_t{1} << 30;

    /// Memory that messages which have not arrived whole may take, all clients together. Whose
    /// bytes go past it is closed with 1013. 0: no limit.
    std::size_t max_inbound_bytes = std::size_t{64} << 20;

    /// How long a message may take to arrive whole, once its first bytes are there; of one that
    /// comes in pieces, how long the next piece may take. 0: forever. 60 s: 512 KiB over a line of
    /// 70 kbit/s.
    Duration message_deadline = std::chrono::seconds{60};

    /// Messages from outside the shards that may wait or be on their way to members; at least 1.
    std::size_t max_inbox_messages = 4096;

    /// Their bytes; at least 1.
    std::size_t max_inbox_bytes = std::size_t{64} << 20;

    /// Framed bytes that members who are not stalled still wait for, per shard; past it the shard
    /// reads no more from its clients until it has caught up. At least 1.
    std::size_t max_unflushed_bytes = std::size_t{16} << 20;

    /// Clients written to before the shard looks at its inbox and its readers again; at least 1.
    /// 128: on loopback 0.9 ms, which is what an answer waits for behind a crowd of any size.
    std::size_t flush_slice_clients = 128;

    /// Bytes written before it does; at least 1.
    std::size_t flush_slice_bytes = std::size_t{1} << 20;

    /// Bytes of a user's id; at least 1, at most 65,534.
    std::size_t max_user_bytes = 255;

    /// With `close_oldest` and one device, a name that clients choose is the last one's to take it.
    DeviceRule device_rule = DeviceRule::refuse_newest;

    /// Bytes of a room's display name and metadata together. 0: none.
    std::size_t max_room_info_bytes = 4096;

    /// How long the host may take to answer after `JoinDecision::later`. 0: for ever. 10 s, as
    /// long as a handshake.
    Duration permission_deadline = std::chrono::seconds{10};

    /// For how long first and last devices of users are collected before `on_users` is told.
    /// 0: until the turn's end.
    Duration user_interval = std::chrono::milliseconds{100};

    /// What each client may send.
    RateOptions rate = {};

    /// What the devices of one user may send together.
    RateOptions user_rate = {};

    /// Rooms with history that nobody is in, per shard: kept for who comes back, until their
    /// history has expired; past it the one that has been empty longest ends. 0: a room ends with
    /// its last member.
    std::size_t max_lingering_rooms = 1024;

    /// What their logs may hold together, per shard; the same happens past it. 0: no limit.
    std::size_t max_lingering_bytes = std::size_t{64} << 20;

    /// Messages of the past on their way from a room's home to other shards, in bytes per shard;
    /// past it, who joins with `from_history` or `after(position)` from another shard waits for
    /// its turn. 0: no limit. Rooms hold one copy of their past per shard, whoever replays it.
    std::size_t max_replay_bytes = std::size_t{16} << 20;

    HeartbeatOptions heartbeat = {};

    /// How long one frame (of a large message: one fragment) may take. 0: forever. 10 s, as
    /// gorilla/websocket's chat.
    Duration write_deadline = std::chrono::seconds{10};

    /// How long the peer may take to answer a close frame. 0: it is not waited for.
    Duration close_wait = std::chrono::seconds{5};

    /// What `hub.shutdown()` does; `hub.shutdown(options)` may say something else.
    ShutdownOptions shutdown = {};

    /// The bounds of each client's direct messages. Their gap notices name the room "".
    RoomOptions direct = {};

    /// What becomes of spans; it lives longer than the hub and its servers. Null: there are none,
    /// at no cost.
    Tracer* tracer = nullptr;
};

/// Empty when the options make sense, else a sentence that names the first one that does not.
constexpr std::string_view problem_with(HubOptions const& options) noexcept {
    constexpr auto zero = Duration::zero();
    auto const& beat = options.heartbeat;
    if (options.shards < 1 || options.shards > 256) return "shards: must be 1 to 256";
    if (options.max_room_name_bytes < 1 || options.max_room_name_bytes > 0xffff) {
        return "max_room_name_bytes: must be 1 to 65535";
    }
    if (options.max_message_bytes < 1 || options.max_message_bytes > (1U << 30)) {
        return "max_message_bytes: must be 1 to 1073741824";
    }
    if (options.max_stream_bytes < 1) return "max_stream_bytes: must be at least 1";
    if (options.max_inbox_messages < 1) return "max_inbox_messages: must be at least 1";
    if (options.max_inbox_messages > (1U << 30)) return "max_inbox_messages: at most 1073741824";
    if (options.max_inbox_bytes < 1) return "max_inbox_bytes: must be at least 1";
    if (options.max_unflushed_bytes < 1) return "max_unflushed_bytes: must be at least 1";
    if (options.flush_slice_clients < 1) return "flush_slice_clients: must be at least 1";
    if (options.flush_slice_bytes < 1) return "flush_slice_bytes: must be at least 1";
    if (beat.ping_interval < zero) return "heartbeat.ping_interval: must not be negative";
    if (beat.pong_wait < zero) return "heartbeat.pong_wait: must not be negative";
    if (beat.idle_limit < zero) return "heartbeat.idle_limit: must not be negative";
    if (options.write_deadline < zero) return "write_deadline: must not be negative";
    if (options.message_deadline < zero) return "message_deadline: must not be negative";
    if (options.close_wait < zero) return "close_wait: must not be negative";
    if (auto const problem = problem_with(options.shutdown); !problem.empty()) return problem;
    if (options.max_user_bytes < 1 || options.max_user_bytes > 0xfffe) {
        return "max_user_bytes: must be 1 to 65534";
    }
    if (options.permission_deadline < zero) return "permission_deadline: must not be negative";
    if (options.user_interval < zero) return "user_interval: must not be negative";
    for (RateLimit const* each : {&options.rate.messages, &options.rate.bytes,
                                  &options.user_rate.messages, &options.user_rate.bytes}) {
        if (!makes_sense(*each)) return "rate: per_second must not be negative, burst at least 1";
    }
    auto const& direct = options.direct;
    if (direct.overflow == Overflow::unsubscribe) {
        return "direct.overflow: nobody can be taken out of its direct messages";
    }
    if (direct.overflow == Overflow::skip && !direct.gap_encoder.is_decided) {
        return "direct.gap_encoder: skip needs one, or silent";
    }
    if (direct.is_keyed()) return "direct: direct messages have no keys to keep or conflate";
    if (direct.flush_interval != zero) return "direct.flush_interval: must be 0";
    if (direct.history_messages != 0) return "direct.history_messages: must be 0";
    if (direct.envelope.bytes != 0) return "direct.envelope: there is none for direct messages";
    if (direct.max_lag_messages == 0 && direct.max_lag_bytes == 0 && direct.max_room_bytes == 0) {
        return "direct: needs max_lag_messages, max_lag_bytes or max_room_bytes";
    }
    return {};
}

}  // namespace pumphouse
