// SPDX-License-Identifier: MIT
#include <pumphouse/hub/metrics.hpp>

#include <map>
#include <set>

#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;

namespace {

// What was described, by "name{label=value,...}".
struct Notes final : MetricSink {
    void counter(Metric metric, Labels labels, double value) override {
        CHECK(metric.name.ends_with("_total"));
        note(metric, labels, value);
    }
    void gauge(Metric metric, Labels labels, double value) override {
        note(metric, labels, value);
    }
    void histogram(Metric metric, Labels labels, HistogramView values) override {
        CHECK(values.counts.size() == values.bounds.size() + 1);
        std::uint64_t count = 0;
        for (auto const each : values.counts) count += each;
        note(metric, labels, static_cast<double>(count));
    }

    void note(Metric metric, Labels labels, double value) {
        std::string key{metric.name};
        for (Label const& each : labels) {
            key.append(",").append(each.name).append("=").append(each.value);
        }
        CHECK_FALSE(metric.help.empty());
        CHECK(values.emplace(key, value).second);  // each once
    }

    std::map<std::string, double> values;
};

}  // namespace

TEST_CASE("metrics: what is described is what happened, and no value comes twice") {
    HubOptions options;
    options.max_clients = 2;
    TestHub hub{options};
    auto& one = hub.settled({"lobby"});
    auto& two = hub.settled({"lobby"});
    auto third = std::make_unique<Client<ScriptedTransport>>(one.wire);
    CHECK_FALSE(hub->register_channel().push(std::move(third)));
    one.wire.say("hello");
    hub.broadcast("lobby", "to all");
    hub.settle();
    static_cast<void>(hub->close(two.id));
    hub.settle();
    two.wire.close();
    hub.pass(10s);

    Notes notes;
    describe(hub->stats(), notes, "chat");
    auto const at = [&](std::string const& key) { return notes.values.at(key); };
    CHECK(at("websocket_active_connections,hub=chat") == 1);
    CHECK(at("websocket_connections_total,hub=chat,status=accepted") == 2);
    CHECK(at("websocket_connections_total,hub=chat,status=rejected") == 1);
    CHECK(at("websocket_connection_duration_seconds,hub=chat,disconnect_reason=host") == 1);
    CHECK(at("websocket_messages_total,hub=chat,direction=inbound,type=text") == 1);
    CHECK(at("websocket_deliveries_total,hub=chat,fate=delivered") == 2);
    CHECK(at("websocket_deliveries_due_total,hub=chat") == 2);
    CHECK(at("websocket_evicted_total,hub=chat,reason=lag") == 0);
    CHECK(at("websocket_rooms_total,hub=chat") == 1);
}

TEST_CASE("metrics: every cause has a word of its own") {
    std::set<std::string_view> words;
    for (std::size_t i = 0; i < close_cause_count; ++i) {
        words.insert(name_of(static_cast<CloseCause>(i)));
    }
    CHECK(words.size() == close_cause_count);
    CHECK_FALSE(words.contains("unknown"));
}
