// SPDX-License-Identifier: MIT
// expect(gcc): ignoring return value
// expect(clang): ignoring return value
//
// From outside the shards a message may be refused: the answer must be looked at.
#pragma GCC diagnostic error "-Wunused-result"
#include <pumphouse/pumphouse.hpp>

void f(pumphouse::Hub<pumphouse::DefaultPolicy>& hub) {
#ifdef PUMPHOUSE_CONTROL
    static_cast<void>(hub.broadcast("lobby", pumphouse::text("hello")));
#else
    hub.broadcast("lobby", pumphouse::text("hello"));
#endif
}
