// SPDX-License-Identifier: MIT
// expect: bool (or JoinDecision) may_join(LocalHub<Policy>&, ClientId, std::string_view room)
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Chat : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    bool may_join(LocalHub<Chat>& hub, ClientId client, std::string_view room);
#else
    void may_join(LocalHub<Chat>& hub, ClientId client, std::string_view room);
#endif
    void on_open(LocalHub<Chat>& hub, ClientId client) { hub.join(client, "lobby"); }
};

Hub<Chat> hub;
