// SPDX-License-Identifier: MIT
// expect: Policy: on_shutdown must be callable as on_shutdown(LocalHub<Policy>&, ClientId,
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Chat : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    void on_shutdown(LocalHub<Chat>& hub, ClientId client, std::chrono::milliseconds retry_after);
#else
    void on_shutdown(LocalHub<Chat>& hub);
#endif
};

Hub<Chat> hub;
