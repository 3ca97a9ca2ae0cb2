// SPDX-License-Identifier: MIT
// expect: RoomProtocol: on_client must be callable as
#include <pumphouse/protocol.hpp>

using namespace pumphouse;

struct Chat : protocol::RoomProtocol<Chat> {
#ifdef PUMPHOUSE_CONTROL
    void on_client(LocalHub<Chat>& hub, ClientId client);
#else
    int on_client(LocalHub<Chat>& hub, ClientId client);
#endif
};

Hub<Chat> hub;
