// SPDX-License-Identifier: MIT
// Bodies of observe/tracing/otlp_tracer.hpp. The JSON is that of opentelemetry-proto 1: lower
// camel case, ids in hexadecimal, enums as numbers, 64-bit integers as strings.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <random>
#include <system_error>

#include <pumphouse/message/object_writer.hpp>
#include <pumphouse/observe/tracing/otlp_tracer.hpp>
#include <pumphouse/version.hpp>

namespace pumphouse {

namespace detail {

// How long the UTF-8 sequence is that begins here; 0: it is none (RFC 3629).
inline std::size_t utf8_bytes(std::string_view text) noexcept {
    auto const at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned const lead = at(0);
    if (lead < 0x80) return 1;
    std::size_t const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i) {
        if (at(i) < 0x80 || at(i) > 0xbf) return 0;
    }
    bool const is_wrong = (lead == 0xe0 && at(1) < 0xa0) || (lead == 0xed && at(1) > 0x9f) ||
                          (lead == 0xf0 && at(1) < 0x90) || (lead == 0xf4 && at(1) > 0x8f);
    return is_wrong ? 0 : size;
}

// One generator for each thread, whoever asks: splitmix64 (Steele, Lea and Flood, 2014).
inline std::uint64_t random_of_thread() {
    thread_local std::uint64_t state = [] {
        std::random_device device;
        return std::uint64_t{device()} << 32 | device();
    }();
    std::uint64_t mixed = state += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
}

inline void append_double(std::string& out, double number) {
    if (!std::isfinite(number)) {
        out += std::isnan(number) ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
        return;
    }
    std::array<char, 32> digits;
    out.append(digits.data(),
               std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

}  // namespace detail

PUMPHOUSE_DECL OtlpTracer::OtlpTracer(Sink sink, OtlpOptions options)
    : sink_{std::move(sink)}, options_{std::move(options)}, sampler_{options_.sampling} {
    if (options_.export_interval > Duration::zero()) thread_ = std::thread{[this] { run(); }};
}

PUMPHOUSE_DECL OtlpTracer::~OtlpTracer() {
    {
        std::scoped_lock const lock{mutex_};
        is_over_ = true;
    }
    wakes_.notify_all();
    if (thread_.joinable()) thread_.join();
    flush();
}

PUMPHOUSE_DECL std::uint64_t OtlpTracer::random() {
    return options_.random ? options_.random() : detail::random_of_thread();
}

PUMPHOUSE_DECL TraceContext OtlpTracer::make_context(TraceContext const& parent) {
    TraceContext context = parent;
    auto const fill = [&](auto& id) {
        while (id == std::decay_t<decltype(id)>{}) {  // all zero is no id
            for (std::size_t i = 0; i < id.size(); i += 8) {
                std::uint64_t const bits = random();
                for (std::size_t j = 0; j < 8; ++j) {
                    id[i + j] = static_cast<std::uint8_t>(bits >> 8 * j);
                }
            }
        }
    };
    if (!parent.is_valid()) {
        context = {};
        context.flags = TraceContext::random;
        fill(context.trace_id);
    }
    context.span_id = {};
    fill(context.span_id);
    context.flags &= static_cast<std::uint8_t>(~TraceContext::sampled);
    if (sampler_.takes(context, parent)) context.flags |= TraceContext::sampled;
    return context;
}

PUMPHOUSE_DECL StartedSpan OtlpTracer::start(SpanStart const& start) noexcept try {
    TraceContext context = make_context(start.parent);
    if (!context.is_sampled()) return {context};
    auto const unrecorded = [&]() noexcept {
        dropped_.fetch_add(1, std::memory_order_relaxed);
        context.flags &= static_cast<std::uint8_t>(~TraceContext::sampled);
        return StartedSpan{context};
    };
    if (open_.fetch_add(1, std::memory_order_relaxed) >= options_.max_open_spans) {
        open_.fetch_sub(1, std::memory_order_relaxed);
        return unrecorded();
    }
    try {
        auto record = std::make_unique<Record>();
        record->name = cut(start.name);
        record->kind = start.kind;
        record->context = context;
        record->parent = start.parent;
        record->is_remote = start.is_remote;
        record->tracestate = start.tracestate;
        record->link = start.link;
        record->began = start.at;
        recorded_.fetch_add(1, std::memory_order_relaxed);
        return {context, record.release()};
    } catch (...) {  // memory: the span is not worth more than the message
        open_.fetch_sub(1, std::memory_order_relaxed);
        return unrecorded();
    }
} catch (...) {  // the host's own source of ids
    return {};
}

PUMPHOUSE_DECL void OtlpTracer::end(StartedSpan const& span, SpanEnd const& end) noexcept {
    struct Visitor {
        void operator()(std::string_view text) const { out = tracer.cut(text); }
        void operator()(std::int64_t number) const { out = number; }
        void operator()(double number) const { out = number; }
        void operator()(bool flag) const { out = flag; }
        OtlpTracer const& tracer;
        decltype(Attribute::value)& out;
    };
    std::unique_ptr<Record> record{static_cast<Record*>(span.record)};
    open_.fetch_sub(1, std::memory_order_relaxed);
    bool has_batch = false;
    try {
        record->ended = std::max(end.at, record->began);
        record->problem = cut(end.problem);
        for (LogField const& each : end.attributes) {
            Attribute& attribute = record->attributes.emplace_back();
            attribute.key = cut(each.key);
            std::visit(Visitor{*this, attribute.value}, each.value);
        }
        std::scoped_lock const lock{mutex_};
        if (ended_.size() < options_.max_ended_spans) ended_.push_back(std::move(record));
        has_batch = ended_.size() >= std::max<std::size_t>(options_.batch_spans, 1);
    } catch (...) {  // memory
    }
    if (record) dropped_.fetch_add(1, std::memory_order_relaxed);
    if (has_batch) wakes_.notify_one();
}

PUMPHOUSE_DECL void OtlpTracer::flush() noexcept {
    try {
        export_batches();
    } catch (...) {  // memory; what was taken in hand is counted as failed
    }
}

PUMPHOUSE_DECL void OtlpTracer::export_batches() {
    std::scoped_lock const one_at_a_time{sink_mutex_};
    offset_ = std::chrono::nanoseconds{options_.wall_clock().time_since_epoch()}.count() -
              std::chrono::nanoseconds{options_.clock().time_since_epoch()}.count();
    for (;;) {
        std::vector<std::unique_ptr<Record>> batch;
        {
            std::scoped_lock const lock{mutex_};
            auto const most = std::max<std::size_t>(options_.batch_spans, 1);
            auto const last = ended_.begin() +
                              static_cast<std::ptrdiff_t>(std::min(most, ended_.size()));
            batch.assign(std::move_iterator{ended_.begin()}, std::move_iterator{last});
            ended_.erase(ended_.begin(), last);
        }
        if (batch.empty()) return;
        bool is_taken = false;
        try {
            is_taken = sink_(request_of(batch));
        } catch (...) {  // a sink in trouble is not the hub's trouble
        }
        (is_taken ? exported_ : failed_).fetch_add(batch.size(), std::memory_order_relaxed);
    }
}

PUMPHOUSE_DECL void OtlpTracer::run() {
    std::unique_lock lock{mutex_};
    while (!is_over_) {
        wakes_.wait_for(lock, options_.export_interval, [this] {
            return is_over_ || ended_.size() >= std::max<std::size_t>(options_.batch_spans, 1);
        });
        if (is_over_) return;
        lock.unlock();
        flush();
        lock.lock();
    }
}

PUMPHOUSE_DECL OtlpStats OtlpTracer::stats() const noexcept {
    constexpr auto relaxed = std::memory_order_relaxed;
    return {recorded_.load(relaxed), exported_.load(relaxed), dropped_.load(relaxed),
            failed_.load(relaxed)};
}

// At most so long, and UTF-8 whatever it was.
PUMPHOUSE_DECL std::string OtlpTracer::cut(std::string_view text) const {
    std::string out;
    std::size_t plain = 0;  // most are ASCII, and short
    std::size_t const most = std::min(text.size(), options_.max_text_bytes);
    while (plain < most && static_cast<unsigned char>(text[plain]) < 0x80) ++plain;
    out.assign(text.substr(0, plain));
    text.remove_prefix(plain);
    while (!text.empty()) {
        std::size_t const size = detail::utf8_bytes(text);
        if (out.size() + std::max<std::size_t>(size, 1) > options_.max_text_bytes) break;
        out.append(size == 0 ? "?" : text.substr(0, size));
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return out;
}

PUMPHOUSE_DECL std::string OtlpTracer::moment(Time at) const {
    auto const since = std::chrono::nanoseconds{at.time_since_epoch()}.count();
    return std::to_string(std::max<std::int64_t>(since + offset_, 0));
}

PUMPHOUSE_DECL std::string OtlpTracer::request_of(
    std::vector<std::unique_ptr<Record>> const& batch) const {
    std::string out = R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name",)";
    out += R"("value":{"stringValue":)";
    append_string(out, cut(options_.service_name));
    out += R"(}}]},"scopeSpans":[{"scope":{"name":"pumphouse","version":)";
    append_string(out, pumphouse::version);
    out += R"(},"spans":[)";
    for (auto const& each : batch) {
        if (out.back() != '[') out += ',';
        append(out, *each);
    }
    return out += "]}]}]}";
}

PUMPHOUSE_DECL void OtlpTracer::append(std::string& out, Record const& record) const {
    constexpr unsigned remote_is_known = 0x100;
    constexpr unsigned is_remote = 0x200;
    struct Value {
        void operator()(std::string const& text) const {
            out += R"({"stringValue":)";
            append_string(out, text);
        }
        void operator()(std::int64_t number) const {
            out.append(R"({"intValue":")").append(std::to_string(number)).append("\"");
        }
        void operator()(double number) const {
            out += R"({"doubleValue":)";
            detail::append_double(out, number);
        }
        void operator()(bool flag) const {
            out.append(R"({"boolValue":)").append(flag ? "true" : "false");
        }
        std::string& out;
    };
    auto const id = [](auto const& bytes) { return hexadecimal(bytes.data(), bytes.size()); };
    ObjectWriter span{out};
    span.text("traceId", id(record.context.trace_id));
    span.text("spanId", id(record.context.span_id));
    span.text_if("traceState", record.tracestate);
    if (record.parent.is_valid()) span.text("parentSpanId", id(record.parent.span_id));
    span.number("flags", record.context.flags | remote_is_known |
                             (record.is_remote ? is_remote : 0));
    span.text("name", record.name);
    span.number("kind", static_cast<std::uint64_t>(record.kind));
    span.text("startTimeUnixNano", moment(record.began));
    span.text("endTimeUnixNano", moment(record.ended));
    std::string list;
    for (Attribute const& each : record.attributes) {
        list += list.empty() ? R"({"key":)" : R"(,{"key":)";
        append_string(list, each.key);
        list += R"(,"value":)";
        std::visit(Value{list}, each.value);
        list += "}}";
    }
    span.raw("attributes", '[' + list + ']');
    if (record.link.is_valid()) {
        span.raw("links", R"([{"traceId":")" + id(record.link.trace_id) + R"(","spanId":")" +
                              id(record.link.span_id) + R"("}])");
    }
    if (!record.problem.empty()) {
        constexpr std::uint64_t error = 2;
        span.object("status", [&](ObjectWriter& status) {
            status.text("message", record.problem);
            status.number("code", error);
        });
    }
}

PUMPHOUSE_DECL OtlpTracer::Sink trace_file(std::string const& path) {
    std::shared_ptr<std::FILE> const file{std::fopen(path.c_str(), "ae"), [](std::FILE* opened) {
                                              if (opened != nullptr) std::fclose(opened);
                                          }};
    if (file == nullptr) throw std::system_error{errno, std::generic_category(), path};
    return [file](std::string_view request) {
        bool const is_written =
            std::fwrite(request.data(), 1, request.size(), file.get()) == request.size() &&
            std::fputc('\n', file.get()) == '\n';
        return std::fflush(file.get()) == 0 && is_written;
    };
}

}  // namespace pumphouse
