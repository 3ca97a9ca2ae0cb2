// SPDX-License-Identifier: MIT
//
// RoomOptions: what a kind of room does with a member that cannot keep up, and its bounds. Kinds
// are constants of the host's policy; a room gets its kind when it is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pumphouse/fwd.hpp>
#include <pumphouse/message/opcode.hpp>
#include <pumphouse/room/position.hpp>

namespace pumphouse {

/// What happens to a stalled member that falls behind by more than its room's bounds.
enum class Overflow : std::uint8_t {
    disconnect,   // it is closed with 3008 "too slow"
    skip,         // it jumps to the room's head; the range it lost is announced
    conflate,     // it gets only the newest value of each key until it has caught up
    unsubscribe,  // it is taken out of this room, keeps its others, and `on_left` is told
};

/// Records `first` to `last` of a room, both included, that a member will not get.
struct Gap {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
};

/// Writes the message that announces a gap, in the host's own protocol, to `out`. A room that
/// skips has to have one, or to say `silent`: losses nobody wants to hear of are still counted.
struct GapEncoder {
    using Function = Opcode (*)(std::string_view room, Gap gap, std::string& out);

    constexpr GapEncoder() noexcept = default;
    constexpr GapEncoder(Function encode) noexcept : function{encode}, is_decided{true} {}

    Function function = nullptr;
    bool is_decided = false;
};

inline constexpr GapEncoder silent{nullptr};

/// Bytes put before the payload of each message of a room, when its home shard gives it its place.
/// A fixed number of them, so that the size of a frame does not depend on where it stands.
struct Envelope {
    using Function = void (*)(Position at, char* out) noexcept;

    constexpr Envelope() noexcept = default;
    constexpr Envelope(std::size_t size, Function writer) noexcept
        : bytes{size}, write{writer}, is_sound{size != 0} {}
    constexpr Envelope(std::size_t size, std::nullptr_t = nullptr) noexcept
        : bytes{size}, is_sound{size == 0} {}

    std::size_t bytes = 0;
    Function write = nullptr;  // exactly `bytes`; `at.offset` is the message's own
    // Both or none. Not asked of `write` by who checks a policy: with -fsanitize=undefined, GCC has
    // no constant that says whether a function's address is null.
    bool is_sound = true;
};

struct RoomOptions {
    Overflow overflow = Overflow::disconnect;

    /// How `skip` tells a member what it lost; `silent` says nothing.
    GapEncoder gap_encoder = {};

    /// Records a stalled member may be behind. 0: not bounded by count. 256, as gorilla's chat.
    std::uint32_t max_lag_messages = 256;

    /// Framed bytes a stalled member may be behind. 0: not bounded by bytes. 1 MiB, so that 256
    /// large messages are not 256 times their size.
    std::size_t max_lag_bytes = std::size_t{1} << 20;

    /// Members across all shards. 0: no limit but the hub's clients.
    std::uint32_t max_members = 0;

    /// Whether the room knows who is in it: `Joined::members`, and `on_presence` on its home shard.
    bool presence = false;

    /// For how long changes of presence are collected before they are told. 0: until the turn's
    /// end. 100 ms: who reconnects at once is not announced.
    Duration presence_interval = std::chrono::milliseconds{100};

    /// What the log of one room may hold on one shard, all lanes, index and pinned segments
    /// together; past it the stalled members that stand farthest back overflow early.
    /// 0: no limit but the lag bounds.
    std::size_t max_room_bytes = std::size_t{16} << 20;

    /// The room's members are written to at most once in this time, and at once when the last
    /// time is longer ago: 1,000 messages a second become 10 writes a second at 100 ms. Who is
    /// written to for another reason may get what is pending early; so does everybody when what
    /// waits would make the hub stop reading or refuse producers. Rounded up to 4 ms. 0: as soon
    /// as possible.
    Duration flush_interval = Duration::zero();

    /// Every message is the newest value of a key (`keyed(key)`), and the room keeps the newest of
    /// each: that is what `join(client, room, from_history)` gives a new member, and what
    /// `conflate` gives a slow one. A room that conflates is keyed without saying so.
    bool keyed = false;

    /// Keys that a keyed room may have at a time; a message of one more is refused. 0: no limit.
    /// 10,000: the instruments of an exchange.
    std::uint32_t max_keys = 10'000;

    constexpr bool is_keyed() const noexcept { return keyed || overflow == Overflow::conflate; }

    /// Messages kept behind the newest, for who joins with `from_history` or `after(position)`
    /// and for pages. 0: no history. 100 is a chat's.
    std::uint32_t history_messages = 0;

    /// How long a message is kept at most. 0: as long as `history_messages` lets.
    Duration history_age = Duration::zero();

    /// Messages that a returning member may have missed; who has missed more is not recovered.
    /// 0: as many as are kept. 300: more is sooner read from a page.
    std::uint32_t max_replay_messages = 300;

    /// What each message begins with; the hub-wide room's have none.
    Envelope envelope = {};
};

/// Whether a message of such a room has a place that a client can come back to.
constexpr bool has_positions(RoomOptions const& options) noexcept {
    return options.history_messages != 0 || options.envelope.bytes != 0 || options.is_keyed();
}

/// A kind of room: the rooms whose name starts with `prefix`, and how they behave.
struct RoomKind {
    std::string_view prefix;
    RoomOptions options;
};

}  // namespace pumphouse
