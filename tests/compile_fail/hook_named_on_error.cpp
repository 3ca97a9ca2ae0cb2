// SPDX-License-Identifier: MIT
// expect: there is no on_error; see on_bad_message and on_close
#include <pumphouse/pumphouse.hpp>

struct Chat : pumphouse::DefaultPolicy {
#ifndef PUMPHOUSE_CONTROL
    void on_error(auto&, auto) {}
#endif
};

pumphouse::Hub<Chat> hub;
