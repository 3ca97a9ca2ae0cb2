// SPDX-License-Identifier: MIT
//
// add_settings(settings, HubOptions&): every option of a hub that can be said in a file. Not
// `shards`, which a policy is written for, and not `direct`. docs/limits.md says more about each.
#pragma once

#include <string>

#include <pumphouse/hub/options.hpp>
#include <pumphouse/server/settings/settings.hpp>

namespace pumphouse {

namespace detail {

inline void add_client_settings(Settings& settings, HubOptions& options) {
    settings.add("websocket.max_clients", options.max_clients, "At a time; 0: as many as can be");
    settings.add("websocket.max_rooms_per_client", options.max_rooms_per_client, "0: no limit");
    settings.add("websocket.max_message_bytes", options.max_message_bytes, "Either direction");
    settings.add("websocket.compress_from_bytes", options.compress_from_bytes,
                 "Text that goes out compressed to who takes it so; 0: none");
    settings.add("websocket.compress_binary", options.compress_binary, "Binary messages too");
    settings.add("websocket.stream_from_bytes", options.stream_from_bytes,
                 "Larger ones come in pieces, where the program takes pieces");
    settings.add("websocket.max_stream_bytes", options.max_stream_bytes,
                 "A message that comes in pieces");
    settings.add("websocket.max_inbound_bytes", options.max_inbound_bytes,
                 "Messages that are not whole yet, of all clients; 0: no limit");
    settings.add("websocket.message_deadline", options.message_deadline,
                 "Until a message is whole; 0: for ever");
    settings.add("websocket.ping_interval", options.heartbeat.ping_interval, "0: no pings");
    settings.add("websocket.pong_wait", options.heartbeat.pong_wait, "For a pong; 0: for ever");
    settings.add("websocket.any_traffic", options.heartbeat.any_traffic,
                 "Any message is as good as a pong");
    settings.add("websocket.idle_limit", options.heartbeat.idle_limit,
                 "Who says nothing for so long is closed; 0: nobody is");
    settings.add("websocket.write_deadline", options.write_deadline,
                 "For one frame to go out; 0: for ever");
    settings.add("websocket.close_wait", options.close_wait,
                 "For the peer's close frame; 0: not waited for");
}

// `name` is empty, or "user_".
inline void add_rate_settings(Settings& settings, RateOptions& options, std::string const& name,
                              std::string const& whose) {
    std::string const key = "security." + name;
    settings.add(key + "messages_per_second", options.messages.per_second,
                 "Of " + whose + "; 0: no limit");
    settings.add(key + "messages_burst", options.messages.burst, "At once");
    settings.add(key + "traffic_per_second", options.bytes.per_second,
                 "Bytes of " + whose + "; 0: no limit");
    settings.add(key + "traffic_burst", options.bytes.burst, "Bytes at once");
    settings.add(key + "rate_action", options.action, "What happens to a message over the limit",
                 {{"drop", RateAction::drop},
                  {"error", RateAction::error},
                  {"disconnect", RateAction::disconnect}});
}

inline void add_inbox_settings(Settings& settings, HubOptions& options) {
    settings.add("hub.max_inbox_messages", options.max_inbox_messages,
                 "Accepted from other threads, not fanned out yet");
    settings.add("hub.max_inbox_bytes", options.max_inbox_bytes, "The same");
    settings.add("hub.max_unflushed_bytes", options.max_unflushed_bytes,
                 "Framed, per shard; past it nothing is read");
    settings.add("hub.flush_slice_clients", options.flush_slice_clients, "Written to in one go");
    settings.add("hub.flush_slice_bytes", options.flush_slice_bytes, "Written in one go");
}

inline void add_room_settings(Settings& settings, HubOptions& options) {
    settings.add("hub.max_room_name_bytes", options.max_room_name_bytes, "A room's name");
    settings.add("hub.max_room_info_bytes", options.max_room_info_bytes,
                 "What a room is called and what is known of it; 0: none");
    settings.add("hub.max_user_bytes", options.max_user_bytes, "A user's id");
    settings.add("hub.device_rule", options.device_rule,
                 "Who gives way when a user has too many devices",
                 {{"refuse_newest", DeviceRule::refuse_newest},
                  {"close_oldest", DeviceRule::close_oldest}});
    settings.add("hub.user_interval", options.user_interval, "Between two reports of users");
    settings.add("hub.permission_deadline", options.permission_deadline,
                 "For an answer to who may join; 0: for ever");
    settings.add("hub.max_lingering_rooms", options.max_lingering_rooms,
                 "Empty ones whose history is kept, per shard; 0: none");
    settings.add("hub.max_lingering_bytes", options.max_lingering_bytes,
                 "Their history; 0: no limit");
    settings.add("hub.max_replay_bytes", options.max_replay_bytes,
                 "History on its way between shards; 0: no limit");
}

inline void add_shutdown_settings(Settings& settings, ShutdownOptions& options) {
    settings.add("hub.shutdown_deadline", options.deadline,
                 "For clients to take what was accepted when it ends; 0: none");
    settings.add("hub.shutdown_batch_clients", options.batch_clients,
                 "Closed at a time; 0: all at once");
    settings.add("hub.shutdown_batch_interval", options.batch_interval, "Between two batches");
    settings.add("hub.reconnect_spread", options.reconnect_spread,
                 "Over which the clients' coming back is spread; 0: none");
}

}  // namespace detail

inline void add_settings(Settings& settings, HubOptions& options) {
    detail::add_client_settings(settings, options);
    detail::add_rate_settings(settings, options.rate, "", "a client");
    detail::add_rate_settings(settings, options.user_rate, "user_", "all devices of a user");
    detail::add_inbox_settings(settings, options);
    detail::add_room_settings(settings, options);
    detail::add_shutdown_settings(settings, options.shutdown);
}

}  // namespace pumphouse
