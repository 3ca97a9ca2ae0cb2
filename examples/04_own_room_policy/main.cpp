// SPDX-License-Identifier: MIT
//
// Rooms with rules of their own (exchange.hpp): kinds of rooms, told apart by how their names
// begin; who may join; how many; and what becomes of a member that cannot keep up: here it is
// told what it has missed.
#include "exchange.hpp"

#include <array>
#include <cstdio>
#include <string>

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
