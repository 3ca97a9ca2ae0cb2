// SPDX-License-Identifier: MIT
//
// A hub, a room and two clients in one process, without network or threads: what a policy is, how
// a client gets into a hub, and that all work happens in `poll`.
#include <pumphouse/pumphouse.hpp>

#include <cstdio>

struct Lobby : pumphouse::DefaultPolicy {
    void on_open(auto& hub, auto client) { hub.join(client, "lobby"); }
    void on_message(auto& hub, auto client, pumphouse::Message message) {
        hub.broadcast("lobby", message, pumphouse::except(client));
    }
};

void listen(char const* name, pumphouse::MemoryPeer& peer) {
    while (auto const message = peer.receive()) {
        std::printf("%s hears: %s\n", name, message->payload.c_str());
    }
}

int main() {
    pumphouse::Hub<Lobby> hub;
    pumphouse::MemoryPeer ada;
    pumphouse::MemoryPeer bob;
    if (!hub.register_channel().push(ada.connect())) return 1;
    if (!hub.register_channel().push(bob.connect())) return 1;
    hub.poll();  // on_open, for both

    ada.send(pumphouse::text("Hello, Bob."));
    bob.send(pumphouse::text("Hello, Ada."));
    hub.poll();  // on_message, for both, and what comes of it
    listen("Ada", ada);
    listen("Bob", bob);
}
