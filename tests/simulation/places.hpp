// SPDX-License-Identifier: MIT
//
// Places: every place that a room's home has given to a message, noted by the envelope that says
// it, which is the same for all rooms with history.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <vector>

#include <pumphouse/room/options.hpp>
#include <pumphouse/testing/simulation/virtual_clock.hpp>

namespace simulation {

struct Places {
    /// When each offset of an epoch, from 1, was given out.
    std::map<std::uint64_t, std::vector<std::int64_t>> given;
    bool has_hole = false;
};
inline thread_local Places places;

inline constexpr std::size_t envelope_bytes = 20;
inline constexpr char const* envelope_mark = "hist";

inline void write_envelope(pumphouse::Position at, char* out) noexcept {
    auto& given = places.given[at.epoch];
    given.push_back(pumphouse::simulation::virtual_now);
    places.has_hole |= at.offset != given.size();
    std::memcpy(out, envelope_mark, 4);
    std::memcpy(out + 4, &at, sizeof at);
}

inline constexpr pumphouse::Envelope envelope{envelope_bytes, &write_envelope};

}  // namespace simulation
