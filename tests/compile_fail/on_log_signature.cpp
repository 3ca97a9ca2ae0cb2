// SPDX-License-Identifier: MIT
// expect: Policy: on_log must be callable as on_log(LogRecord const&)
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Chat : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    void on_log(LogRecord const& record);
#else
    void on_log(std::string const& line);
#endif
};

Hub<Chat> hub;
