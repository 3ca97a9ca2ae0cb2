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

inline constexpr std::array<std::string_view, 13> room_names{
    "lobby", "skip-1", "silent-1", "small-1", "bytes-1",  "paced-1", "churn",
    "here-1", "now-1", "later-1",  "out-1",   "latest-1", "keyed-1"};
inline constexpr std::size_t watched_rooms = 6;  // the others come and go
inline constexpr std::size_t keyed_rooms = 2;    // the last ones, with observers of their own
inline constexpr std::size_t first_keyed_room = room_names.size() - keyed_rooms;

constexpr std::uint16_t number_of(std::string_view name) noexcept {
    std::uint16_t number = 0;
    while (number < room_names.size() && room_names[number] != name) ++number;
    return number;
}

constexpr bool has_presence(std::string_view name) noexcept {
    return name == "here-1" || name == "now-1";
}

constexpr bool is_keyed(std::string_view name) noexcept {
    return number_of(name) >= first_keyed_room && number_of(name) < room_names.size();
}

/// Members are taken out of it at any time, and told later: what is due to whom is not known here.
constexpr bool takes_out(std::string_view name) noexcept { return name == "out-1"; }

inline constexpr std::uint32_t most_devices = 3;  // of a user

/// Where messages go that go to no named room.
inline constexpr std::uint16_t everybody = room_names.size();
inline constexpr std::uint16_t direct = room_names.size() + 1;
inline constexpr std::uint16_t no_room = 0xffff;

template <typename T>
using PerRoom = std::array<T, room_names.size() + 2>;

}  // namespace simulation
