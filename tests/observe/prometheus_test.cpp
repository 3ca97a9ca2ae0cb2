// SPDX-License-Identifier: MIT
#include <string>

#include "support/test_hub.hpp"

#if __has_include(<prometheus/text_serializer.h>)
#include <pumphouse/prometheus.hpp>

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
#endif
