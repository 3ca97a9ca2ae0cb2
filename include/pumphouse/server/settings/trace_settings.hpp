// SPDX-License-Identifier: MIT
//
// TraceFileOptions and its settings: spans into a file, for a program that is told so.
//
//   pumphouse::TraceFileOptions traces;
//   add_settings(settings, traces);
//   ...
//   auto const tracer = tracer_of(traces, "chat");
//   hub_options.tracer = tracer.get();
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <pumphouse/observe/tracing/otlp_tracer.hpp>
#include <pumphouse/server/settings/settings.hpp>

namespace pumphouse {

struct TraceFileOptions {
    /// Spans are added to it, as lines of OTLP's JSON. Empty: there are none.
    std::string trace_file{};

    /// Share of connections and of messages that are traced, 0 to 1.
    double trace_ratio = 1;
};

inline void add_settings(Settings& settings, TraceFileOptions& options) {
    settings.add("monitoring.trace_file", options.trace_file,
                 "Spans are added to it, as lines of OTLP's JSON; empty: none");
    settings.add("monitoring.trace_ratio", options.trace_ratio,
                 "Share of connections and messages that are traced, 0 to 1");
}

/// Null when there is no file. Throws std::system_error when it cannot be opened.
inline std::unique_ptr<OtlpTracer> tracer_of(TraceFileOptions const& options,
                                             std::string service_name) {
    if (options.trace_file.empty()) return nullptr;
    OtlpOptions otlp;
    otlp.service_name = std::move(service_name);
    otlp.sampling.ratio = options.trace_ratio;
    return std::make_unique<OtlpTracer>(trace_file(options.trace_file), otlp);
}

}  // namespace pumphouse
