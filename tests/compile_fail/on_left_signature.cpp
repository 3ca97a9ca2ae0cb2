// SPDX-License-Identifier: MIT
// expect: Policy: on_left must be callable as on_left(LocalHub<Policy>&, ClientId,
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Chat : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    void on_left(LocalHub<Chat>& hub, ClientId client, std::string_view room, LeftBecause because);
#else
    void on_left(LocalHub<Chat>& hub, ClientId client);
#endif
};

Hub<Chat> hub;
