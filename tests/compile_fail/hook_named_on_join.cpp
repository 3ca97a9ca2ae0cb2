// SPDX-License-Identifier: MIT
// expect: the hooks for joining are called may_join (before) and on_joined (after)
#include <pumphouse/pumphouse.hpp>

struct Chat : pumphouse::DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    void on_joined(auto&, auto, auto, auto) {}
#else
    void on_join(auto&, auto, auto) {}
#endif
};

pumphouse::Hub<Chat> hub;
