// SPDX-License-Identifier: MIT
// expect: RoomProtocol: on_request must be callable as
#include <pumphouse/protocol.hpp>

using namespace pumphouse;

struct Chat : protocol::RoomProtocol<Chat> {
#ifdef PUMPHOUSE_CONTROL
    bool on_request(LocalHub<Chat>& hub, ClientId client,
                    protocol::OtherRequest const& request, std::string const& request_id);
#else
    void on_request(LocalHub<Chat>& hub, ClientId client,
                    protocol::OtherRequest const& request, std::string const& request_id);
#endif
};

Hub<Chat> hub;
