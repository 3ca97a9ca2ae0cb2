// SPDX-License-Identifier: MIT
// ChatPolicy: the room protocol, and what this chat adds to it: names, and a store.
//
// It runs on one shard, and so on one thread: that is why it may own the names and use the store
// without a lock, and why it says so to the compiler. The price is that everybody waits while a
// message is written: some 0.1 ms with SQLite on a local disk. Where that is too long, answer
// `later` in on_said, and let a thread of its own save the draft and call `deliver`.
#pragma once

#include "json.hpp"
#include "limits.hpp"
#include "store.hpp"

#include <pumphouse/protocol.hpp>

#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace chat {

namespace protocol = pumphouse::protocol;

class ChatPolicy : public protocol::RoomProtocol<ChatPolicy> {
public:
    static constexpr pumphouse::HubOptions options{
        .max_room_name_bytes = 4 * max_room,  // the longest name in UTF-8
        .max_message_bytes = 2 * max_message_bytes,  // what is longer is not even read
        .rate = {.messages = {.per_second = 100, .burst = 200}},  // more is an error, not said
        .drain_deadline = std::chrono::seconds{5},
        .direct = protocol::speaking_directly(),
    };
    static_assert(options.shards == 1, "names and store are one thread's");

    static constexpr protocol::ReadLimits protocol_limits{
        .max_message_bytes = max_message_bytes,
        .max_room_bytes = 4 * max_room,
    };

    struct Session : protocol::Session {
        std::string name;
    };

    explicit ChatPolicy(Store store) : store_{std::move(store)} {}

    Store& store() { return store_; }

    // /ws?name=Ada. A name belongs to whoever is there with it; there are no passwords.
    bool on_client(auto& hub, pumphouse::ClientId client) {
        const auto name = checked_name(hub.request(client).query_value("name"));
        if (!name) return turn_away(hub, client, name.error());
        if (!names_.insert(*name).second) {
            return turn_away(hub, client,
                             {"name_taken", "Somebody is already called \"" + *name + "\"."});
        }
        hub.session(client)->name = *name;
        hub.identify(client, *name);
        return true;
    }

    void on_close(auto& hub, pumphouse::ClientId client, const pumphouse::CloseReason&) {
        names_.erase(hub.session(client)->name);
    }

    bool may_join(auto&, pumphouse::ClientId, std::string_view room) {
        return bool{checked_room(room)};
    }
    protocol::Error join_refusal(auto&, pumphouse::ClientId, std::string_view room) {
        return refused(checked_room(room).error());
    }

    // Saved first: what everybody gets is what a restart would bring back.
    protocol::Verdict on_said(auto&, pumphouse::ClientId, protocol::Draft& draft) {
        if (draft.kind != protocol::Draft::Kind::broadcast) {
            return protocol::ErrorCode::not_permitted;
        }
        const auto said = json::decode<Text>(draft.data);
        if (!said) return protocol::Error{"invalid_text", "data: " + said.error.text() + "."};
        const auto text = checked_text(said.value->text);
        if (!text) return refused(text.error());
        const auto saved = store_.save(draft.room, draft.user, *text, draft.timestamp);
        if (!saved) return refused(saved.error());
        draft.data = written(SavedText{saved->id, saved->text});
        return protocol::publish;
    }

private:
    static bool turn_away(auto& hub, pumphouse::ClientId client, const Error& error) {
        protocol::send(hub, client, refused(error));
        hub.close(client, pumphouse::CloseCode::bad_request, error.code);
        return false;
    }

    static protocol::Error refused(const Error& error) { return {error.code, error.message}; }

    std::set<std::string> names_;
    Store store_;
};

}  // namespace chat
