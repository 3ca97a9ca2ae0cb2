// SPDX-License-Identifier: MIT
//
// Replay: records of a room's past on their way from its home to a shard whose own log does not
// hold them any more.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pumphouse/fwd.hpp>
#include <pumphouse/message/client_id.hpp>
#include <pumphouse/message/message.hpp>

namespace pumphouse {

struct Replay {
    struct Record {
        ClientId excluded;
        std::uint64_t key;
        Time time;
        std::uint32_t bytes;
        Opcode opcode;
    };

    std::uint64_t end() const noexcept { return first + records.size(); }

    /// What it holds of memory, about.
    std::size_t bytes() const noexcept {
        return payloads.size() + records.size() * sizeof(Record);
    }

    std::uint64_t first = 0;  // its number in the room; the others follow without a hole
    std::vector<Record> records;
    std::string payloads;  // one behind the other
};

}  // namespace pumphouse
