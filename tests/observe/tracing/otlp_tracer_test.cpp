// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <pumphouse/observe/tracing/otlp_tracer.hpp>
#include <pumphouse/observe/tracing/span.hpp>
#include <pumphouse/version.hpp>

#include "support/catch.hpp"

using namespace pumphouse;
using namespace std::chrono_literals;

namespace {

// 2026-01-02T03:04:05Z is one second on the hub's clock.
OtlpOptions by_hand() {
    OtlpOptions options;
    options.service_name = "chat";
    options.export_interval = Duration::zero();
    options.wall_clock = [] {
        return std::chrono::system_clock::time_point{std::chrono::seconds{1767323045}};
    };
    options.clock = [] { return Time{1s}; };
    options.random = [next = std::make_shared<std::atomic<std::uint64_t>>(1)] {
        return (*next)++;
    };
    return options;
}

struct Kept {
    std::vector<std::string> lines;
    bool takes = true;
    OtlpTracer::Sink sink() {
        return [this](std::string_view line) {
            lines.emplace_back(line);
            return takes;
        };
    }
};

Span begun(OtlpTracer& tracer, std::string_view name, TraceContext const& parent = {}) {
    return Span{tracer, {.name = name, .kind = SpanKind::server, .parent = parent, .at = Time{2s}}};
}

}  // namespace

TEST_CASE("otlp: a span is one of a request, as the published mapping has it") {
    Kept kept;
    OtlpTracer tracer{kept.sink(), by_hand()};
    TraceContext const link = *read_traceparent(
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    Span span{tracer, {.name = "websocket.upgrade",
                       .kind = SpanKind::server,
                       .link = link,
                       .at = Time{1s}}};
    std::array const attributes{LogField{"text", "a\"\n\xff"}, LogField{"number", -7},
                                LogField{"half", 0.5}, LogField{"flag", true}};
    span.end({Time{1500ms}, attributes, "refused"});
    tracer.flush();
    REQUIRE(kept.lines.size() == 1);
    CHECK(kept.lines.front() ==
          R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":)"
          R"({"stringValue":"chat"}}]},"scopeSpans":[{"scope":{"name":"pumphouse","version":")" +
              std::string{version} +
              R"("},"spans":[{"traceId":"01000000000000000200000000000000","spanId":)"
              R"("0300000000000000","flags":259,"name":"websocket.upgrade","kind":2,)"
              R"("startTimeUnixNano":"1767323045000000000",)"
              R"("endTimeUnixNano":"1767323045500000000","attributes":[)"
              R"({"key":"text","value":{"stringValue":"a\"\n?"}},)"
              R"({"key":"number","value":{"intValue":"-7"}},)"
              R"({"key":"half","value":{"doubleValue":0.5}},)"
              R"({"key":"flag","value":{"boolValue":true}}],)"
              R"("links":[{"traceId":"0af7651916cd43dd8448eb211c80319c",)"
              R"("spanId":"b7ad6b7169203331"}],)"
              R"("status":{"message":"refused","code":2}}]}]}]})");
}

TEST_CASE("otlp: a child has its parent's trace, and says whose child it is") {
    Kept kept;
    OtlpTracer tracer{kept.sink(), by_hand()};
    Span parent = begun(tracer, "parent");
    Span child = begun(tracer, "child", parent.context());
    CHECK(child.context().trace_id == parent.context().trace_id);
    CHECK(child.context().span_id != parent.context().span_id);
    child.end({Time{3s}});
    child.end({Time{4s}});  // the first one counts
    parent.end({Time{3s}});
    tracer.flush();
    auto const id = hexadecimal(parent.context().span_id.data(), 8);
    CHECK(kept.lines.at(0).find(R"("parentSpanId":")" + id) != std::string::npos);
    CHECK(tracer.stats().exported == 2);
}

TEST_CASE("otlp: open and ended spans are bounded, and what is too much is counted") {
    Kept kept;
    OtlpOptions options = by_hand();
    options.max_open_spans = 3;
    options.max_ended_spans = 2;
    options.batch_spans = 1;
    OtlpTracer tracer{kept.sink(), options};
    {
        std::vector<Span> open;
        for (int i = 0; i < 5; ++i) open.push_back(begun(tracer, "open"));
        CHECK(open[2].is_recorded());
        CHECK_FALSE(open[3].is_recorded());
        CHECK_FALSE(open[3].context().is_sampled());
        CHECK(open[3].context().is_valid());
        CHECK(tracer.stats().dropped == 2);
    }
    CHECK(tracer.stats().dropped == 3);
    tracer.flush();
    CHECK(kept.lines.size() == 2);
    kept.takes = false;
    begun(tracer, "late").end({Time{3s}});
    tracer.flush();
    OtlpStats const stats = tracer.stats();
    CHECK(stats.recorded == 4);
    CHECK(stats.exported == 2);
    CHECK(stats.failed == 1);
    CHECK(stats.dropped == 3);
}

TEST_CASE("otlp: texts are bounded, and UTF-8 whatever they were") {
    Kept kept;
    OtlpOptions options = by_hand();
    options.max_text_bytes = 8;
    OtlpTracer tracer{kept.sink(), options};
    Span span = begun(tracer, "n");
    std::string const euros = "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac";
    std::array const attributes{LogField{"long", euros}, LogField{"torn", "\xe2\x82"},
                                LogField{"surrogate", "\xed\xa0\x80"}};
    span.end({Time{3s}, attributes});
    tracer.flush();
    auto const has = [&](std::string const& text) {
        return kept.lines.at(0).find(text) != std::string::npos;
    };
    CHECK(has("\"\xe2\x82\xac\xe2\x82\xac\""));
    CHECK(has("\"??\""));
    CHECK(has("\"???\""));
    CHECK(has("\"surrogat\""));
}

TEST_CASE("sampling: a ratio takes that share of traces, by their ids") {
    Kept kept;
    OtlpOptions options = by_hand();
    options.random = {};
    options.sampling.ratio = 0.25;
    OtlpTracer tracer{kept.sink(), options};
    int taken = 0;
    for (int i = 0; i < 4000; ++i) {
        Span span = begun(tracer, "n");
        taken += span.is_recorded();
        CHECK(span.is_recorded() == span.context().is_sampled());
    }
    CHECK(taken > 800);
    CHECK(taken < 1200);
    TraceContext low;
    low.trace_id[8] = 0x3f;
    TraceContext high;
    high.trace_id[8] = 0x40;
    CHECK(Sampler{{.ratio = 0.25}}.takes(low, {}));
    CHECK_FALSE(Sampler{{.ratio = 0.25}}.takes(high, {}));
    CHECK_FALSE(Sampler{{.ratio = 0}}.takes({}, {}));
    high.trace_id.fill(0xff);
    CHECK(Sampler{{.ratio = 1}}.takes(high, {}));
}

TEST_CASE("sampling: what has a parent follows it, unless the ratio is to decide") {
    TraceContext parent = *read_traceparent(
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    CHECK(Sampler{{.ratio = 0}}.takes(parent, parent));
    CHECK_FALSE(Sampler{{.ratio = 0, .parent_based = false}}.takes(parent, parent));
    parent.flags = 0;
    CHECK_FALSE(Sampler{{.ratio = 1}}.takes(parent, parent));
}

TEST_CASE("otlp: many threads, one sink at a time, nothing lost but what is counted") {
    std::atomic<int> inside{0};
    std::atomic<bool> was_alone{true};
    std::atomic<std::uint64_t> lines{0};
    OtlpOptions options;
    options.batch_spans = 16;
    OtlpStats stats;
    constexpr int threads = 4;
    constexpr int spans = 500;
    {
        OtlpTracer tracer{[&](std::string_view line) {
                              if (++inside != 1) was_alone = false;
                              lines += !line.empty();
                              --inside;
                              return true;
                          },
                          options};
        std::vector<std::thread> all;
        for (int i = 0; i < threads; ++i) {
            all.emplace_back([&] {
                for (int j = 0; j < spans; ++j) {
                    Span parent = begun(tracer, "parent");
                    begun(tracer, "child", parent.context()).end({Time{3s}});
                    parent.end({Time{3s}});
                    if (j % 100 == 0) tracer.flush();
                }
            });
        }
        for (auto& each : all) each.join();
        tracer.flush();
        stats = tracer.stats();
    }
    CHECK(was_alone);
    CHECK(lines > 0);
    CHECK(stats.recorded == threads * spans * 2);
    CHECK(stats.exported + stats.dropped == stats.recorded);
}

TEST_CASE("otlp: a file gets a line for each request, behind what it has") {
    char name[] = "/tmp/traces_XXXXXX";
    ::close(::mkstemp(name));
    for (int i = 0; i < 2; ++i) {
        OtlpTracer tracer{trace_file(name), by_hand()};
        begun(tracer, "n").end({Time{3s}});
    }
    std::FILE* const file = std::fopen(name, "r");
    std::string text(4096, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
    std::remove(name);
    CHECK(std::count(text.begin(), text.end(), '\n') == 2);
    CHECK(text.starts_with(R"({"resourceSpans":)"));
    CHECK(text.ends_with("}\n"));
    CHECK_THROWS_AS(trace_file("/nowhere/traces"), std::system_error);
}
