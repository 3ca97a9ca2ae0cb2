// SPDX-License-Identifier: MIT
// expect: RoomProtocol: on_refresh_token must be callable as
#include <pumphouse/protocol.hpp>

using namespace pumphouse;

struct Chat : protocol::RoomProtocol<Chat> {
#ifdef PUMPHOUSE_CONTROL
    void on_refresh_token(LocalHub<Chat>& hub, ClientId client, std::string token,
                          std::string const& request_id);
#else
    void on_refresh_token(LocalHub<Chat>& hub, ClientId client, std::string token);
#endif
};

Hub<Chat> hub;
