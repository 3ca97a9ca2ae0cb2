// SPDX-License-Identifier: MIT
//
// LocalHub: the hub as a hook sees it, from inside its shard. Its verbs append or enqueue; none
// waits, none is refused for a full budget, none writes to a socket or calls another hook.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <pumphouse/hub/shard.hpp>

namespace pumphouse {

template <typename Policy>
class LocalHub {
public:
    using Value = typename Policy::codec::value_type;
    using Session = typename Policy::Session;

    LocalHub(Hub<Policy>& hub, Shard& shard) noexcept : hub_{hub}, shard_{shard} {}

    /// Asks for a room; the outcome comes through `on_joined`. From here on the client gets what
    /// this hook broadcasts to the room, too.
    JoinRequest join(ClientId client, std::string_view room, Since since = from_now) {
        if (!shard_.is_open(client)) return JoinRequest::gone;
        JoinDecision const decision = hub_.decide(*this, client, room);
        if (decision == JoinDecision::refuse) return JoinRequest::refused;
        return shard_.join(client, room, since, decision);
    }

    /// False when it was no member and had not asked.
    bool leave(ClientId client, std::string_view room) { return shard_.leave(client, room); }

    /// To all members of a room, but one if asked: `except(client)`; in a keyed room `keyed(key)`.
    Accepted broadcast(std::string_view room, Message message, Delivery delivery = nobody) {
        return shard_.broadcast(room, message, delivery);
    }
    Accepted broadcast(std::string_view room, Value const& value, Delivery delivery = nobody)
        requires(!std::same_as<Value, Message>)
    {
        return shard_.broadcast(room, hub_.encode(value), delivery);
    }

    /// Forgets the value of a key of a keyed room: who joins or catches up later does not get it.
    /// Nobody is told; a host that wants that broadcasts a last value first.
    Accepted erase(std::string_view room, std::uint64_t key) { return shard_.erase(room, key); }
    Accepted erase(std::string_view room, std::string_view key) {
        return shard_.erase(room, key_of(key));
    }

    /// To every client of the hub.
    Accepted broadcast_all(Message message, Delivery delivery = nobody) {
        return shard_.broadcast_all(message, delivery);
    }

    /// To one client.
    Accepted send(ClientId client, Message message) { return shard_.send(client, message); }
    Accepted send(ClientId client, Value const& value)
        requires(!std::same_as<Value, Message>)
    {
        return shard_.send(client, hub_.encode(value));
    }

    /// To all devices of a user.
    Accepted send_to_user(std::string_view user, Message message) {
        return shard_.send_to_user(user, message);
    }
    Accepted send_to_user(std::string_view user, Value const& value)
        requires(!std::same_as<Value, Message>)
    {
        return shard_.send_to_user(user, hub_.encode(value));
    }

    /// Says who a client is, once; from then on it is one of the user's devices. Only from what
    /// was verified. False when it was said before, is empty or too long, and when the client is
    /// known already to a room with presence, where it counts under another name. A client that is
    /// one more than `Policy::user_room`'s `max_members` is closed with 1008.
    bool identify(ClientId client, std::string_view user) {
        return shard_.identify(client, user);
    }

    /// Who a client of this shard is; empty when that is not known.
    std::string_view user_of(ClientId client) const noexcept { return shard_.user_of(client); }

    std::string public_id(ClientId client) const { return hub_.public_id(client); }
    ClientId client_of(std::string_view public_id) const noexcept {
        return hub_.client_of(public_id);
    }

    /// To one client, a message that is read from its source piece by piece, as the client takes
    /// it: in order with what else is sent to it, which waits meanwhile. Where it is not accepted,
    /// the source ends at once.
    Accepted send_stream(ClientId client, Opcode opcode, std::unique_ptr<PayloadSource> source) {
        return shard_.send_stream(client, opcode, std::move(source));
    }

    /// What is pending goes out first. False when it is closing or gone. `text` is at most 123
    /// bytes, and reaches the peer only when the client lives on this shard.
    bool close(ClientId client, CloseCode code = CloseCode::normal, std::string_view text = {}) {
        return shard_.close(client, code, text);
    }

    /// When its token ends: closed with 3005 then, unless it is set again. `Time::max()`: never.
    /// False when it is closing or gone.
    bool set_expiry(ClientId client, Time at) { return shard_.set_expiry(client, at); }

    /// How a client came; while its `on_open` runs, empty afterwards and for clients of no server.
    ClientRequest const& request(ClientId client) const noexcept {
        return shard_.request(client);
    }

    /// The session of a client of this shard, also inside its `on_close`; null for others.
    Session* session(ClientId client) const noexcept {
        return static_cast<Session*>(shard_.session(client));
    }

    /// Of which type the message is that `on_message` has, for metrics and spans. A literal; the
    /// first one counts. Said before anything is broadcast or sent, it is in the span's name, too.
    void message_is(MessageType type) noexcept { shard_.message_is(type); }

    /// The same, and begins its span `websocket.process_<type>`; `sender`: the span that it says it
    /// comes from. The span's context; invalid where there is no tracer.
    TraceContext trace(MessageType type, TraceContext const& sender = {}) noexcept {
        return shard_.trace(type, sender);
    }

    /// Whether there is a tracer, in `on_message`.
    bool is_traced() const noexcept { return shard_.is_traced(); }

    bool is_member(ClientId client, std::string_view room) const noexcept {
        return shard_.is_member(client, room);
    }

    /// Where a room is now: who joins with `after` it gets what is broadcast from here on. None
    /// (epoch 0) for a room that is not there, has no positions, or has its home on another shard.
    Position position(std::string_view room) const noexcept { return shard_.position(room); }

    /// What became of everything that was due to a member; `{}` names the hub-wide room.
    Ledger ledger(ClientId client, std::string_view room) const noexcept {
        return shard_.ledger(client, room);
    }

    /// One moment per turn.
    Time now() const noexcept { return shard_.now(); }

    void shutdown() noexcept { hub_.shutdown(); }
    void shutdown(ShutdownOptions const& options) { hub_.shutdown(options); }

    /// The hub as any thread sees it.
    Hub<Policy>& hub() noexcept { return hub_; }

private:
    Hub<Policy>& hub_;
    Shard& shard_;
};

}  // namespace pumphouse
