// SPDX-License-Identifier: MIT
//
// What the server says: a struct for each message of docs/protocol.md, to be given to `write`.
// They borrow what they say. Strings that are empty are left out where the specification says that
// the member is optional.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <pumphouse/protocol/requests.hpp>
#include <pumphouse/message/timestamp.hpp>
#include <pumphouse/room/options.hpp>
#include <pumphouse/room/position.hpp>

namespace pumphouse::protocol {

using pumphouse::Timestamp;

/// The version of docs/protocol.md.
inline constexpr std::uint64_t version = 1;

using Milliseconds = std::chrono::milliseconds;

struct Welcome {
    std::string_view id;
    std::uint64_t epoch = 0;  // of the server
    std::string_view user = {};
    ReadLimits limits = {};
    std::uint32_t max_rooms = 0;
    Milliseconds ping_interval{};
    Milliseconds pong_wait{};
    Timestamp timestamp{};
};

struct RoomJoined {
    std::string_view room;
    std::string_view request_id = {};
    Position position{};
    bool recovered = false;
    std::uint64_t replayed = 0;
    std::optional<std::span<std::string const>> members = {};
    Timestamp timestamp{};
};

enum class LeftReason : std::uint8_t { asked, too_slow, removed };

struct RoomLeft {
    std::string_view room;
    std::string_view request_id = {};
    LeftReason reason = LeftReason::asked;
};

/// What is said in a room, or to everybody.
struct Said {
    enum class To : std::uint8_t { others, all };  // room_message, broadcast

    To to = To::others;
    std::string_view room = {};  // empty: everybody
    std::string_view from = {};  // empty: the server itself
    std::string_view user = {};
    RawJson data;
    Timestamp timestamp{};
    std::string_view traceparent = {};  // empty: its sender has named no trace
};

struct SaidInPrivate {
    std::string_view from;
    std::string_view user = {};
    std::string_view to;
    RawJson data;
    Timestamp timestamp{};
    std::string_view traceparent = {};
};

struct Notification {
    std::string_view id;
    std::string_view user_id;
    std::string_view type = {};
    std::string_view title = {};
    std::string_view message = {};
    RawJson data = "null";
    Timestamp timestamp{};
    bool is_read = false;
};

/// Users who came or went: in a room, or on the server.
struct UsersChanged {
    bool came = true;
    std::string_view room = {};  // empty: the server
    std::span<std::string const> users;
    Timestamp timestamp{};
};

struct GapNotice {
    std::string_view room = {};  // empty: direct messages
    Gap gap;
};

struct Ack {
    std::string_view request_id;
};

struct EchoAnswer {
    std::string_view request_id = {};
    RawJson data;
    Timestamp timestamp{};
};

struct Pong {
    std::string_view request_id = {};
    Timestamp timestamp{};
};

struct TokenRefreshed {
    std::string_view request_id = {};
    std::optional<Milliseconds> expires_in = {};  // none: it does not expire
    Timestamp timestamp{};
};

struct ServerShutdown {
    Milliseconds retry_after{};
    Timestamp timestamp{};
};

}  // namespace pumphouse::protocol
