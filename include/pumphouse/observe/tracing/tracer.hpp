// SPDX-License-Identifier: MIT
//
// Tracer: what becomes of spans. A hub has a pointer to one (HubOptions::tracer), and so have its
// servers; null, the default, costs one branch per message and nothing else. The shards are
// compiled once, without knowing the host, so this is an interface and no concept (decision 0045).
//
// Its functions are called by any thread, often a shard's: they must not block for long. Whatever
// they are given is borrowed until they return.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <pumphouse/fwd.hpp>
#include <pumphouse/observe/log.hpp>
#include <pumphouse/observe/tracing/trace_context.hpp>

namespace pumphouse {

/// OTLP's numbers.
enum class SpanKind : std::uint8_t {
    internal = 1,
    server = 2,
    client = 3,
    producer = 4,
    consumer = 5,
};

struct SpanStart {
    std::string_view name;  // of a bounded set
    SpanKind kind = SpanKind::internal;
    TraceContext parent{};            // invalid: a trace begins here
    bool is_remote = false;           // the parent is another program's
    std::string_view tracestate{};    // of that parent
    TraceContext link{};              // invalid: none
    Time at{};
};

struct SpanEnd {
    Time at{};
    std::span<LogField const> attributes{};
    std::string_view problem{};  // not empty: the span is an error
};

struct StartedSpan {
    TraceContext context{};
    void* record = nullptr;  // the tracer's own; null: it is not recorded, and has no end
};

class Tracer {
public:
    virtual ~Tracer() = default;

    /// Decides whether it is recorded, and gives it its ids.
    virtual StartedSpan start(SpanStart const& start) noexcept = 0;

    /// Once for each that has a record, perhaps on another thread.
    virtual void end(StartedSpan const& span, SpanEnd const& end) noexcept = 0;
};

/// Records nothing.
class NullTracer final : public Tracer {
public:
    StartedSpan start(SpanStart const& start) noexcept override { return {start.parent}; }
    void end(StartedSpan const&, SpanEnd const&) noexcept override {}
};

}  // namespace pumphouse
