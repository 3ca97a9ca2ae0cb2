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
    // Once for each of the two, and measured from the host's word to the room's.
    CHECK(at("websocket_messages_total,hub=chat,direction=outbound,type=text") == 2);
    CHECK(at("websocket_messages_total,hub=chat,direction=outbound,type=binary") == 0);
    CHECK(at("websocket_message_size_bytes,hub=chat,direction=outbound,type=text") == 2);
    CHECK(at("websocket_queue_delay_seconds,hub=chat") == 1);
    CHECK(at("websocket_message_processing_duration_seconds,hub=chat,message_type=text") == 1);
    CHECK(at("websocket_deliveries_total,hub=chat,fate=delivered") == 2);
    CHECK(at("websocket_deliveries_due_total,hub=chat") == 2);
    for (std::string const reason :
         {"lag", "write_deadline", "read_deadline", "no_pong", "idle", "limit"}) {
        CHECK(at("websocket_evicted_total,hub=chat,reason=" + reason) == 0);
    }
    CHECK(at("websocket_inbox_messages,hub=chat") == 0);
    CHECK(at("websocket_active_users,hub=chat") == 0);
    CHECK(at("websocket_rooms_total,hub=chat") == 1);
}

TEST_CASE("metrics: who is behind is seen while it is, and by how much when it goes on") {
    TestHub hub;
    auto& reader = hub.settled({"lobby"});
    auto& slow = hub.settled({"lobby"});
    slow.wire.credit = 0;
    for (int i = 0; i < 3; ++i) hub.broadcast("lobby", "hello");
    hub.settle();
    auto const at = [&](std::string const& key) {
        Notes notes;
        describe(hub->stats(), notes, "chat");
        return notes.values.at(key + ",hub=chat");
    };
    CHECK(at("websocket_stalled_clients") == 1);
    CHECK(at("websocket_pending_messages") == 3);
    CHECK(at("websocket_lag_messages") == 0);
    slow.wire.take_all();
    hub.settle();
    CHECK(at("websocket_stalled_clients") == 0);
    CHECK(at("websocket_pending_messages") == 0);
    CHECK(at("websocket_lag_messages") == 1);
    CHECK(hub->stats().shards.lag.sum == 3);
    CHECK(reader.wire.texts().size() == 3);
}

TEST_CASE("metrics: a user counts once, whatever his devices, until the last has gone") {
    HubOptions options;
    options.shards = 3;
    TestHub hub{options};
    std::vector<Person*> devices;
    for (int i = 0; i < 4; ++i) devices.push_back(&hub.settled({}));
    auto const users = [&] {
        hub.settle();
        return hub->stats().shards.users;
    };
    for (Person* const each : devices) {
        bool const is_bob = each == devices.back();
        REQUIRE(hub.local(each->id).identify(each->id, is_bob ? "bob" : "ada"));
    }
    CHECK(users() == 2);
    for (std::size_t i = 0; i < 2; ++i) devices[i]->wire.close();
    CHECK(users() == 2);
    devices[2]->wire.close();
    CHECK(users() == 1);
}

TEST_CASE("metrics: who is ended for saying nothing is counted by that reason") {
    HubOptions options;
    options.heartbeat.idle_limit = 5s;
    TestHub hub{options};
    hub.settled({"lobby"});
    hub.pass(20s);
    CHECK(hub->stats().shards.closed_by_cause[static_cast<std::size_t>(CloseCause::idle)] == 1);
}

TEST_CASE("metrics: what waits in the inbox is measured by the hub's clock") {
    TestHub hub;
    hub.settled({"lobby"});
    REQUIRE(hub->broadcast("lobby", text("waits")) == Accepted::accepted);
    hub.pass(3ms);
    hub.settle();
    hub.pass(10s);
    auto const& delay = hub->stats().shards.queue_delay;
    CHECK(delay.count() == 1);
    CHECK(delay.sum == 3'000'000);
}

TEST_CASE("metrics: one of 16 messages is measured, and counts for all of them") {
    TestHub hub;
    auto& one = hub.settled({"lobby"});
    for (int i = 0; i < 33; ++i) one.wire.say("hello");
    hub.settle();
    hub.pass(10s);
    HubStats const stats = hub->stats();
    CHECK(stats.shards.received_text.sizes.count() == 33);
    CHECK(stats.shards.processing_text.count() == 33);
}

TEST_CASE("metrics: every cause has a word of its own") {
    std::set<std::string_view> words;
    for (std::size_t i = 0; i < close_cause_count; ++i) {
        words.insert(name_of(static_cast<CloseCause>(i)));
    }
    CHECK(words.size() == close_cause_count);
    CHECK_FALSE(words.contains("unknown"));
}
