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
#include <pumphouse/server/auth/refresh_answer.hpp>

#include <chrono>
#include <memory>
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
        .shutdown = {.deadline = std::chrono::seconds{5}},
        .direct = protocol::speaking_directly(),
    };
    static_assert(options.shards == 1, "names and store are one thread's");

    static constexpr protocol::ReadLimits protocol_limits{
        .max_message_bytes = max_message_bytes,
        .max_room_bytes = 4 * max_room,
    };

    struct Session : protocol::Session {
        std::string name;
        bool has_token = false;  // which says so
    };

    // `refresh`: null where nobody has a token.
    explicit ChatPolicy(Store store, std::unique_ptr<pumphouse::TokenRefresh> refresh = {})
        : store_{std::move(store)}, refresh_{std::move(refresh)} {}

    Store& store() { return store_; }

    // /ws?name=Ada: a name belongs to whoever is there with it. Who shows a token is called what
    // that says, whatever name he asks for; a token that names nobody is good for nothing here.
    // Where some have tokens, the name of one who has none says so.
    bool on_client(auto& hub, pumphouse::ClientId client) {
        const auto& request = hub.request(client);
        const bool has_token = !request.claims.empty();
        auto name = checked_name(has_token ? request.user : request.query_value("name"));
        if (!name) return turn_away(hub, client, name.error());
        if (refresh_ && !has_token) *name += " (guest)";
        if (!names_.insert(*name).second) {
            return turn_away(hub, client,
                             {"name_taken", "Somebody is already called \"" + *name + "\"."});
        }
        hub.session(client)->name = *name;
        hub.session(client)->has_token = has_token;
        hub.identify(client, *name);
        return true;
    }

    void on_close(auto& hub, pumphouse::ClientId client, const pumphouse::CloseReason&) {
        names_.erase(hub.session(client)->name);
    }

    void on_refresh_token(auto& hub, pumphouse::ClientId client, std::string token,
                          const std::string& request_id) {
        const auto& session = *hub.session(client);
        if (refresh_ && session.has_token) {
            return protocol::answer_refresh(*refresh_, hub.hub(), client, session.name,
                                            std::move(token), request_id);
        }
        protocol::Error error{refresh_ ? protocol::ErrorCode::invalid_token
                                       : protocol::ErrorCode::unknown_type};
        error.request_id = request_id;
        protocol::send(hub, client, error);
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
    std::unique_ptr<pumphouse::TokenRefresh> refresh_;
};

}  // namespace chat
