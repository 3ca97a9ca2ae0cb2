// SPDX-License-Identifier: MIT
//
// Rooms that speak the protocol: `speaking(options)` gives a kind of room the protocol's envelope
// and gap notices. And `deliver`, `answer`, `send` and `notify`, which say things in a hub of the
// protocol, from its hooks (LocalHub) as from any thread (Hub).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <pumphouse/hub/hub.hpp>
#include <pumphouse/observe/tracing/span.hpp>
#include <pumphouse/protocol/draft.hpp>
#include <pumphouse/protocol/envelope.hpp>
#include <pumphouse/protocol/write.hpp>

namespace pumphouse::protocol {

/// A room's gap notice. Direct messages are the room "".
inline Opcode write_gap(std::string_view room, Gap gap, std::string& out) {
    out.clear();
    write(GapNotice{room, gap}, out);
    return Opcode::text;
}

/// Options of a kind of room, with what the protocol needs in them.
constexpr RoomOptions speaking(RoomOptions options = {}) noexcept {
    // A room that conflates has no gaps: what it leaves out is superseded.
    bool const has_gaps = options.overflow != Overflow::conflate;
    if (has_gaps && !options.gap_encoder.is_decided) options.gap_encoder = &write_gap;
    options.envelope = {envelope_bytes, &write_envelope};
    return options;
}

/// Options of what has no positions: direct messages.
constexpr RoomOptions speaking_directly(RoomOptions options = {}) noexcept {
    options = speaking(options);
    options.envelope = {};
    return options;
}

/// Of rooms of that name.
template <typename Policy>
constexpr RoomOptions const& options_of(std::string_view room) noexcept {
    for (auto const& kind : Policy::room_kinds) {
        if (!room.empty() && room.starts_with(kind.prefix)) return kind.options;
    }
    return Policy::room;
}

namespace detail {

// One string per thread: nothing is allocated for a message once it has grown.
inline std::string& scratch() {
    thread_local std::string text;
    text.clear();
    return text;
}

// The hub-wide room has no envelope.
template <typename Policy>
Half half_for(std::string_view room) noexcept {
    bool const is_enveloped = options_of<Policy>(room).envelope.write == &write_envelope;
    return is_enveloped && !room.empty() ? Half::second : Half::none;
}

}  // namespace detail

/// Sends one of the structs of answers.hpp, or an Error, to one client.
template <template <typename> typename AnyHub, typename Policy, typename Answer>
Accepted send(AnyHub<Policy>& hub, ClientId client, Answer const& answer) {
    std::string& out = detail::scratch();
    write(answer, out);
    return hub.send(client, text(out));
}

/// Says something to a room, to everybody, or to one client, and acknowledges it when its sender
/// has asked for that. What it answers is the hub's answer; only `accepted` is acknowledged.
template <template <typename> typename AnyHub, typename Policy>
Accepted deliver(AnyHub<Policy>& hub, Draft const& draft) {
    std::string& out = detail::scratch();
    Accepted accepted{};
    std::string const traceparent =
        draft.passes_trace_on ? to_traceparent(draft.trace) : std::string{};
    std::optional<ActiveSpan> active;
    if (draft.trace.is_valid()) active.emplace(draft.trace);
    if (draft.kind == Draft::Kind::private_message) {
        write(SaidInPrivate{draft.from, draft.user, draft.to, draft.data, draft.timestamp,
                            traceparent},
              out);
        accepted = hub.send(draft.recipient, text(out));
    } else {
        bool const to_others = draft.kind == Draft::Kind::room_message;
        write(Said{to_others ? Said::To::others : Said::To::all, draft.room, draft.from,
                   draft.user, draft.data, draft.timestamp, traceparent},
              out, detail::half_for<Policy>(draft.room));
        auto const delivery = (to_others ? except(draft.client) : nobody).keyed(draft.key);
        accepted = draft.room.empty() ? hub.broadcast_all(text(out), delivery)
                                      : hub.broadcast(draft.room, text(out), delivery);
    }
    if (accepted == Accepted::accepted && !draft.request_id.empty()) {
        static_cast<void>(send(hub, draft.client, Ack{draft.request_id}));
    }
    return accepted;
}

/// Refuses a draft that was kept for later.
template <template <typename> typename AnyHub, typename Policy>
Accepted answer(AnyHub<Policy>& hub, Draft const& draft, Error error) {
    error.request_id = draft.request_id;
    error.room = draft.room;
    return send(hub, draft.client, error);
}

/// To every device of `notification.user_id`. `done` is told how many that are, on a thread of the
/// hub; with none, the hub's `on_offline` is told before. Any thread.
template <typename Policy>
Accepted notify(Hub<Policy>& hub, Notification const& notification,
                std::function<void(std::size_t devices)> done = {}) {
    std::string& out = detail::scratch();
    write(notification, out);
    return hub.notify(notification.user_id, text(out), std::move(done));
}

}  // namespace pumphouse::protocol
