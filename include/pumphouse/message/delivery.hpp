// SPDX-License-Identifier: MIT
//
// Delivery: how a broadcast is to be delivered: whom it leaves out, and of which key it is the
// newest value. Reads as `except(client)`, `keyed(key)` or `except(client).keyed(key)`.
#pragma once

#include <cstdint>
#include <string_view>

#include <pumphouse/message/client_id.hpp>
#include <pumphouse/message/hash.hpp>

namespace pumphouse {

/// The key of a name, never 0: its 64-bit FNV-1a. Two names may share one, once in 2^32 names or
/// so; a host whose names come from strangers gives its keys numbers of its own.
constexpr std::uint64_t key_of(std::string_view name) noexcept {
    std::uint64_t const hash = fnv1a(name);
    return hash != 0 ? hash : 1;
}

struct Delivery {
    ClientId excluded;      // gets nothing; nobody: everybody gets it
    std::uint64_t key = 0;  // what it is the newest value of; 0: of nothing

    /// The same, as the newest value of a key.
    constexpr Delivery keyed(std::uint64_t of) const noexcept { return {excluded, of}; }
    constexpr Delivery keyed(std::string_view name) const noexcept { return keyed(key_of(name)); }
};

/// To all but one, usually the sender.
constexpr Delivery except(ClientId client) noexcept { return {client}; }

/// The newest value of a key, in a room that is keyed. `key` is not 0.
constexpr Delivery keyed(std::uint64_t key) noexcept { return {{}, key}; }
constexpr Delivery keyed(std::string_view name) noexcept { return keyed(key_of(name)); }

/// To everybody, of no key.
inline constexpr Delivery nobody{};

}  // namespace pumphouse
