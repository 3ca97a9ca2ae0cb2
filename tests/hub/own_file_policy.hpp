// SPDX-License-Identifier: MIT
//
// A policy as a host writes it that keeps its hooks in a file of their own: exact types, no `auto`.
#pragma once

#include <string>
#include <vector>

#include <pumphouse/hub/hub.hpp>

struct OwnFilePolicy : pumphouse::DefaultPolicy {
    using Local = pumphouse::LocalHub<OwnFilePolicy>;
    struct Session {
        std::string name = "nobody";
    };

    void on_open(Local& hub, pumphouse::ClientId client);
    void on_message(Local& hub, pumphouse::ClientId client, pumphouse::Message message);
    bool may_join(Local& hub, pumphouse::ClientId client, std::string_view room);
    void on_joined(Local& hub, pumphouse::ClientId client, std::string_view room,
                   pumphouse::Joined const& joined);
    void on_close(Local& hub, pumphouse::ClientId client, pumphouse::CloseReason const& reason);

    std::vector<std::string>* diary = nullptr;
};
