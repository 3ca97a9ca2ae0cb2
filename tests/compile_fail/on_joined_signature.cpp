// SPDX-License-Identifier: MIT
// expect: Policy: on_joined must be callable as on_joined(LocalHub<Policy>&, ClientId,
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Chat : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    void on_joined(LocalHub<Chat>& hub, ClientId client, std::string_view room,
                   Joined const& joined);
#else
    void on_joined(LocalHub<Chat>& hub, ClientId client, std::string_view room);
#endif
};

Hub<Chat> hub;
