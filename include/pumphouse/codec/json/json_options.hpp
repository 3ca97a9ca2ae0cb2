// SPDX-License-Identifier: MIT
//
// JsonOptions: bounds of one text, whoever wrote it, and what becomes of members nobody declared.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pumphouse {

enum class UnknownMembers : std::uint8_t {
    ignore,  // so that newer peers can say more than this program knows
    refuse,
};

struct JsonOptions {
    /// Objects and arrays inside each other. 0: none at all. 32, as few protocols need ten.
    std::uint32_t max_depth = 32;

    /// Length of a text. 0: no bound of its own. 1 MiB, above the hub's own 512 KiB.
    std::size_t max_bytes = std::size_t{1} << 20;

    /// Values in a text, those inside others too. 0: no bound of its own. 65,536: each may become
    /// an object of the host's, much larger than the two bytes it came as.
    std::size_t max_elements = std::size_t{1} << 16;

    /// Members that no field is declared for. Ignored ones still have to be JSON.
    UnknownMembers unknown_members = UnknownMembers::ignore;
};

}  // namespace pumphouse
