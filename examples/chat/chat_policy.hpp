// SPDX-License-Identifier: MIT
// ChatPolicy: what the hub does for a chat: who comes, what they say, who leaves.
//
// It runs on one shard, and so on one thread: that is why it may own the list of people and use
// the store without a lock, and why it says so to the compiler. The price is that everybody waits
// while a message is written: some 0.1 ms with SQLite on a local disk. Where that is too long, give
// the store a thread of its own that saves and then calls `hub.broadcast(...)`, which any thread
// may do.
#pragma once

#include "messages.hpp"
#include "people.hpp"
#include "store.hpp"

#include <pumphouse/pumphouse.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace chat {

class ChatPolicy : public pumphouse::DefaultPolicy {
public:
    static constexpr pumphouse::HubOptions options{
        .max_room_name_bytes = 5 + 4 * max_room,  // "room/" and the longest name in UTF-8
        .max_message_bytes = 2 * max_frame_bytes,  // what is longer is not even read
        .drain_deadline = std::chrono::seconds{5},
    };
    static_assert(options.shards == 1, "people and store are one thread's");

    struct Session {
        std::string name;
        std::string room;  // empty: in none
    };

    explicit ChatPolicy(Store store) : store_{std::move(store)} {}

    Store& store() { return store_; }

    void on_open(auto& hub, pumphouse::ClientId client) {
        say(hub, client, write_welcome(std::to_string(client.value())));
    }

    void on_message(auto& hub, pumphouse::ClientId client, pumphouse::Message frame) {
        if (!frame.is_text()) {
            return refuse(hub, client, {"invalid_format", "Only text frames are understood."});
        }
        const auto message = read_client_message(frame.payload);
        if (!message) return refuse(hub, client, message.error());
        std::visit([&](const auto& each) { handle(hub, client, each); }, *message);
    }

    void on_close(auto& hub, pumphouse::ClientId client, const pumphouse::CloseReason&) {
        leave(hub, client, *hub.session(client));
    }

private:
    void handle(auto& hub, pumphouse::ClientId client, const JoinRoom& wish) {
        Session& session = *hub.session(client);
        if (session.room == wish.room && session.name == wish.name) {
            return say(hub, client, write_room_joined(wish.room, wish.name, people_.in(wish.room)));
        }
        if (!people_.enter(wish.room, wish.name)) {
            return refuse(hub, client, name_taken(wish.room, wish.name));
        }
        leave(hub, client, session);
        session = {wish.name, wish.room};
        // These rooms have no limit of members, so a request is as good as the answer: whatever
        // is broadcast from here on reaches the client, and behind what it is sent here.
        hub.join(client, hub_room(wish.room));
        say(hub, client, write_room_joined(wish.room, wish.name, people_.in(wish.room)));
        tell(hub, wish.room, write_user_joined_room(wish.room, wish.name),
             pumphouse::except(client));
    }

    void handle(auto& hub, pumphouse::ClientId client, const LeaveRoom& wish) {
        Session& session = *hub.session(client);
        if (session.room != wish.room) return refuse(hub, client, not_in_room(wish.room));
        leave(hub, client, session);
    }

    // Saved first: what everybody gets is what a restart would bring back.
    void handle(auto& hub, pumphouse::ClientId client, const ChatMessage& said) {
        const Session& session = *hub.session(client);
        if (session.room != said.room) return refuse(hub, client, not_in_room(said.room));
        const auto saved = store_.save(said.room, session.name, said.text);
        if (!saved) return refuse(hub, client, saved.error());
        tell(hub, said.room, write_chat_message(*saved));
    }

    void leave(auto& hub, pumphouse::ClientId client, Session& session) {
        if (session.room.empty()) return;
        const Session old = std::exchange(session, {});
        people_.leave(old.room, old.name);
        hub.leave(client, hub_room(old.room));
        tell(hub, old.room, write_user_left_room(old.room, old.name));
    }

    // A prefix of its own keeps what clients call their rooms apart from all other rooms that the
    // hub may get, and kinds of rooms (`room_kinds`) can be told by it.
    static std::string hub_room(std::string_view room) { return std::string{"room/"}.append(room); }

    static void say(auto& hub, pumphouse::ClientId client, std::string_view json) {
        hub.send(client, pumphouse::text(json));
    }

    static void tell(auto& hub, std::string_view room, std::string_view json,
                     pumphouse::Delivery how = pumphouse::nobody) {
        hub.broadcast(hub_room(room), pumphouse::text(json), how);
    }

    static void refuse(auto& hub, pumphouse::ClientId client, const Error& error) {
        say(hub, client, write_error(error));
    }

    People people_;
    Store store_;
};

}  // namespace chat
