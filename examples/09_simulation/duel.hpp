// SPDX-License-Identifier: MIT
//
// Duel: a game for two. Who comes waits until another comes; they play until one of them goes,
// and the other waits again. Each is told what it is at: "wait" or "play".
#pragma once

#include <pumphouse/pumphouse.hpp>

#include <map>

struct Duel : pumphouse::DefaultPolicy {
    using ClientId = pumphouse::ClientId;

    /// Planted: who goes while it waits is waited for still.
    bool has_bug = false;

    ClientId waiting;  // nobody, or the one who waits
    std::map<ClientId, ClientId> opponents;

    void on_open(auto& hub, ClientId client) { find_opponent(hub, client); }

    void on_message(auto& hub, ClientId client, pumphouse::Message move) {
        auto const found = opponents.find(client);
        if (found != opponents.end()) hub.send(found->second, move);
    }

    void on_close(auto& hub, ClientId client, pumphouse::CloseReason const&) {
        if (client == waiting && !has_bug) waiting = {};
        auto const found = opponents.find(client);
        if (found == opponents.end()) return;
        ClientId const opponent = found->second;
        opponents.erase(client);
        opponents.erase(opponent);
        find_opponent(hub, opponent);
    }

private:
    void find_opponent(auto& hub, ClientId client) {
        if (!waiting) {
            waiting = client;
            hub.send(client, pumphouse::text("wait"));
            return;
        }
        opponents[client] = waiting;
        opponents[waiting] = client;
        hub.send(client, pumphouse::text("play"));
        hub.send(waiting, pumphouse::text("play"));
        waiting = {};
    }
};
