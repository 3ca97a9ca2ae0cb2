// SPDX-License-Identifier: MIT
// expect: RoomProtocol: join_refusal must be callable as
#include <pumphouse/protocol.hpp>

using namespace pumphouse;

struct Chat : protocol::RoomProtocol<Chat> {
#ifdef PUMPHOUSE_CONTROL
    protocol::Error join_refusal(LocalHub<Chat>& hub, ClientId client, std::string_view room);
#else
    bool join_refusal(LocalHub<Chat>& hub, ClientId client, std::string_view room);
#endif
};

Hub<Chat> hub;
