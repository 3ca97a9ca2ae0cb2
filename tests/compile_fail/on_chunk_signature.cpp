// SPDX-License-Identifier: MIT
// expect: Policy: on_chunk must be callable as on_chunk(LocalHub<Policy>&, ClientId, Chunk const&)
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Chat : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    void on_chunk(auto&, ClientId, Chunk const&) {}
#else
    void on_chunk(auto&, ClientId, Message) {}
#endif
};

Hub<Chat> hub;
