// SPDX-License-Identifier: MIT
//
// ClientId: how a host names a client. It outlives the client: a call with the id of one that is
// gone does nothing and says so, also when its slot has a new tenant.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace pumphouse {

struct ClientId {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;  // 0: nobody

    constexpr explicit operator bool() const noexcept { return generation != 0; }
    friend constexpr auto operator<=>(ClientId, ClientId) = default;

    /// One number, for logs and for maps of the host.
    constexpr std::uint64_t value() const noexcept {
        return std::uint64_t{generation} << 32 | slot;
    }
};

}  // namespace pumphouse

template <>
struct std::hash<pumphouse::ClientId> {
    std::size_t operator()(pumphouse::ClientId id) const noexcept {
        return std::hash<std::uint64_t>{}(id.value());
    }
};
