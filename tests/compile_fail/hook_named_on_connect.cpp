// SPDX-License-Identifier: MIT
// expect: the hook for a new client is called on_open
#include <pumphouse/pumphouse.hpp>

struct Chat : pumphouse::DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    void on_open(auto& hub, auto client) { hub.join(client, "lobby"); }
#else
    void on_connect(auto& hub, auto client) { hub.join(client, "lobby"); }
#endif
};

pumphouse::Hub<Chat> hub;
