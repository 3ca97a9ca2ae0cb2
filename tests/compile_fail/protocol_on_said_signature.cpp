// SPDX-License-Identifier: MIT
// expect: RoomProtocol: on_said must be callable as
#include <pumphouse/protocol.hpp>

using namespace pumphouse;

struct Chat : protocol::RoomProtocol<Chat> {
#ifdef PUMPHOUSE_CONTROL
    protocol::Verdict on_said(LocalHub<Chat>& hub, ClientId client, protocol::Draft& draft);
#else
    void on_said(LocalHub<Chat>& hub, ClientId client, protocol::Draft& draft);
#endif
};

Hub<Chat> hub;
