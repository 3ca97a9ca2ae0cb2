// SPDX-License-Identifier: MIT
//
// Rooms with rules of their own: kinds of rooms, told apart by how their names begin; who may join;
// how many; and what becomes of a member that cannot keep up: here it is told what it has missed.
#include <pumphouse/pumphouse.hpp>

#include <array>
#include <cstdio>
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

void listen(char const* name, pumphouse::MemoryPeer& peer) {
    while (auto const message = peer.receive()) {
        std::printf("%s hears: %s\n", name, message->payload.c_str());
    }
}

int main() {
    pumphouse::Hub<Exchange> hub;
    std::array<pumphouse::MemoryPeer, 3> peers;
    auto& [ada, bob, eve] = peers;
    auto const settle = [&] {
        while (hub.poll().more) {
        }
    };
    for (auto& peer : peers) {
        if (!hub.register_channel().push(peer.connect())) return 1;
    }
    settle();

    std::puts("-- a room for staff, and one with two places");
    ada.send(pumphouse::text("I am staff"));
    for (auto& peer : peers) {
        peer.send(pumphouse::text("staff/kitchen"));
        peer.send(pumphouse::text("desk/7"));
    }
    settle();
    listen("Ada", ada);
    listen("Bob", bob);
    listen("Eve", eve);

    std::puts("-- 100 prices; Ada keeps up, Bob does not read for a while");
    ada.send(pumphouse::text("ticker/gold"));
    bob.send(pumphouse::text("ticker/gold"));
    settle();
    listen("Ada", ada);
    listen("Bob", bob);
    bob.limit_unread_bytes(64);
    int heard_by_ada = 0;
    for (int price = 1; price <= 100; ++price) {
        auto const text = "gold " + std::to_string(price);
        if (hub.broadcast("ticker/gold", pumphouse::text(text)) != pumphouse::Accepted::accepted) {
            return 1;
        }
        settle();
        while (ada.receive()) ++heard_by_ada;
    }
    std::printf("Ada hears: %d prices\n", heard_by_ada);
    while (auto const message = bob.receive()) {
        std::printf("Bob hears: %s\n", message->payload.c_str());
        settle();
    }
}
