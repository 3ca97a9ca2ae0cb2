// SPDX-License-Identifier: MIT
//
// What a client says: a struct for each message of docs/protocol.md. Nothing in them is about who
// the client is; that is for the server to know.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <pumphouse/observe/tracing/trace_context.hpp>
#include <pumphouse/room/position.hpp>

namespace pumphouse::protocol {

/// JSON text that is passed on as it came. It borrows from the frame it came in.
using RawJson = std::string_view;

struct JoinRoom {
    std::string room;
    std::optional<Position> since = {};
    bool history = true;  // without `since`: what the room keeps, please
};

struct LeaveRoom {
    std::string room;
};

/// To the others in a room.
struct RoomMessage {
    std::string room;
    RawJson data;
};

/// To all in a room, the sender too; without a room to everybody.
struct Broadcast {
    std::string room;
    RawJson data;
};

struct PrivateMessage {
    std::string to;
    RawJson data;
};

struct Echo {
    RawJson data;
};

struct Ping {};

/// A fresh token, so as to stay when the one it came with has expired.
struct RefreshToken {
    std::string token;
    RawJson json = {};  // the whole object
};

/// A type that is none of the above: the host's own, or unknown. `json` is the whole object.
struct OtherRequest {
    std::string type;
    RawJson json;
};

struct Request {
    std::string request_id;  // empty: none
    std::variant<JoinRoom, LeaveRoom, RoomMessage, Broadcast, PrivateMessage, Echo, Ping,
                 RefreshToken, OtherRequest>
        body;
    std::optional<TraceContext> trace = {};  // `traceparent`, if there is one and it is well-formed
};

/// What a client may say at most; `welcome` tells it.
struct ReadLimits {
    /// Bytes of a message. 64 KiB. The hub's `max_message_bytes` bounds what is read
    /// at all.
    std::size_t max_message_bytes = std::size_t{64} << 10;

    /// Objects and arrays in each other, the message itself counted. 16.
    std::size_t max_depth = 16;

    /// Bytes of a room's name. 255, as the hub's.
    std::size_t max_room_bytes = 255;

    /// Bytes of a `request_id`. 64: a UUID and something with it.
    std::size_t max_request_id_bytes = 64;
};

}  // namespace pumphouse::protocol
