// SPDX-License-Identifier: MIT
// expect: Policy: the hook for a piece of a large message is called on_chunk
#include <pumphouse/pumphouse.hpp>

struct Chat : pumphouse::DefaultPolicy {
    void on_fragment(auto&, pumphouse::ClientId, pumphouse::Chunk const&) {}
};

pumphouse::Hub<Chat> hub;
