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

/// From where on a new member gets its room's messages. What it gets of the past is followed by
/// what is new, without a gap and without a duplicate.
struct Since {
    enum class From : std::uint8_t {
        now,      // what is broadcast from here on
        history,  // first all that the room keeps; of a keyed room, the present value of each key
        position  // first all that came after `position`, or nothing if a part of that is lost
    };

    From from = From::now;
    Position position{};
};
inline constexpr Since from_now{};
inline constexpr Since from_history{Since::From::history};
constexpr Since after(Position position) noexcept { return {Since::From::position, position}; }

}  // namespace pumphouse
