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

// More than there is place for.
constexpr MessageType many_types[] = {
    "t0",  "t1",  "t2",  "t3",  "t4",  "t5",  "t6",  "t7",  "t8",  "t9",  "t10", "t11",
    "t12", "t13", "t14", "t15", "t16", "t17", "t18", "t19", "t20", "t21", "t22", "t23",
    "t24", "t25", "t26", "t27", "t28", "t29", "t30", "t31", "t32", "t33", "t34", "t35"};

// The same text as a literal elsewhere.
constexpr char bid_elsewhere[] = "bid";
constexpr MessageType bid{"bid"};

void name(Local& local, ClientId, std::string_view text) {
    if (text == "bid") local.message_is("bid");
    if (text == "BID") local.message_is(bid_elsewhere);
    if (text == "ask") local.message_is("ask");
    if (text.starts_with("t")) {
        local.message_is(many_types[std::stoul(std::string{text.substr(1)})]);
    }
}

// One message of each, in turn, so often.
void say_in_turn(TestHub& hub, Person& person, std::vector<std::string> const& texts, int times) {
    for (int i = 0; i < times; ++i) {
        for (std::string const& each : texts) person.wire.say(each);
    }
    hub.settle();
    hub.pass(1s);
}

std::uint64_t processed(HubStats const& stats) {
    std::uint64_t all = 0;
    for (ProcessingTime const& each : stats.processing) all += each.times.count();
    return all;
}

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
    say_in_turn(hub, one, {"hello"}, 1);
    CHECK(hub->stats().processing_of("text").count() == 1);
    say_in_turn(hub, one, {"hello"}, 999);
    HubStats const stats = hub->stats();
    CHECK(stats.shards.received_text.sizes.count() == 1000);
    CHECK(stats.processing_of("text").count() <= 1000);
    CHECK(stats.processing_of("text").count() > 1000 - 32);
}

TEST_CASE("metrics: the time in hooks is by the types that they name, others by text and binary") {
    TestHub hub;
    hub.script.on_message = [](Local& local, ClientId client, std::string_view text) {
        name(local, client, text);
        local.message_is("late");  // the first one counts
        TestClock::value += 3ms;
    };
    auto& one = hub.settled();
    say_in_turn(hub, one, {"bid"}, 1);
    HubStats const stats = hub->stats();
    CHECK(stats.processing_of("bid").count() == 1);
    CHECK(stats.processing_of("bid").sum == 3'000'000);
    CHECK(stats.processing_of("late").count() == 0);
    CHECK(processed(stats) == 1);
    Notes notes;
    describe(stats, notes, "chat");
    std::string const metric =
        "websocket_message_processing_duration_seconds,hub=chat,message_type=";
    CHECK(notes.values.at(metric + "bid") == 1);
    CHECK(notes.values.at(metric + "text") == 0);
    CHECK(notes.values.at(metric + "binary") == 0);
    CHECK_FALSE(notes.values.contains(metric + "late"));
}

TEST_CASE("metrics: types in turn are measured alike, and a type is forgotten in between") {
    TestHub hub;
    hub.script.on_message = name;
    auto& one = hub.settled();
    say_in_turn(hub, one, {"bid", "ask", "neither", "bid"}, 1600);
    HubStats const stats = hub->stats();
    auto const is_about = [](std::uint64_t count, std::uint64_t expected) {
        return count > expected * 3 / 4 && count < expected * 5 / 4;
    };
    CHECK(is_about(stats.processing_of("bid").count(), 3200));
    CHECK(is_about(stats.processing_of("ask").count(), 1600));
    CHECK(is_about(stats.processing_of("text").count(), 1600));
}

TEST_CASE("metrics: a type is the same on all shards and in all literals of its text") {
    constexpr MessageType elsewhere{bid_elsewhere};
    constexpr MessageType bids{"bids"};
    CHECK(bid == elsewhere);
    CHECK_FALSE(bid == bids);
    CHECK_FALSE(bid == MessageType{});
    TestHub hub{{.shards = 3}};
    hub.script.on_message = name;
    for (int i = 0; i < 3; ++i) hub.settled();
    for (Person& each : hub.people) {
        say_in_turn(hub, each, {each.id == hub.people.front().id ? "BID" : "bid"}, 1);
    }
    HubStats const stats = hub->stats();
    CHECK(stats.processing_of("bid").count() == 3);
    CHECK(processed(stats) == 3);
    CHECK(stats.processing[2].type == bid);
    CHECK(stats.processing[3].type.is_none());
}

TEST_CASE("metrics: a hub tells 32 types apart, what is beyond counts as what it is besides") {
    TestHub hub{{.shards = 2}};
    hub.script.on_message = name;
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < std::size(many_types); ++i) {
        texts.push_back("t" + std::to_string(i));
    }
    int const times = 500;
    for (int i = 0; i < 2; ++i) say_in_turn(hub, hub.settled(), texts, times);
    HubStats const stats = hub->stats();
    std::set<std::string_view> types;
    for (ProcessingTime const& each : stats.processing) {
        CHECK(types.insert(each.type.text()).second);
        if (each.type != binary_messages) CHECK(each.times.count() > 0);
    }
    CHECK(types.size() == 34);
    CHECK_FALSE(types.contains(""));
    std::uint64_t const said = 2 * times * std::size(many_types);
    CHECK(processed(stats) <= said);
    CHECK(processed(stats) > said - 2 * 32);
}

TEST_CASE("metrics: a room with members on several shards is one room, until the last has left") {
    TestHub hub{{.shards = 3}};
    for (int i = 0; i < 6; ++i) hub.settled({"lobby", i == 0 ? "alone" : "other"});
    auto const rooms = [&] {
        hub.pass(1s);
        Notes notes;
        describe(hub->stats(), notes, "chat");
        return notes.values.at("websocket_rooms_total,hub=chat");
    };
    CHECK(rooms() == 3);
    CHECK(hub->stats().shards.rooms > 3);
    hub.people.front().wire.close();
    CHECK(rooms() == 2);
    for (std::size_t i = 1; i < 6; ++i) hub.people[i].wire.close();
    CHECK(rooms() == 0);
}

TEST_CASE("metrics: every cause has a word of its own") {
    std::set<std::string_view> words;
    for (std::size_t i = 0; i < close_cause_count; ++i) {
        words.insert(name_of(static_cast<CloseCause>(i)));
    }
    CHECK(words.size() == close_cause_count);
    CHECK_FALSE(words.contains("unknown"));
}
