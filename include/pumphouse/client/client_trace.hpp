// SPDX-License-Identifier: MIT
//
// ClientTrace: what a client has where there is a tracer: its connection's span, and the direct
// messages on their way to it whose spans end when the transport has taken them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <pumphouse/message/message_type.hpp>
#include <pumphouse/observe/tracing/span.hpp>

namespace pumphouse {

/// A span of `websocket.write_message`.
struct TracedWrite {
    std::uint64_t record;  // in the log of its direct messages
    std::uint64_t bytes;
    MessageType type;
    Span span;
};

struct ClientTrace {
    /// More on their way at a time have no spans.
    static constexpr std::size_t max_writes = 16;

    TraceContext upgrade{};       // the parent of its connection's span; invalid: none
    bool is_trusted = false;      // what it says of traces is taken up
    Span connection{};
    std::vector<TracedWrite> writes{};
};

}  // namespace pumphouse
