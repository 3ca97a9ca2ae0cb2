// SPDX-License-Identifier: MIT
// expect: on_close(LocalHub<Policy>&, ClientId, CloseReason const&)
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Chat : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    void on_close(LocalHub<Chat>& hub, ClientId client, CloseReason const& reason);
#else
    void on_close(LocalHub<Chat>& hub, ClientId client, CloseReason& reason);
#endif
};

Hub<Chat> hub;
