// SPDX-License-Identifier: MIT
//
// RecordingTracer: keeps all spans in the order of their ends, with ids that count up. `is_taking`
// false: it records none, as a sampler would.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <pumphouse/observe/tracing/span.hpp>

namespace support {

struct RecordedSpan {
    std::string name;
    pumphouse::SpanKind kind;
    pumphouse::TraceContext context;
    pumphouse::TraceContext parent;
    pumphouse::TraceContext link;
    bool is_remote = false;
    std::string tracestate;
    pumphouse::Time began;
    pumphouse::Time ended;
    std::map<std::string, std::string> attributes;
    std::string problem;

    bool is_child_of(RecordedSpan const& other) const {
        return parent == other.context && context.trace_id == other.context.trace_id;
    }
    bool is_root() const { return !parent.is_valid(); }
};

class RecordingTracer final : public pumphouse::Tracer {
public:
    pumphouse::StartedSpan start(pumphouse::SpanStart const& start) noexcept override {
        std::scoped_lock const lock{mutex_};
        pumphouse::TraceContext context = start.parent;
        if (!context.is_valid()) context.trace_id[0] = next_id();
        context.span_id = {};
        context.span_id[0] = next_id();
        bool const is_sampled = start.parent.is_valid() ? start.parent.is_sampled() : is_taking;
        context.flags = is_sampled ? pumphouse::TraceContext::sampled : 0;
        if (!is_sampled) return {context};
        ++open_;
        return {context, new RecordedSpan{std::string{start.name}, start.kind, context,
                                          start.parent, start.link, start.is_remote,
                                          std::string{start.tracestate}, start.at, {}, {}, {}}};
    }

    void end(pumphouse::StartedSpan const& span, pumphouse::SpanEnd const& end) noexcept override {
        struct Text {
            std::string operator()(std::string_view text) const { return std::string{text}; }
            std::string operator()(std::int64_t number) const { return std::to_string(number); }
            std::string operator()(double number) const { return std::to_string(number); }
            std::string operator()(bool flag) const { return flag ? "true" : "false"; }
        };
        std::unique_ptr<RecordedSpan> const record{static_cast<RecordedSpan*>(span.record)};
        record->ended = end.at;
        record->problem = end.problem;
        for (auto const& each : end.attributes) {
            record->attributes[std::string{each.key}] = std::visit(Text{}, each.value);
        }
        std::scoped_lock const lock{mutex_};
        --open_;
        spans_.push_back(std::move(*record));
    }

    /// All that have ended.
    std::vector<RecordedSpan> spans() const {
        std::scoped_lock const lock{mutex_};
        return spans_;
    }
    std::vector<RecordedSpan> spans(std::string_view name) const {
        std::vector<RecordedSpan> found;
        for (auto const& each : spans()) {
            if (each.name == name) found.push_back(each);
        }
        return found;
    }
    /// The only one of that name.
    RecordedSpan span(std::string_view name) const {
        auto const found = spans(name);
        return found.size() == 1 ? found.front() : RecordedSpan{};
    }
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (auto const& each : spans()) all.push_back(each.name);
        return all;
    }
    int open() const {
        std::scoped_lock const lock{mutex_};
        return open_;
    }
    void forget() {
        std::scoped_lock const lock{mutex_};
        spans_.clear();
    }

    bool is_taking = true;

private:
    std::uint8_t next_id() noexcept { return static_cast<std::uint8_t>(1 + ids_++ % 255); }

    mutable std::mutex mutex_;
    std::vector<RecordedSpan> spans_;
    int open_ = 0;
    unsigned ids_ = 0;
};

}  // namespace support
