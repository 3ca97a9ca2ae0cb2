// SPDX-License-Identifier: MIT
// expect: Policy: the hook for leaving is called on_left
#include <pumphouse/pumphouse.hpp>

struct Chat : pumphouse::DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    void on_left(auto&, auto, auto, auto) {}
#else
    void on_leave(auto&, auto, auto) {}
#endif
};

pumphouse::Hub<Chat> hub;
