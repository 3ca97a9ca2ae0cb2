// SPDX-License-Identifier: MIT
#include <pumphouse/observe/health.hpp>

#include <future>
#include <stdexcept>

#include "support/catch.hpp"

using namespace pumphouse;
using namespace std::chrono_literals;

namespace {

// Threads of their own answer when they do; a minute is for a machine that is very busy.
template <typename Condition>
bool eventually(Condition&& holds) {
    auto const until = std::chrono::steady_clock::now() + 60s;
    while (std::chrono::steady_clock::now() < until) {
        if (holds()) return true;
        std::this_thread::yield();
    }
    return false;
}

CheckReport only(Health const& health) {
    auto report = health.report();
    REQUIRE(report.checks.size() == 1);
    CHECK(report.is_healthy == report.checks[0].result.is_healthy);
    return std::move(report.checks[0]);
}

}  // namespace

TEST_CASE("health: without checks it is healthy") {
    Health const health;
    CHECK(health.report().is_healthy);
    CHECK(health.report().checks.empty());
}

TEST_CASE("health: a report says what was found last, by name") {
    Health health;
    health.add("redis", [] { return CheckResult{false, "refused", {{"host", "localhost"}}}; });
    health.add("disk", [] { return CheckResult{}; });
    CHECK(eventually([&] { return health.report().checks[0].result.is_healthy; }));
    CHECK(eventually([&] { return health.report().checks[1].result.error == "refused"; }));
    auto const report = health.report();
    CHECK(report.checks[0].name == "disk");
    CHECK_FALSE(report.is_healthy);
    CHECK(health.remove("redis"));
    CHECK_FALSE(health.remove("redis"));
    CHECK(health.report().is_healthy);
}

TEST_CASE("health: a check that has not answered is unhealthy, and the report does not wait") {
    Health health;
    std::promise<void> answer;
    auto const answered = answer.get_future().share();
    health.add(
        "stuck", [answered] { return answered.wait(), CheckResult{}; },
        {.deadline = 1ms, .interval = 1ms});
    CHECK_FALSE(only(health).result.is_healthy);
    CHECK(eventually([&] { return only(health).result.error == "no answer within 1 ms"; }));
    answer.set_value();
    CHECK(eventually([&] { return only(health).result.is_healthy; }));
}

TEST_CASE("health: what a check throws is its error") {
    Health health;
    health.add("bad", []() -> CheckResult { throw std::runtime_error{"no route"}; });
    CHECK(eventually([&] { return only(health).result.error == "no route"; }));
}

TEST_CASE("health: a check of the same name replaces the one that was there") {
    Health health;
    health.add("x", [] { return CheckResult{false, "old"}; });
    health.add("x", [] { return CheckResult{false, "new"}; });
    CHECK(eventually([&] { return only(health).result.error == "new"; }));
}

TEST_CASE("health: names and options that make no sense are refused by name") {
    Health health;
    CHECK_THROWS_AS(health.add("a \"name\"", [] { return CheckResult{}; }), std::invalid_argument);
    CHECK_THROWS_AS(health.add("x", [] { return CheckResult{}; }, {.deadline = 0ms}),
                    std::invalid_argument);
    CHECK_THROWS_AS(health.add("x", [] { return CheckResult{}; }, {.interval = -1ms}),
                    std::invalid_argument);
}

TEST_CASE("health: the report as JSON") {
    HealthReport report;
    report.is_healthy = false;
    report.checks.push_back({"redis", {false, "say \"no\"", {{"ho\"st", "a\nb"}}}, 1500us});
    report.checks.push_back({"disk", {}, 20us});
    auto const json = to_json(report, false, Timestamp{std::chrono::milliseconds{1767323045678}});
    CHECK(json.starts_with(R"({"status":"unhealthy","timestamp":"2026-01-02T03:04:05.678Z",)"
                           R"("duration":0.001500,"checks":{"redis":{"status":"unhealthy",)"
                           R"("error":"say \"no\"","duration":0.001500,"metadata":)"
                           R"({"ho\"st":"a\nb"}},"disk":{"status":"healthy",)"
                           R"("duration":0.000020}},"system":{"uptime":)"));
    CHECK(json.ends_with(R"("version":"0.1.0"}})"));
    CHECK(to_json(report, true, {}).starts_with(R"({"status":"draining",)"));
    CHECK(to_json({}, false, {}).starts_with(R"({"status":"healthy",)"));
}
