// SPDX-License-Identifier: MIT
//
// What every outside consumer of the core builds and runs: two peers in memory talk to each other
// through a hub that the program itself polls.
#include <cstdio>
#include <string_view>

#include <pumphouse/pumphouse.hpp>

namespace {

struct Chat : pumphouse::DefaultPolicy {
    void on_open(auto& hub, auto client) { hub.join(client, "lobby"); }
    void on_message(auto& hub, auto client, pumphouse::Message message) {
        hub.broadcast("lobby", message, pumphouse::except(client));
    }
};

bool hears(pumphouse::MemoryPeer& peer, std::string_view expected) {
    auto const received = peer.receive();
    return received && received->payload == expected && !peer.receive();
}

// The first guarantee that does not hold; null when all do.
char const* problem_of(pumphouse::Hub<Chat>& hub) {
    auto const run_dry = [&hub] {
        while (hub.poll().more) {
        }
    };
    pumphouse::MemoryPeer ada;
    pumphouse::MemoryPeer bob;
    if (!hub.register_channel().push(ada.connect())) return "Ada is not let in";
    if (!hub.register_channel().push(bob.connect())) return "Bob is not let in";
    run_dry();

    ada.send(pumphouse::text("hello"));
    run_dry();
    if (!hears(bob, "hello")) return "Bob does not hear Ada";
    bob.send(pumphouse::text("hello yourself"));
    run_dry();
    if (!hears(ada, "hello yourself")) return "Ada does not hear Bob, or hears herself";

    hub.shutdown();
    for (int polls = 0; !hub.poll().finished; ++polls) {
        constexpr int too_many = 100;
        if (polls == too_many) return "the hub does not end";
        ada.receive();  // while it receives, a peer answers the hub's close frame
        bob.receive();
    }
    bool const are_told = ada.closed() == pumphouse::CloseCode::going_away && bob.closed();
    return are_told ? nullptr : "the peers are not told of the end";
}

}  // namespace

int main() {
    pumphouse::Hub<Chat> hub;
    if (char const* const problem = problem_of(hub)) {
        std::printf("%s\n", problem);
        return 1;
    }
    std::printf("pumphouse %.*s: two peers have talked\n",
                static_cast<int>(pumphouse::version.size()), pumphouse::version.data());
}
