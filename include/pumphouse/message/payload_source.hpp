// SPDX-License-Identifier: MIT
//
// PayloadSource: the payload of a message that is not held in memory, for `send_stream`: a file, a
// computation, another connection. The client's shard reads it piece by piece, when the client can
// take one, and ends it when all is sent or when the client is gone, whichever comes first.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace pumphouse {

class PayloadSource {
public:
    virtual ~PayloadSource() = default;

    /// Writes the next bytes to `out`, which is not empty, and answers how many; 0: that was all.
    /// Nothing: not yet; whoever has more calls `hub.stream_ready(client)`, from any thread, and is
    /// given the hub's `write_deadline` for it, as a client that blocks is. On the client's shard;
    /// must not block. What it throws closes the client with 1011. Text must be UTF-8 as a whole.
    virtual std::optional<std::size_t> read(std::span<std::byte> out) = 0;
};

}  // namespace pumphouse
