// SPDX-License-Identifier: MIT
//
// Bot: a player in the same process. Each has a thread of its own, as a peer may; what it says is
// heard in the game's next tick.
#pragma once

#include <pumphouse/pumphouse.hpp>

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <thread>

class Bot {
public:
    /// The client to be registered; once.
    auto connect() { return peer_.connect(); }

    void start() {
        thread_ = std::jthread{[this](std::stop_token stop) { play(stop); }};
    }

    /// Plays until the hub has closed its connection.
    void join() { thread_.join(); }

    std::uint64_t sent = 0;
    std::uint64_t received = 0;

private:
    void play(std::stop_token const& stop) {
        for (int turn = 0; !stop.stop_requested() && !peer_.closed(); ++turn) {
            peer_.send(pumphouse::text(std::to_string(turn % 7 - 3)));
            ++sent;
            std::this_thread::sleep_for(std::chrono::milliseconds{30});
            while (peer_.receive()) ++received;
        }
    }

    pumphouse::MemoryPeer peer_;
    std::jthread thread_;  // last: it ends first
};
