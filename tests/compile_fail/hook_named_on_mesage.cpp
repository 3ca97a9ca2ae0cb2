// SPDX-License-Identifier: MIT
// expect: the hook for a message is called on_message
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Chat : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    void on_message(LocalHub<Chat>& hub, ClientId client, Message message);
#else
    void on_mesage(LocalHub<Chat>& hub, ClientId client, Message message);
#endif
};

Hub<Chat> hub;
