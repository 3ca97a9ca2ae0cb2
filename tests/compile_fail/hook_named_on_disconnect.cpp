// SPDX-License-Identifier: MIT
// expect: the hook for a client that is gone is called on_close
#include <pumphouse/pumphouse.hpp>

struct Chat : pumphouse::DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    void on_close(auto&, auto, auto const&) {}
#else
    void on_disconnect(auto&, auto, auto const&) {}
#endif
};

pumphouse::Hub<Chat> hub;
