// SPDX-License-Identifier: MIT
//
// Policy: what a host tells its hub, as one flat struct. Inherit `DefaultPolicy` and shadow what
// is to be different. Hooks are member functions, all optional; `hub` is a `LocalHub<Policy>&`
// (or `auto&`), `client` a `ClientId`:
//
//   void on_open(hub, client)                       a client is there
//   void on_message(hub, client, value)             of the codec; with RawCodec a Message
//   void on_chunk(hub, client, Chunk const&)        a piece of a message over `stream_from_bytes`;
//                                                   without on_message: of every message
//   void on_bad_message(hub, client, std::string_view why)
//                                                   the codec refused it; default: close 3501
//   void on_joined(hub, client, std::string_view room, Joined const&)
//   void on_left(hub, client, std::string_view room, LeftBecause)
//                                                   taken out of a room, not by a hook's `leave`
//   bool may_join(hub, client, std::string_view room)
//                                                   default: yes. Or a JoinDecision: after `later`
//                                                   the host calls permit or refuse, any thread
//   void on_presence(hub, std::string_view room, PresenceChange const&)
//                                                   of rooms with presence, on their home shard
//   void on_users(hub, UserChange const&)           first devices in, last devices out
//   void on_offline(hub, std::string_view user, Message)   `notify` found no device
//   void on_rate_limited(hub, client)               it sends more than it may
//   void on_close(hub, client, CloseReason const&)  once, last; its id names nobody any more
//   void on_shutdown(hub, client, std::chrono::milliseconds retry_after)
//                                                   it is closed next; what is sent here still
//                                                   goes out, and should say when to come back
//   void on_log(LogRecord const&)                   what the operator should know; see there
//
// Hooks run on the client's shard and must not block. They may call every verb of `hub`, for any
// client. One that throws closes its client with 1011 and nothing else. With several shards one
// policy object serves them all at once: what it owns must bear that.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <random>

#include <pumphouse/codec/raw_codec.hpp>
#include <pumphouse/hub/options.hpp>
#include <pumphouse/room/options.hpp>

namespace pumphouse {

struct DefaultPolicy {
    /// How messages become values.
    using codec = RawCodec;

    /// Text, binary or both; a client that sends another kind is closed with 1003.
    static constexpr Accepts accepts = Accepts::both;

    /// The host's own data of each client; default-constructed with it, ended with it.
    struct Session {};

    /// A steady clock.
    using clock = std::chrono::steady_clock;

    /// 64 bits that nobody can guess: for epochs and the secret behind public ids. Any thread. The
    /// operating system's.
    static std::uint64_t random() {
        thread_local std::random_device device;
        return std::uint64_t{device()} << 32 | device();
    }

    static constexpr HubOptions options{};

    /// Rooms whose name starts with no kind's prefix, and the hub-wide room; that has neither
    /// history nor envelope.
    static constexpr RoomOptions room{};

    /// The rooms that users are: bounds of what waits for a device, and with `max_members` how many
    /// devices a user may have.
    static constexpr RoomOptions user_room{};

    /// Kinds of rooms, the first whose prefix fits. All constants, so that a combination that
    /// makes no sense does not compile.
    static constexpr std::array<RoomKind, 0> room_kinds{};
};

}  // namespace pumphouse
