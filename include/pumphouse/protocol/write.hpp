// SPDX-License-Identifier: MIT
//
// write: the text of what the server says, put behind what is in `out`. No document is built.
// Without state, from any thread.
//
// What goes through a room's log comes in two halves: the envelope, which the room's home shard
// writes when it knows the message's position, and the rest, which `Half::second` writes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pumphouse/protocol/answers.hpp>
#include <pumphouse/protocol/error.hpp>
#include <pumphouse/message/object_writer.hpp>

namespace pumphouse::protocol {

/// How a message of a room is written: whole, or to stand behind the room's envelope.
enum class Half : std::uint8_t { none, second };

/// 16 hexadecimal digits.
inline std::string epoch_text(std::uint64_t epoch) {
    std::string text(16, '0');
    for (std::size_t i = 16; epoch != 0; epoch >>= 4) text[--i] = "0123456789abcdef"[epoch & 0xf];
    return text;
}

namespace detail {

/// Writes an object whose members `write_members(object)` writes; its type first.
template <typename WriteMembers>
void write_object(std::string& out, Half half, std::string_view type,
                  WriteMembers&& write_members) {
    auto const fill = [&](ObjectWriter& object) {
        object.text("type", type);
        write_members(object);
    };
    if (half == Half::second) {
        ObjectWriter object{out, ObjectWriter::Continues{}};
        fill(object);
    } else {
        ObjectWriter object{out};
        fill(object);
    }
}
template <typename WriteMembers>
void write_object(std::string& out, std::string_view type, WriteMembers&& write_members) {
    write_object(out, Half::none, type, write_members);
}

inline void put_time(ObjectWriter& object, Timestamp time) {
    object.raw("timestamp", '"' + to_text(time) + '"');
}

}  // namespace detail

inline void write(Welcome const& welcome, std::string& out) {
    auto const count = [](Milliseconds time) { return static_cast<std::uint64_t>(time.count()); };
    detail::write_object(out, "welcome", [&](ObjectWriter& object) {
        object.number("protocol", version);
        object.text("id", welcome.id);
        object.text("epoch", epoch_text(welcome.epoch));
        object.text_if("user", welcome.user);
        object.object("limits", [&](ObjectWriter& limits) {
            limits.number("message_bytes", welcome.limits.max_message_bytes);
            limits.number("room_bytes", welcome.limits.max_room_bytes);
            limits.number("rooms", welcome.max_rooms);
            limits.number("request_id_bytes", welcome.limits.max_request_id_bytes);
            limits.number("depth", welcome.limits.max_depth);
        });
        object.object("heartbeat", [&](ObjectWriter& heartbeat) {
            heartbeat.number("ping_interval_ms", count(welcome.ping_interval));
            heartbeat.number("pong_wait_ms", count(welcome.pong_wait));
        });
        detail::put_time(object, welcome.timestamp);
    });
}

inline void write(RoomJoined const& joined, std::string& out) {
    detail::write_object(out, "room_joined", [&](ObjectWriter& object) {
        object.text_if("request_id", joined.request_id);
        object.text("room", joined.room);
        object.text("epoch", epoch_text(joined.position.epoch));
        object.number("offset", joined.position.offset);
        object.boolean("recovered", joined.recovered);
        object.number("replayed", joined.replayed);
        if (joined.members) object.texts("members", *joined.members);
        detail::put_time(object, joined.timestamp);
    });
}

inline void write(RoomLeft const& left, std::string& out) {
    constexpr std::string_view reasons[] = {"asked", "too_slow", "removed"};
    detail::write_object(out, "room_left", [&](ObjectWriter& object) {
        object.text_if("request_id", left.request_id);
        object.text("room", left.room);
        object.text("reason", reasons[static_cast<std::size_t>(left.reason)]);
    });
}

inline void write(Said const& said, std::string& out, Half half = Half::none) {
    std::string_view const type = said.to == Said::To::all ? "broadcast" : "room_message";
    detail::write_object(out, half, type, [&](ObjectWriter& object) {
        object.text_if("room", said.room);
        object.text_if("from", said.from);
        object.text_if("user", said.user);
        object.raw("data", said.data);
        detail::put_time(object, said.timestamp);
        object.text_if("traceparent", said.traceparent);
    });
}

inline void write(SaidInPrivate const& said, std::string& out) {
    detail::write_object(out, "private_message", [&](ObjectWriter& object) {
        object.text_if("from", said.from);
        object.text_if("user", said.user);
        object.text("to", said.to);
        object.raw("data", said.data);
        detail::put_time(object, said.timestamp);
        object.text_if("traceparent", said.traceparent);
    });
}

inline void write(Notification const& notification, std::string& out) {
    detail::write_object(out, "notification", [&](ObjectWriter& object) {
        object.object("notification", [&](ObjectWriter& inner) {
            inner.text("id", notification.id);
            inner.text("user_id", notification.user_id);
            inner.text("type", notification.type);
            inner.text("title", notification.title);
            inner.text("message", notification.message);
            inner.raw("data", notification.data);
            detail::put_time(inner, notification.timestamp);
            inner.boolean("read", notification.is_read);
        });
    });
}

inline void write(UsersChanged const& change, std::string& out, Half half = Half::none) {
    std::string type = change.came ? "user_joined" : "user_left";
    if (!change.room.empty()) type += "_room";
    detail::write_object(out, half, type, [&](ObjectWriter& object) {
        object.text_if("room", change.room);
        object.texts("users", change.users);
        detail::put_time(object, change.timestamp);
    });
}

inline void write(GapNotice const& notice, std::string& out) {
    detail::write_object(out, "gap", [&](ObjectWriter& object) {
        object.text_if("room", notice.room);
        object.number("first", notice.gap.first);
        object.number("last", notice.gap.last);
    });
}

inline void write(Ack const& ack, std::string& out) {
    detail::write_object(out, "ack",
                         [&](ObjectWriter& object) { object.text("request_id", ack.request_id); });
}

inline void write(EchoAnswer const& echo, std::string& out) {
    detail::write_object(out, "echo", [&](ObjectWriter& object) {
        object.text_if("request_id", echo.request_id);
        object.raw("data", echo.data);
        detail::put_time(object, echo.timestamp);
    });
}

inline void write(Pong const& pong, std::string& out) {
    detail::write_object(out, "pong", [&](ObjectWriter& object) {
        object.text_if("request_id", pong.request_id);
        detail::put_time(object, pong.timestamp);
    });
}

inline void write(TokenRefreshed const& refreshed, std::string& out) {
    detail::write_object(out, "token_refreshed", [&](ObjectWriter& object) {
        object.text_if("request_id", refreshed.request_id);
        if (refreshed.expires_in) {
            object.number("expires_in_ms",
                          static_cast<std::uint64_t>(refreshed.expires_in->count()));
        }
        detail::put_time(object, refreshed.timestamp);
    });
}

inline void write(ServerShutdown const& shutdown, std::string& out) {
    detail::write_object(out, "server_shutdown", [&](ObjectWriter& object) {
        object.number("retry_after_ms",
                      static_cast<std::uint64_t>(shutdown.retry_after.count()));
        detail::put_time(object, shutdown.timestamp);
    });
}

inline void write(Error const& error, std::string& out) {
    detail::write_object(out, "error", [&](ObjectWriter& object) {
        object.text("code", error.code);
        object.text("message", error.message);
        object.text_if("request_id", error.request_id);
        object.text_if("room", error.room);
        object.text_if("path", error.path);
        object.text_if("detail", error.detail);
    });
}

/// As a string of its own.
template <typename Answer>
std::string written(Answer const& answer) {
    std::string out;
    write(answer, out);
    return out;
}

}  // namespace pumphouse::protocol
