// SPDX-License-Identifier: MIT
//
// LocalHub: the hub as a hook sees it, from inside its shard. Its verbs append or enqueue; none
// waits, none is refused for a full budget, none writes to a socket or calls another hook.
#pragma once

#include <string>
#include <string_view>

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
        if (!hub_.allows(*this, client, room)) return JoinRequest::refused;
        return shard_.join(client, room, since);
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

    bool is_member(ClientId client, std::string_view room) const noexcept {
        return shard_.is_member(client, room);
    }

    /// What became of everything that was due to a member; `{}` names the hub-wide room.
    Ledger ledger(ClientId client, std::string_view room) const noexcept {
        return shard_.ledger(client, room);
    }

    /// One moment per turn.
    Time now() const noexcept { return shard_.now(); }

    void shutdown() noexcept { hub_.shutdown(); }

    /// The hub as any thread sees it.
    Hub<Policy>& hub() noexcept { return hub_; }

private:
    Hub<Policy>& hub_;
    Shard& shard_;
};

}  // namespace pumphouse
