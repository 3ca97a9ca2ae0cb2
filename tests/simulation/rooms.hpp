// SPDX-License-Identifier: MIT
//
// The rooms of the world, by their numbers: the watched ones first, each of which has an observer
// who is always in it and always reads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace simulation {

inline constexpr std::array<std::string_view, 6> room_names{"lobby",   "skip-1",  "silent-1",
                                                            "small-1", "bytes-1", "churn"};
inline constexpr std::size_t watched_rooms = 5;  // "churn" comes and goes

/// Where messages go that go to no named room.
inline constexpr std::uint16_t everybody = room_names.size();
inline constexpr std::uint16_t direct = room_names.size() + 1;
inline constexpr std::uint16_t no_room = 0xffff;

template <typename T>
using PerRoom = std::array<T, room_names.size() + 2>;

}  // namespace simulation
