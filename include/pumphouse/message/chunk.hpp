// SPDX-License-Identifier: MIT
//
// Chunk: a piece of a message that is too large to be kept whole, as it arrives. The bytes are good
// until the hook returns; a piece may end in the middle of a character.
#pragma once

#include <cstdint>
#include <string_view>

#include <pumphouse/message/opcode.hpp>

namespace pumphouse {

struct Chunk {
    std::string_view bytes;
    Opcode opcode = Opcode::binary;  // of the whole message
    bool is_first = false;
    bool is_last = false;            // only then has all of it arrived, and is its text UTF-8
    std::uint64_t total_bytes = 0;   // of the message so far, these too
};

}  // namespace pumphouse
