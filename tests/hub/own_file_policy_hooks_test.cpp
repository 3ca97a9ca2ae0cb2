// SPDX-License-Identifier: MIT
//
// The hooks of own_file_policy.hpp; own_file_policy_test.cpp uses them.
#include "own_file_policy.hpp"

void OwnFilePolicy::on_open(Local& hub, pumphouse::ClientId client) {
    hub.join(client, "lobby");
    hub.join(client, "secret");
}

void OwnFilePolicy::on_message(Local& hub, pumphouse::ClientId client,
                               pumphouse::Message message) {
    hub.session(client)->name = message.payload;
    hub.broadcast("lobby", message, pumphouse::except(client));
}

bool OwnFilePolicy::may_join(Local&, pumphouse::ClientId, std::string_view room) {
    return room != "secret";
}

void OwnFilePolicy::on_joined(Local&, pumphouse::ClientId, std::string_view room,
                              pumphouse::Joined const&) {
    diary->push_back("joined " + std::string{room});
}

void OwnFilePolicy::on_close(Local& hub, pumphouse::ClientId client,
                             pumphouse::CloseReason const&) {
    diary->push_back(hub.session(client)->name + " is gone");
}
