// SPDX-License-Identifier: MIT
// expect: Policy: on_message must be callable as on_message(LocalHub<Policy>&, ClientId, value)
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Chat : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    void on_message(LocalHub<Chat>& hub, ClientId client, Message message);
#else
    void on_message(LocalHub<Chat>& hub, ClientId client, int message);
#endif
};

Hub<Chat> hub;
