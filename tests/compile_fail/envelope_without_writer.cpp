// SPDX-License-Identifier: MIT
// expect: Policy: an envelope needs both, a number of bytes and a function that writes them
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

inline void write_nothing(Position, char*) noexcept {}

struct Addressed : DefaultPolicy {
#ifdef PUMPHOUSE_CONTROL
    static constexpr RoomOptions room{.envelope = {8, &write_nothing}};
#else
    static constexpr RoomOptions room{.envelope = 8};
#endif
};

Hub<Addressed> hub;
