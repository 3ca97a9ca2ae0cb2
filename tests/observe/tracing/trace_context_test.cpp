// SPDX-License-Identifier: MIT
#include <initializer_list>
#include <string>
#include <string_view>

#include <pumphouse/observe/tracing/trace_context.hpp>

#include "support/catch.hpp"

using namespace pumphouse;

namespace {

std::string const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

}  // namespace

TEST_CASE("trace context: what is read is written the same") {
    auto const context = read_traceparent(good);
    REQUIRE(context);
    CHECK(context->trace_id[0] == 0x0a);
    CHECK(context->span_id[7] == 0x31);
    CHECK(context->is_sampled());
    CHECK(to_traceparent(*context) == good);
    CHECK(to_traceparent(*context).size() == traceparent_bytes);
}

TEST_CASE("trace context: a later version is read as far as it is like the first one") {
    std::string const later = "cc" + good.substr(2);
    REQUIRE(read_traceparent(later));
    CHECK(to_traceparent(*read_traceparent(later)) == good);
    CHECK(read_traceparent(later + "-what-the-future-brings"));
    CHECK_FALSE(read_traceparent(later + ".what"));
    CHECK_FALSE(read_traceparent(later + std::string(max_traceparent_bytes, '-')));
}

TEST_CASE("trace context: flags that are not known are not kept") {
    auto const all = read_traceparent(good.substr(0, 53) + "ff");
    REQUIRE(all);
    CHECK(all->flags == (TraceContext::sampled | TraceContext::random));
    auto const none = read_traceparent(good.substr(0, 53) + "00");
    REQUIRE(none);
    CHECK_FALSE(none->is_sampled());
}

TEST_CASE("trace context: whatever is malformed is as good as none") {
    std::string const zeros(32, '0');
    for (std::string const& text : std::initializer_list<std::string>{
             std::string{},
             std::string{"00"},
             good.substr(0, 54),
             good + "0",
             good + "-",
             good + "-more",
             " " + good,
             good + " ",
             "ff" + good.substr(2),
             "0g" + good.substr(2),
             "CC" + good.substr(2),
             "00_" + good.substr(3),
             good.substr(0, 35) + "_" + good.substr(36),
             good.substr(0, 52) + "_" + good.substr(53),
             "00-" + zeros + good.substr(35),
             good.substr(0, 36) + zeros.substr(16) + "-01",
             "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
             "00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01",
             good.substr(0, 53) + "0x",
             good.substr(0, 53) + "0A",
             std::string(55, '-'),
             std::string(55, '\0'),
         }) {
        CAPTURE(text);
        CHECK_FALSE(read_traceparent(text));
    }
}

TEST_CASE("trace context: tracestate is kept without blanks and empty members") {
    CHECK(read_tracestate("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE") ==
          "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
    CHECK(read_tracestate(" a=1 ,, \tb=2\t,") == "a=1,b=2");
    CHECK(read_tracestate("fw529a3039@dt=FfAAAAAAAg;sk*/x_-=1 2") == "");
    CHECK(read_tracestate("fw529a3039@dt=Ff;1:2 3") == "fw529a3039@dt=Ff;1:2 3");
    CHECK(read_tracestate("").empty());
    CHECK(read_tracestate(" , ").empty());
}

TEST_CASE("trace context: a malformed or too long tracestate is dropped whole") {
    std::string many;
    for (int i = 0; i < 33; ++i) many += "k" + std::to_string(i) + "=v,";
    for (std::string const& text : std::initializer_list<std::string>{
             std::string{"a=1,a=2"}, std::string{"a"}, std::string{"=1"}, std::string{"a="},
             std::string{"A=1"}, std::string{"a=1=2"}, std::string{"a b=1"},
             std::string{"a=\x01"}, std::string{"a=\xc3\xa4"}, std::string{"@a=1"},
             "a=" + std::string(257, 'v'), std::string(257, 'k') + "=1", many,
             "a=1," + std::string(509, ' '),
         }) {
        CAPTURE(text);
        CHECK(read_tracestate(text).empty());
    }
    many.erase(many.rfind("k32"));
    CHECK_FALSE(read_tracestate(many).empty());
}
