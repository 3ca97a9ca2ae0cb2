// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "support/test_hub.hpp"

#if __has_include(<prometheus/text_serializer.h>)
#include <pumphouse/prometheus.hpp>
#include <pumphouse/server/upgrade/upgrade_metrics.hpp>

using namespace support;

TEST_CASE("prometheus: a page has a hub's values in the text format, also after the hub") {
    pumphouse::PrometheusPage page;
    std::string during;
    {
        TestHub hub;
        page.add(*hub, "chat");
        hub.settled({"lobby"});
        hub.broadcast("lobby", "hello");
        hub.settle();
        during = page.text();
    }
    auto const has = [&](std::string_view line) {
        INFO(line);
        CHECK(during.find(line) != std::string::npos);
    };
    has("# TYPE websocket_connections_total counter\n");
    has("websocket_connections_total{hub=\"chat\",status=\"accepted\"} 1");
    has("websocket_clients_per_room_bucket{hub=\"chat\",le=\"1\"} 1");
    has("websocket_clients_per_room_bucket{hub=\"chat\",le=\"+Inf\"} 1");
    has("websocket_clients_per_room_count{hub=\"chat\"} 1");
    has("pumphouse_build_info{version=\"");
    has("process_resident_memory_bytes ");
    CHECK(during.back() == '\n');
    CHECK(page.text().find("websocket_connections_total{hub=\"chat\"") != std::string::npos);
}

#if defined(PUMPHOUSE_PROMTOOL)
TEST_CASE("prometheus: promtool has nothing to say against a page, but for one name") {
    TestHub hub;
    pumphouse::PrometheusPage page;
    page.add(*hub);
    page.add([](pumphouse::MetricSink& sink) { describe(pumphouse::UpgradeStats{}, sink); });
    hub.settled({"lobby"}).wire.say("hello");
    hub.broadcast("lobby", "hello");
    hub.pass(std::chrono::seconds{10});
    char name[] = "/tmp/metrics_XXXXXX";
    ::close(::mkstemp(name));
    std::ofstream{name} << page.text();
    std::string const command = PUMPHOUSE_PROMTOOL " check metrics 2>&1 < ";
    std::FILE* const said = ::popen((command + name).c_str(), "r");
    REQUIRE(said != nullptr);
    std::array<char, 512> line;
    int lines = 0;
    while (std::fgets(line.data(), line.size(), said) != nullptr) {
        // The guides call a gauge so.
        bool const is_known = std::string_view{line.data()}.starts_with("websocket_rooms_total ");
        if (!is_known) FAIL_CHECK(line.data());
        ++lines;
    }
    int const status = ::pclose(said);
    std::remove(name);
    CHECK(WIFEXITED(status));
    CHECK(lines == 1);
}
#endif
#endif
