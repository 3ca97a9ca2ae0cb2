// SPDX-License-Identifier: MIT
//
// Exchange: the policy of a small exchange: prices for all, desks of two, and rooms for staff only.
#pragma once

#include <pumphouse/pumphouse.hpp>

#include <array>
#include <string>
#include <string_view>

using namespace std::string_view_literals;

struct Exchange : pumphouse::DefaultPolicy {
    // The message that a member gets in place of those it was too slow for.
    static pumphouse::Opcode announce_gap(std::string_view room, pumphouse::Gap gap,
                                          std::string& out) {
        out.append(room).append(": you missed ");
        out.append(std::to_string(gap.first)).append(" to ").append(std::to_string(gap.last));
        return pumphouse::Opcode::text;
    }

    static constexpr std::array room_kinds{
        // Prices: an old one is worth nothing, so who falls behind by 8 goes on with the newest.
        pumphouse::RoomKind{.prefix = "ticker/",
                            .options = {.overflow = pumphouse::Overflow::skip,
                                        .gap_encoder = announce_gap,
                                        .max_lag_messages = 8}},
        // Talks of two. Who falls behind here is disconnected: that is the default.
        pumphouse::RoomKind{.prefix = "desk/", .options = {.max_members = 2}},
    };

    struct Session {
        bool is_staff = false;
    };

    bool may_join(auto& hub, auto client, std::string_view room) {
        return !room.starts_with("staff/") || hub.session(client)->is_staff;
    }

    // A message is the name of a room to join.
    void on_message(auto& hub, auto client, pumphouse::Message message) {
        if (message.payload == "I am staff"sv) {
            hub.session(client)->is_staff = true;
        } else if (hub.join(client, message.payload) == pumphouse::JoinRequest::refused) {
            hub.send(client, pumphouse::text("you may not join " + std::string{message.payload}));
        }
    }

    void on_joined(auto& hub, auto client, std::string_view room,
                   pumphouse::Joined const& joined) {
        hub.send(client, pumphouse::text((joined ? "joined " : "no place in ") +
                                         std::string{room}));
    }
};
