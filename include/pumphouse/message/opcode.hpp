// SPDX-License-Identifier: MIT
//
// Opcode: what a frame is, in the numbers of RFC 6455 section 5.2, used by every wire format.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pumphouse {

enum class Opcode : std::uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10,
};

constexpr bool is_control(Opcode opcode) noexcept { return opcode >= Opcode::close; }

/// Which kinds of messages a host takes.
enum class Accepts : std::uint8_t { both, text, binary };

constexpr bool takes(Accepts accepts, Opcode message) noexcept {
    return accepts == Accepts::both || (accepts == Accepts::text) == (message == Opcode::text);
}

/// The most a control frame's payload may hold (RFC 6455 section 5.5).
inline constexpr std::size_t max_control_bytes = 125;

}  // namespace pumphouse
