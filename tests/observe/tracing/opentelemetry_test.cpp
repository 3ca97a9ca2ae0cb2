// SPDX-License-Identifier: MIT
//
// OpenTelemetryTracer, against a tracer of OpenTelemetry's API that keeps what it is given. Built
// where the headers of that API are.
#include <pumphouse/observe/opentelemetry/opentelemetry_tracer.hpp>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "support/catch.hpp"

namespace api = opentelemetry::trace;
namespace common = opentelemetry::common;
namespace nostd = opentelemetry::nostd;
using namespace pumphouse;

namespace {

struct Kept {
    std::string name;
    api::SpanKind kind{};
    api::SpanContext parent{false, false};
    bool is_root = false;
    std::vector<api::SpanContext> links;
    common::SteadyTimestamp began;
    common::SteadyTimestamp ended;
    std::map<std::string, common::AttributeValue> attributes;
    api::StatusCode status = api::StatusCode::kUnset;
    std::string problem;
    int ends = 0;
};

class KeepingSpan final : public api::Span {
public:
    KeepingSpan(std::shared_ptr<Kept> kept, api::SpanContext context, bool is_recording)
        : kept_{std::move(kept)}, context_{std::move(context)}, is_recording_{is_recording} {}

    void SetAttribute(nostd::string_view key,
                      common::AttributeValue const& value) noexcept override {
        kept_->attributes.emplace(std::string{key.data(), key.size()}, value);
    }
    void AddEvent(nostd::string_view) noexcept override {}
    void AddEvent(nostd::string_view, common::SystemTimestamp) noexcept override {}
    void AddEvent(nostd::string_view, common::SystemTimestamp,
                  common::KeyValueIterable const&) noexcept override {}
#if OPENTELEMETRY_ABI_VERSION_NO >= 2
    void AddLink(api::SpanContext const&, common::KeyValueIterable const&) noexcept override {}
    void AddLinks(api::SpanContextKeyValueIterable const&) noexcept override {}
#endif
    void SetStatus(api::StatusCode code, nostd::string_view text) noexcept override {
        kept_->status = code;
        kept_->problem.assign(text.data(), text.size());
    }
    void UpdateName(nostd::string_view) noexcept override {}
    void End(api::EndSpanOptions const& options) noexcept override {
        kept_->ended = options.end_steady_time;
        ++kept_->ends;
    }
    api::SpanContext GetContext() const noexcept override { return context_; }
    bool IsRecording() const noexcept override { return is_recording_; }

private:
    std::shared_ptr<Kept> kept_;
    api::SpanContext context_;
    bool is_recording_;
};

class KeepingTracer final : public api::Tracer {
public:
    nostd::shared_ptr<api::Span> StartSpan(
        nostd::string_view name, common::KeyValueIterable const&,
        api::SpanContextKeyValueIterable const& links,
        api::StartSpanOptions const& options) noexcept override {
        auto kept = std::make_shared<Kept>();
        kept->name.assign(name.data(), name.size());
        kept->kind = options.kind;
        kept->began = options.start_steady_time;
        if (nostd::holds_alternative<api::SpanContext>(options.parent)) {
            kept->parent = nostd::get<api::SpanContext>(options.parent);
        } else {
            auto const& context = nostd::get<opentelemetry::context::Context>(options.parent);
            kept->is_root = api::IsRootSpan(context);
        }
        links.ForEachKeyValue([&](api::SpanContext link, common::KeyValueIterable const&) {
            kept->links.push_back(link);
            return true;
        });
        std::array<std::uint8_t, 16> const trace{7};
        std::array<std::uint8_t, 8> const id{static_cast<std::uint8_t>(spans.size() + 1)};
        auto const flags = static_cast<std::uint8_t>(is_recording ? 1 : 0);
        api::SpanContext const context{api::TraceId{trace}, api::SpanId{id},
                                       api::TraceFlags{flags}, false};
        spans.push_back(kept);
        return nostd::shared_ptr<api::Span>{new KeepingSpan{kept, context, is_recording}};
    }
#if OPENTELEMETRY_ABI_VERSION_NO < 2
    void ForceFlushWithMicroseconds(std::uint64_t) noexcept override {}
    void CloseWithMicroseconds(std::uint64_t) noexcept override {}
#endif

    bool is_recording = true;
    std::vector<std::shared_ptr<Kept>> spans;
};

struct Scene {
    KeepingTracer* kept = new KeepingTracer;
    OpenTelemetryTracer tracer{nostd::shared_ptr<api::Tracer>{kept}};
};

TraceContext context_of(std::uint8_t trace, std::uint8_t span) {
    TraceContext context;
    context.trace_id[0] = trace;
    context.span_id[0] = span;
    context.flags = TraceContext::sampled;
    return context;
}

constexpr Time noon{std::chrono::seconds{43'200}};

}  // namespace

TEST_CASE("OpenTelemetry: a span without a parent begins a trace, and has the ids it was given") {
    Scene scene;
    SpanStart start;
    start.name = "websocket.upgrade";
    start.kind = SpanKind::server;
    start.at = noon;
    StartedSpan const span = scene.tracer.start(start);
    Kept const& kept = *scene.kept->spans.at(0);
    CHECK(kept.name == "websocket.upgrade");
    CHECK(kept.kind == api::SpanKind::kServer);
    CHECK(kept.is_root);
    CHECK(kept.links.empty());
    CHECK(kept.began.time_since_epoch() == noon.time_since_epoch());
    CHECK(span.context.trace_id[0] == 7);
    CHECK(span.context.span_id[0] == 1);
    CHECK(span.context.is_sampled());
    REQUIRE(span.record != nullptr);
    scene.tracer.end(span, {});
    CHECK(kept.ends == 1);
}

TEST_CASE("OpenTelemetry: parent, state and link are those of the peer") {
    Scene scene;
    SpanStart start;
    start.name = "websocket.read_message";
    start.kind = SpanKind::consumer;
    start.parent = context_of(3, 4);
    start.is_remote = true;
    start.tracestate = "vendor=1";
    start.link = context_of(5, 6);
    scene.tracer.end(scene.tracer.start(start), {});
    Kept const& kept = *scene.kept->spans.at(0);
    CHECK(!kept.is_root);
    CHECK(kept.parent.IsRemote());
    CHECK(kept.parent.trace_id().Id()[0] == 3);
    CHECK(kept.parent.span_id().Id()[0] == 4);
    CHECK(kept.parent.trace_state()->ToHeader() == "vendor=1");
    REQUIRE(kept.links.size() == 1);
    CHECK(kept.links[0].trace_id().Id()[0] == 5);
    CHECK(kept.links[0].span_id().Id()[0] == 6);
}

TEST_CASE("OpenTelemetry: attributes, the problem and the end arrive") {
    Scene scene;
    StartedSpan const span = scene.tracer.start({});
    std::array const attributes{LogField{"room", "lobby"}, LogField{"recipients", 40},
                                LogField{"share", 0.5}, LogField{"is_late", true}};
    scene.tracer.end(span, {noon, attributes, "too slow"});
    Kept const& kept = *scene.kept->spans.at(0);
    CHECK(nostd::get<nostd::string_view>(kept.attributes.at("room")) == "lobby");
    CHECK(nostd::get<std::int64_t>(kept.attributes.at("recipients")) == 40);
    CHECK(nostd::get<double>(kept.attributes.at("share")) == 0.5);
    CHECK(nostd::get<bool>(kept.attributes.at("is_late")));
    CHECK(kept.status == api::StatusCode::kError);
    CHECK(kept.problem == "too slow");
    CHECK(kept.ended.time_since_epoch() == noon.time_since_epoch());
}

TEST_CASE("OpenTelemetry: what its sampler leaves out has no record") {
    Scene scene;
    scene.kept->is_recording = false;
    StartedSpan const span = scene.tracer.start({});
    CHECK(span.record == nullptr);
    CHECK(!span.context.is_sampled());
}
