// SPDX-License-Identifier: MIT
//
// OtlpTracer: a tracer that needs no other library. It keeps finished spans, up to a bound, and
// hands them in batches to a sink, as OTLP's JSON (ExportTraceServiceRequest): to a file, a line
// each, or to whatever the host has for `POST /v1/traces`.
//
//   pumphouse::OtlpTracer tracer{pumphouse::trace_file("traces.jsonl")};
//   pumphouse::Hub<Chat> hub{{.tracer = &tracer}};
//
// Any thread. A lock is taken once for each span that is recorded, none for the others. A thread
// of its own calls the sink, which may take its time.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <pumphouse/config.hpp>
#include <pumphouse/observe/tracing/sampler.hpp>
#include <pumphouse/observe/tracing/tracer.hpp>

namespace pumphouse {

struct OtlpOptions {
    /// The resource's `service.name`.
    std::string service_name = "pumphouse";

    /// Which spans are recorded.
    SamplingOptions sampling{};

    /// Spans that have begun and not ended; more are not recorded. A connection that is recorded
    /// is one.
    std::size_t max_open_spans = 16'384;

    /// Spans that have ended and wait for the sink; more are lost. OpenTelemetry's batch
    /// processor has 2,048, for programs with fewer.
    std::size_t max_ended_spans = 8192;

    /// Spans in one call of the sink, at most; at least 1. As OpenTelemetry's batch processor.
    std::size_t batch_spans = 512;

    /// Bytes of one text in a span; the rest is cut off.
    std::size_t max_text_bytes = 1024;

    /// Between two calls of the sink while there is less than a batch. 0: there is no thread, and
    /// nothing is handed on but by `flush()` and at the end.
    Duration export_interval = std::chrono::seconds{5};

    /// The spans' moments are told in the calendar's time by both clocks together.
    std::function<std::chrono::system_clock::time_point()> wall_clock = [] {
        return std::chrono::system_clock::now();
    };
    std::function<Time()> clock = [] { return std::chrono::steady_clock::now(); };

    /// What ids are made of. Empty: a generator for each thread.
    std::function<std::uint64_t()> random{};
};

struct OtlpStats {
    std::uint64_t recorded = 0;  // begun
    std::uint64_t exported = 0;  // the sink has taken them
    std::uint64_t dropped = 0;   // there were too many of them, open or ended
    std::uint64_t failed = 0;    // the sink has not taken them
};

class OtlpTracer final : public Tracer {
public:
    /// Gets one line of JSON without a line feed; false: these spans are lost. Called by one
    /// thread at a time.
    using Sink = std::function<bool(std::string_view request)>;

    explicit OtlpTracer(Sink sink, OtlpOptions options = {});
    OtlpTracer(OtlpTracer const&) = delete;
    OtlpTracer& operator=(OtlpTracer const&) = delete;
    /// What has ended is handed on.
    ~OtlpTracer() override;

    StartedSpan start(SpanStart const& start) noexcept override;
    void end(StartedSpan const& span, SpanEnd const& end) noexcept override;

    /// Hands on what has ended, on this thread.
    void flush() noexcept;

    OtlpStats stats() const noexcept;

private:
    struct Attribute {
        std::string key;
        std::variant<std::string, std::int64_t, double, bool> value;
    };
    struct Record {
        std::string name;
        SpanKind kind;
        TraceContext context;
        TraceContext parent;
        bool is_remote;
        std::string tracestate;
        TraceContext link;
        Time began;
        Time ended;
        std::vector<Attribute> attributes;
        std::string problem;
    };

    TraceContext make_context(TraceContext const& parent);
    std::uint64_t random();
    void export_batches();
    void run();
    std::string cut(std::string_view text) const;
    std::string request_of(std::vector<std::unique_ptr<Record>> const& batch) const;
    void append(std::string& out, Record const& record) const;
    std::string moment(Time at) const;

    Sink const sink_;
    OtlpOptions const options_;
    Sampler const sampler_;
    std::int64_t offset_ = 0;  // from the clock to the calendar, in ns; under the sink's lock
    std::atomic<std::size_t> open_{0};
    std::atomic<std::uint64_t> recorded_{0};
    std::atomic<std::uint64_t> exported_{0};
    std::atomic<std::uint64_t> dropped_{0};
    std::atomic<std::uint64_t> failed_{0};
    std::mutex mutex_;
    std::condition_variable wakes_;
    std::vector<std::unique_ptr<Record>> ended_;  // under mutex_
    bool is_over_ = false;                        // under mutex_
    std::mutex sink_mutex_;
    std::thread thread_;
};

/// A sink that adds lines to a file. Throws std::system_error when it cannot be opened.
OtlpTracer::Sink trace_file(std::string const& path);

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/otlp_tracer.ipp>
#endif
