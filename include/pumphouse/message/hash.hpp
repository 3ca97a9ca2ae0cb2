// SPDX-License-Identifier: MIT
//
// The library's one hash of text: 64-bit FNV-1a (Fowler, Noll, Vo), the same on every platform and
// in every run, so that what follows from it (home shards, keys) is the same everywhere too. It
// is no defence against somebody who chooses the text to collide.
#pragma once

#include <cstdint>
#include <string_view>

namespace pumphouse {

constexpr std::uint64_t fnv1a(std::string_view text) noexcept {
    std::uint64_t hash = 14695981039346656037ULL;
    for (char const each : text) {
        hash = (hash ^ static_cast<unsigned char>(each)) * 1099511628211ULL;
    }
    return hash;
}

}  // namespace pumphouse
