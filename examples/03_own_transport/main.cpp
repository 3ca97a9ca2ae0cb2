// SPDX-License-Identifier: MIT
//
// A transport of one's own: what a connection has to offer to be a client of a hub
// (wire_transport.hpp), how its messages look on the wire (hex_format.hpp), and how the library's
// own conformance suite tells whether it does it right.
#include "wire_harness.hpp"

#include <pumphouse/pumphouse.hpp>

#include <cstddef>
#include <cstdio>
#include <memory>

struct Lobby : pumphouse::DefaultPolicy {
    void on_open(auto& hub, auto client) { hub.join(client, "lobby"); }
    void on_message(auto& hub, auto client, pumphouse::Message message) {
        hub.broadcast("lobby", message, pumphouse::except(client));
    }
};

// Clients of all kinds meet in one hub.
void talk() {
    pumphouse::Hub<Lobby> hub;
    auto const wire = std::make_shared<Wire>();
    pumphouse::MemoryPeer bob;
    auto const door = hub.register_channel();
    if (!door.push(std::make_unique<pumphouse::Client<WireTransport>>(wire))) return;
    if (!door.push(bob.connect())) return;
    hub.poll();

    bob.send(pumphouse::text("Hello, wire."));
    wire->send("t00000005Hello");
    hub.poll();
    std::printf("the wire carries: %s\n", wire->receive().c_str());
    while (auto const message = bob.receive()) {
        std::printf("Bob hears: %s\n", message->payload.c_str());
    }
}

int main() {
    talk();
    auto const make = [] { return std::make_unique<WireHarness>(); };
    auto const cases = pumphouse::testing::transport_conformance(make);
    std::size_t failed = 0;
    for (auto const& each : cases) {
        auto const problem = each.run();
        if (problem.empty()) continue;
        ++failed;
        std::printf("FAILED: %s: %s\n", std::string{each.name}.c_str(), problem.c_str());
    }
    std::printf("conformance: %zu of %zu cases\n", cases.size() - failed, cases.size());
    return failed == 0 ? 0 : 1;
}
