// SPDX-License-Identifier: MIT
//
// Position: a place in a room's stream of messages, good across connections, shards and pages of
// history. The epoch names one incarnation of the room: a room that was made anew (after a
// restart, or after everybody had left) has another one, and its offsets begin again.
#pragma once

#include <cstdint>

namespace pumphouse {

struct Position {
    std::uint64_t epoch = 0;
    std::uint64_t offset = 0;  // of the last message before it; 0: before the first one

    friend constexpr bool operator==(Position, Position) = default;
};

}  // namespace pumphouse
