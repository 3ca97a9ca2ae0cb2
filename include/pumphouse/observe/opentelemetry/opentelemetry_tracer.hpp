// SPDX-License-Identifier: MIT
//
// OpenTelemetryTracer: hands spans to a tracer of OpenTelemetry's C++ API, which also samples them
// and makes their ids. The API is headers only and records nothing until the program installs an
// SDK.
//
//   auto const provider = opentelemetry::trace::Provider::GetTracerProvider();
//   pumphouse::OpenTelemetryTracer tracer{provider->GetTracer("pumphouse")};
#pragma once

#if !__has_include(<opentelemetry/trace/tracer.h>)
#error "this needs the headers of OpenTelemetry C++'s API, <opentelemetry/trace/tracer.h>"
#endif

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>

#include <opentelemetry/common/key_value_iterable_view.h>
#include <opentelemetry/context/context.h>
#include <opentelemetry/trace/context.h>
#include <opentelemetry/trace/span.h>
#include <opentelemetry/trace/span_context.h>
#include <opentelemetry/trace/span_startoptions.h>
#include <opentelemetry/trace/trace_state.h>
#include <opentelemetry/trace/tracer.h>

#include <pumphouse/observe/tracing/tracer.hpp>

namespace pumphouse {

class OpenTelemetryTracer final : public Tracer {
public:
    using Handle = opentelemetry::nostd::shared_ptr<opentelemetry::trace::Tracer>;

    explicit OpenTelemetryTracer(Handle tracer) noexcept : tracer_{std::move(tracer)} {}

    StartedSpan start(SpanStart const& start) noexcept override try {
        namespace api = opentelemetry::trace;
        api::StartSpanOptions options;
        options.kind = kind_of(start.kind);
        options.start_steady_time = opentelemetry::common::SteadyTimestamp{start.at};
        options.start_system_time = opentelemetry::common::SystemTimestamp{wall_time(start.at)};
        if (start.parent.is_valid()) {
            options.parent = context_of(start.parent, start.is_remote, start.tracestate);
        } else {
            options.parent = opentelemetry::context::Context{}.SetValue(api::kIsRootSpanKey, true);
        }
        auto const span = begin(start, options);
        TraceContext const context = context_of(span->GetContext());
        if (!span->IsRecording()) return {context};
        return {context, new SpanHandle{span}};
    } catch (...) {  // memory: the span is not worth more than the message
        return {};
    }

    void end(StartedSpan const& span, SpanEnd const& end) noexcept override {
        std::unique_ptr<SpanHandle> const handle{static_cast<SpanHandle*>(span.record)};
        opentelemetry::trace::Span& ended = **handle;
        for (LogField const& each : end.attributes) {
            std::visit([&](auto value) { ended.SetAttribute(view_of(each.key), value_of(value)); },
                       each.value);
        }
        if (!end.problem.empty()) {
            ended.SetStatus(opentelemetry::trace::StatusCode::kError, view_of(end.problem));
        }
        opentelemetry::trace::EndSpanOptions options;
        options.end_steady_time = opentelemetry::common::SteadyTimestamp{end.at};
        ended.End(options);
    }

private:
    using SpanHandle = opentelemetry::nostd::shared_ptr<opentelemetry::trace::Span>;
    using Attributes = std::array<std::pair<opentelemetry::nostd::string_view,
                                            opentelemetry::common::AttributeValue>, 0>;

    SpanHandle begin(SpanStart const& start,
                     opentelemetry::trace::StartSpanOptions const& options) {
        if (!start.link.is_valid()) return tracer_->StartSpan(view_of(start.name), options);
        std::array const links{std::pair{context_of(start.link, true, {}), Attributes{}}};
        return tracer_->StartSpan(view_of(start.name), Attributes{}, links, options);
    }

    static std::chrono::system_clock::time_point wall_time(Time at) {
        auto const ago = std::chrono::steady_clock::now() - at;
        return std::chrono::system_clock::now() -
               std::chrono::duration_cast<std::chrono::system_clock::duration>(ago);
    }

    static opentelemetry::nostd::string_view view_of(std::string_view text) noexcept {
        return {text.data(), text.size()};
    }
    static opentelemetry::common::AttributeValue value_of(std::string_view text) noexcept {
        return view_of(text);
    }
    template <typename Value>
    static opentelemetry::common::AttributeValue value_of(Value value) noexcept {
        return value;
    }

    static opentelemetry::trace::SpanKind kind_of(SpanKind kind) noexcept {
        namespace api = opentelemetry::trace;
        switch (kind) {
            case SpanKind::internal: return api::SpanKind::kInternal;
            case SpanKind::server: return api::SpanKind::kServer;
            case SpanKind::client: return api::SpanKind::kClient;
            case SpanKind::producer: return api::SpanKind::kProducer;
            case SpanKind::consumer: return api::SpanKind::kConsumer;
        }
        return api::SpanKind::kInternal;
    }

    static opentelemetry::trace::SpanContext context_of(TraceContext const& context,
                                                        bool is_remote,
                                                        std::string_view tracestate) {
        namespace api = opentelemetry::trace;
        return api::SpanContext{api::TraceId{context.trace_id}, api::SpanId{context.span_id},
                                api::TraceFlags{context.flags}, is_remote,
                                api::TraceState::FromHeader(view_of(tracestate))};
    }

    static TraceContext context_of(opentelemetry::trace::SpanContext const& context) noexcept {
        TraceContext out;
        auto const trace = context.trace_id().Id();
        auto const span = context.span_id().Id();
        std::copy(trace.begin(), trace.end(), out.trace_id.begin());
        std::copy(span.begin(), span.end(), out.span_id.begin());
        out.flags = context.trace_flags().flags();
        return out;
    }

    Handle tracer_;
};

}  // namespace pumphouse
