// SPDX-License-Identifier: MIT
//
// Pages of a room's history, for hosts that serve them by other ways than joining, such as HTTP.
// A page and `join(client, room, after(page.position))` together have neither a gap nor a
// duplicate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <pumphouse/fwd.hpp>
#include <pumphouse/message/opcode.hpp>
#include <pumphouse/room/position.hpp>

namespace pumphouse {

struct HistoryRange {
    /// The oldest messages after this offset. Without: the newest that there are.
    std::optional<std::uint64_t> after_offset{};

    /// Messages at most. 0: none, only the position.
    std::size_t limit = 50;

    /// Bytes of their payloads at most; one message always fits. 0: no limit.
    std::size_t max_bytes = std::size_t{1} << 20;
};

struct HistoryMessage {
    std::uint64_t offset = 0;
    Opcode opcode = Opcode::text;
    std::string payload;  // as members get it, the room's envelope included
    Time time{};          // of the turn that took it in, by the policy's clock
};

struct HistoryPage {
    /// Of the page's last message: what comes next begins behind it. Epoch 0: there is no such
    /// room, or it has no positions.
    Position position{};

    /// Offset of the room's newest message; past `position.offset` there is another page.
    std::uint64_t newest = 0;

    /// Whether all is here that was asked for: with `after_offset` all that came after it, else
    /// all that the room keeps.
    bool is_complete = false;

    /// Oldest first. What left out some client is there, too.
    std::vector<HistoryMessage> messages;
};

/// Called exactly once, on a thread of the hub, where it must not block; when the hub ends first,
/// with an empty page.
using HistoryDone = std::function<void(HistoryPage page)>;

}  // namespace pumphouse
