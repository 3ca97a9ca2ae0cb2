// SPDX-License-Identifier: MIT
//
// Joining a room: a request, its answer at once, and its outcome, which `on_joined` is told; and
// why a member is in it no more, which `on_left` is told.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <pumphouse/room/position.hpp>

namespace pumphouse {

/// What `join` answers at once.
enum class JoinRequest : std::uint8_t {
    requested,       // `on_joined` will tell
    refused,         // the policy's `may_join` said no
    already,         // is a member, or has asked already
    gone,            // the client is closing or closed
    bad_name,        // empty, or longer than `max_room_name_bytes`
    too_many_rooms,  // `max_rooms_per_client`
};

enum class JoinResult : std::uint8_t {
    joined,
    full,     // `max_members` of the room
    refused,  // the host said no, later
};

/// What `on_joined` is told. Good until the hook returns.
struct Joined {
    JoinResult result = JoinResult::joined;

    /// Whether `after(position)` was granted: all that was missed follows. Else nothing does, and
    /// the client has to get a fresh start some other way.
    bool recovered = false;

    /// The room's newest message when this member came in.
    Position position{};

    /// Messages of the past that this member gets before new ones.
    std::uint64_t replayed = 0;

    /// Who is there, in rooms with presence.
    std::vector<std::string> members{};

    explicit operator bool() const noexcept { return result == JoinResult::joined; }
};

/// What `on_left` is told: why a client is no member any more. It is not told of what the hook
/// that runs has done itself with `leave`, nor of closing.
enum class LeftBecause : std::uint8_t {
    lag,   // it was stalled and over the bounds of a room with `Overflow::unsubscribe`
    host,  // `Hub::leave`
};

}  // namespace pumphouse
