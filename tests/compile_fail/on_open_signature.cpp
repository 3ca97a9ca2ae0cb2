// SPDX-License-Identifier: MIT
// expect: Policy: on_open must be callable as on_open(LocalHub<Policy>&, ClientId)
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Chat : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    void on_open(LocalHub<Chat>& hub, ClientId client);
#else
    void on_open(ClientId client);
#endif
};

Hub<Chat> hub;
