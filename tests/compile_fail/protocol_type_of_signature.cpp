// SPDX-License-Identifier: MIT
// expect: RoomProtocol: type_of must be callable as
#include <pumphouse/protocol.hpp>

using namespace pumphouse;

struct Chat : protocol::RoomProtocol<Chat> {
#ifdef PUMPHOUSE_CONTROL
    MessageType type_of(protocol::OtherRequest const& request);
#else
    std::string type_of(protocol::OtherRequest const& request);
#endif
};

Hub<Chat> hub;
