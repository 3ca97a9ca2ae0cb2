// SPDX-License-Identifier: MIT
// expect: Policy: inherit pumphouse::DefaultPolicy
#include <pumphouse/pumphouse.hpp>

#ifdef PUMPHOUSE_CONTROL
struct Chat : pumphouse::DefaultPolicy {};
#else
struct Chat {
    using codec = pumphouse::RawCodec;
    struct Session {};
    using clock = std::chrono::steady_clock;
    static constexpr pumphouse::HubOptions options{};
    static constexpr pumphouse::RoomOptions room{};
    static constexpr std::array<pumphouse::RoomKind, 0> room_kinds{};
};
#endif

pumphouse::Hub<Chat> hub;
