// SPDX-License-Identifier: MIT
//
// RoomProtocol: a policy that speaks the JSON room protocol of docs/protocol.md. A whole chat:
//
//   struct Chat : pumphouse::protocol::RoomProtocol<Chat> {};
//   pumphouse::Hub<Chat> hub;
//
// A host changes what it wants to be different; all of it is optional. `hub` is a LocalHub<Host>&.
//
//   void on_client(hub, client)               it is there, and not welcomed yet: tell the hub who
//                                             it is, or join it to rooms. Or a bool: no, it has
//                                             been turned away and is not welcomed
//   bool may_join(hub, client, room)          the hub's own hook; no: `join_refused`
//   Error join_refusal(hub, client, room)     says something better than `join_refused`
//   Verdict on_said(hub, client, Draft&)      before anybody gets it: change it, refuse it, or
//                                             keep it and `deliver` it later
//   void on_refresh_token(hub, client, std::string token, std::string const& request_id)
//                                             a fresh token: answers TokenRefreshed or an Error, at
//                                             once or later. Without it: `on_request`
//   bool on_request(hub, client, OtherRequest const&, std::string const& request_id)
//                                             a type of the host's own; no: `unknown_type`
//   MessageType type_of(OtherRequest const&)  which one, for metrics and spans; else "other"
//
// The hub's other hooks are taken. A host that needs one shadows it and calls this one's from
// there: `RoomProtocol::on_joined(hub, client, room, joined)`. Hooks run on the client's shard.
#pragma once

#include <chrono>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <pumphouse/hub/hub.hpp>
#include <pumphouse/protocol/check_host.hpp>
#include <pumphouse/protocol/read.hpp>
#include <pumphouse/protocol/rooms.hpp>
#include <pumphouse/protocol/session.hpp>

namespace pumphouse::protocol {

template <typename Host>
class RoomProtocol : public DefaultPolicy {
public:
    /// A host's own session inherits `protocol::Session`.
    using Session = protocol::Session;

    /// What clients may say; the hub's `max_message_bytes` has to be larger.
    static constexpr ReadLimits protocol_limits{};

    static constexpr HubOptions options{.direct = speaking_directly()};

    /// A chat's rooms: who is there, and the last 100 messages for who comes.
    static constexpr RoomOptions room = speaking({.presence = true, .history_messages = 100});
    static constexpr RoomOptions user_room = speaking_directly();

    /// Whether clients may `broadcast` to everybody on the server.
    static constexpr bool allows_broadcast_to_all = false;

    /// Whether everybody is told of all users who come to the server and leave it. Not by default:
    /// among many that is much, and to whom it may concern is in a room with them.
    static constexpr bool announces_users = false;

    /// The time that messages are stamped with.
    using wall_clock = std::chrono::system_clock;

    static Timestamp wall_time() {
        return std::chrono::floor<Milliseconds>(Host::wall_clock::now());
    }

    /// The server's incarnation, as `welcome` tells it.
    std::uint64_t epoch() const noexcept { return epoch_; }

    void on_open(auto& hub, ClientId client) {
        static_assert(std::is_base_of_v<protocol::Session, typename Host::Session>,
                      "RoomProtocol: the host's Session must inherit protocol::Session");
        static_assert(Host::protocol_limits.max_message_bytes <= Host::options.max_message_bytes,
                      "RoomProtocol: protocol_limits.max_message_bytes is more than the hub's");
        static_assert(Host::protocol_limits.max_room_bytes <= Host::options.max_room_name_bytes,
                      "RoomProtocol: protocol_limits.max_room_bytes is more than the hub's");
        detail::check_host<Host, std::remove_reference_t<decltype(hub)>>();
        if constexpr (requires {
                          { host().on_client(hub, client) } -> std::same_as<bool>;
                      }) {
            if (!host().on_client(hub, client)) return;
        } else if constexpr (detail::has_on_client<Host>) {
            host().on_client(hub, client);
        }
        auto const& heartbeat = Host::options.heartbeat;
        auto const id = hub.public_id(client);
        auto const user = hub.user_of(client);
        send(hub, client,
             Welcome{.id = id,
                     .epoch = epoch_,
                     .user = user,
                     .limits = Host::protocol_limits,
                     .max_rooms = Host::options.max_rooms_per_client,
                     .ping_interval = std::chrono::floor<Milliseconds>(heartbeat.ping_interval),
                     .pong_wait = std::chrono::floor<Milliseconds>(heartbeat.pong_wait),
                     .timestamp = wall_time()});
    }

    void on_message(auto& hub, ClientId client, Message message) {
        if (!message.is_text()) {
            Error error{ErrorCode::invalid_format};
            error.detail = "a binary frame";
            return refuse(hub, client, std::move(error));
        }
        auto result = read(message.payload, Host::protocol_limits);
        if (auto* const error = std::get_if<Error>(&result)) {
            return refuse(hub, client, std::move(*error));
        }
        auto& request = std::get<Request>(result);
        TraceContext const sender = request.trace.value_or(TraceContext{});
        TraceContext const own = hub.trace(type_of_request(request), sender);
        Asking asking{request.request_id, own.is_valid() ? own : sender,
                      request.trace.has_value()};
        std::visit([&](auto& body) { obey(hub, client, body, asking); }, request.body);
    }

    void on_joined(auto& hub, ClientId client, std::string_view name, Joined const& joined) {
        std::string const request_id = session(hub, client).answered(name);
        if (joined.result == JoinResult::full) {
            return refuse(hub, client, ErrorCode::room_full, request_id, name);
        }
        if (!joined) return refuse_room(hub, client, request_id, name);
        RoomJoined answer{.room = name,
                          .request_id = request_id,
                          .position = joined.position,
                          .recovered = joined.recovered,
                          .replayed = joined.replayed,
                          .timestamp = wall_time()};
        if (options_of<Host>(name).presence) answer.members = joined.members;
        send(hub, client, answer);
    }

    void on_left(auto& hub, ClientId client, std::string_view name, LeftBecause because) {
        bool const is_slow = because == LeftBecause::lag;
        send(hub, client,
             RoomLeft{.room = name,
                      .reason = is_slow ? LeftReason::too_slow : LeftReason::removed});
    }

    void on_presence(auto& hub, std::string_view name, PresenceChange const& change) {
        auto const tell = [&](bool came, std::vector<std::string> const& users) {
            if (users.empty()) return;
            std::string& out = detail::scratch();
            write(UsersChanged{came, name, users, wall_time()}, out, detail::half_for<Host>(name));
            hub.broadcast(name, text(out));
        };
        tell(false, change.left);
        tell(true, change.joined);
    }

    void on_users(auto& hub, UserChange const& change) {
        if constexpr (Host::announces_users) {
            auto const tell = [&](bool came, std::vector<std::string> const& users) {
                if (users.empty()) return;
                std::string& out = detail::scratch();
                write(UsersChanged{came, {}, users, wall_time()}, out);
                hub.broadcast_all(text(out));
            };
            tell(false, change.went);
            tell(true, change.came);
        }
    }

    void on_rate_limited(auto& hub, ClientId client) {
        send(hub, client, Error{ErrorCode::rate_limited});
    }

    void on_shutdown(auto& hub, ClientId client, Milliseconds retry_after) {
        send(hub, client, ServerShutdown{retry_after, wall_time()});
    }

private:
    Host& host() noexcept { return static_cast<Host&>(*this); }

    static protocol::Session& session(auto& hub, ClientId client) {
        return *hub.session(client);
    }

    /// What a request's answer and whatever comes of it need to know of it.
    struct Asking {
        std::string& request_id;
        TraceContext trace;  // its span, or without a tracer its sender's
        bool passes_trace_on;
    };

    MessageType type_of_request(Request const& request) {
        struct Type {
            Host& host;
            MessageType operator()(JoinRoom const&) const { return "join_room"; }
            MessageType operator()(LeaveRoom const&) const { return "leave_room"; }
            MessageType operator()(RoomMessage const&) const { return "room_message"; }
            MessageType operator()(Broadcast const&) const { return "broadcast"; }
            MessageType operator()(PrivateMessage const&) const { return "private_message"; }
            MessageType operator()(Echo const&) const { return "echo"; }
            MessageType operator()(Ping const&) const { return "ping"; }
            MessageType operator()(RefreshToken const&) const { return "refresh_token"; }
            MessageType operator()(OtherRequest const& own) const {
                if constexpr (detail::has_type_of<Host>) {
                    return host.type_of(own);
                } else {
                    return "other";
                }
            }
        };
        return std::visit(Type{host()}, request.body);
    }

    static void refuse(auto& hub, ClientId client, Error error) { send(hub, client, error); }
    static void refuse(auto& hub, ClientId client, Error error, std::string_view request_id,
                       std::string_view room = {}) {
        error.request_id = request_id;
        error.room = room;
        send(hub, client, error);
    }

    void refuse_room(auto& hub, ClientId client, std::string_view request_id,
                     std::string_view room) {
        if constexpr (detail::has_join_refusal<Host>) {
            refuse(hub, client, host().join_refusal(hub, client, room), request_id, room);
        } else {
            refuse(hub, client, ErrorCode::join_refused, request_id, room);
        }
    }

    void obey(auto& hub, ClientId client, JoinRoom& wish, Asking& asking) {
        std::string& id = asking.request_id;
        Since const since = wish.since     ? after(*wish.since)
                            : wish.history ? from_history
                                           : from_now;
        switch (hub.join(client, wish.room, since)) {
            case JoinRequest::requested:
                return session(hub, client).asked(wish.room, std::move(id));
            case JoinRequest::refused: return refuse_room(hub, client, id, wish.room);
            case JoinRequest::already:
                return refuse(hub, client, ErrorCode::already_in_room, id, wish.room);
            case JoinRequest::too_many_rooms:
                return refuse(hub, client, ErrorCode::too_many_rooms, id, wish.room);
            case JoinRequest::bad_name:
                return refuse(hub, client, ErrorCode::invalid_field, id, wish.room);
            case JoinRequest::gone: return;  // it is closing: nobody would hear
        }
    }

    void obey(auto& hub, ClientId client, LeaveRoom& wish, Asking& asking) {
        if (!hub.leave(client, wish.room)) {
            return refuse(hub, client, ErrorCode::not_in_room, asking.request_id, wish.room);
        }
        session(hub, client).answered(wish.room);  // leaving takes the wish to join back
        send(hub, client, RoomLeft{.room = wish.room, .request_id = asking.request_id});
    }

    void obey(auto& hub, ClientId client, RoomMessage& said, Asking& asking) {
        say(hub, client, Draft::Kind::room_message, std::move(said.room), said.data, asking);
    }

    void obey(auto& hub, ClientId client, Broadcast& said, Asking& asking) {
        if (said.room.empty() && !Host::allows_broadcast_to_all) {
            return refuse(hub, client, ErrorCode::not_permitted, asking.request_id);
        }
        say(hub, client, Draft::Kind::broadcast, std::move(said.room), said.data, asking);
    }

    void say(auto& hub, ClientId client, Draft::Kind kind, std::string name, RawJson data,
             Asking& asking) {
        if (!name.empty() && !hub.is_member(client, name)) {
            return refuse(hub, client, ErrorCode::not_in_room, asking.request_id, name);
        }
        Draft draft = stamped(hub, client, kind, data, asking);
        draft.room = std::move(name);
        judge(hub, draft);
    }

    void obey(auto& hub, ClientId client, PrivateMessage& said, Asking& asking) {
        ClientId const recipient = hub.client_of(said.to);
        if (!recipient) return refuse(hub, client, ErrorCode::user_not_found, asking.request_id);
        Draft draft = stamped(hub, client, Draft::Kind::private_message, said.data, asking);
        draft.to = std::move(said.to);
        draft.recipient = recipient;
        judge(hub, draft);
    }

    void obey(auto& hub, ClientId client, Echo const& echo, Asking& asking) {
        send(hub, client, EchoAnswer{asking.request_id, echo.data, wall_time()});
    }

    void obey(auto& hub, ClientId client, Ping, Asking& asking) {
        send(hub, client, Pong{asking.request_id, wall_time()});
    }

    void obey(auto& hub, ClientId client, RefreshToken& fresh, Asking& asking) {
        std::string const& id = asking.request_id;
        if constexpr (detail::has_on_refresh_token<Host>) {
            host().on_refresh_token(hub, client, std::move(fresh.token), id);
        } else {
            obey(hub, client, OtherRequest{"refresh_token", fresh.json}, asking);
        }
    }

    void obey(auto& hub, ClientId client, OtherRequest const& request, Asking& asking) {
        if constexpr (detail::has_on_request<Host>) {
            if (host().on_request(hub, client, request, std::as_const(asking.request_id))) return;
        }
        refuse(hub, client, ErrorCode::unknown_type, asking.request_id);
    }

    /// What a client says, with what the server knows of it. Nothing of it is the client's word.
    static Draft stamped(auto& hub, ClientId client, Draft::Kind kind, RawJson data,
                         Asking& asking) {
        Draft draft;
        draft.kind = kind;
        draft.data = data;
        draft.from = hub.public_id(client);
        draft.user = hub.user_of(client);
        draft.request_id = std::move(asking.request_id);
        draft.trace = asking.trace;
        draft.passes_trace_on = asking.passes_trace_on;
        draft.timestamp = wall_time();
        draft.client = client;
        return draft;
    }

    void judge(auto& hub, Draft& draft) {
        if constexpr (detail::has_on_said<Host>) {
            Verdict verdict = host().on_said(hub, draft.client, draft);
            if (verdict.what() == Verdict::What::later) return;
            if (verdict.what() == Verdict::What::refuse) {
                answer(hub, draft, std::move(verdict.error()));
                return;
            }
        }
        switch (deliver(hub, draft)) {
            case Accepted::gone: answer(hub, draft, ErrorCode::user_not_found); return;
            case Accepted::too_large: answer(hub, draft, ErrorCode::too_large); return;
            case Accepted::closed: answer(hub, draft, ErrorCode::shutting_down); return;
            case Accepted::full:
            case Accepted::bad_room:
            case Accepted::needs_key:  // of a keyed room; on_said is where a message gets its key
            case Accepted::no_fragments:
            case Accepted::too_many_keys: answer(hub, draft, ErrorCode::refused); return;
            case Accepted::accepted: return;
        }
    }

    std::uint64_t epoch_ = Host::random();
};

}  // namespace pumphouse::protocol
