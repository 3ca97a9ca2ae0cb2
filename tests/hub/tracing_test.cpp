// SPDX-License-Identifier: MIT
//
// The spans of a hub: whose children they are, what is in them, when they end.
#include <algorithm>
#include <string>
#include <vector>

#include <pumphouse/client/client_trace.hpp>

#include "support/recording_tracer.hpp"
#include "support/test_hub.hpp"

using namespace support;
using pumphouse::ActiveSpan;
using pumphouse::TraceContext;

namespace {

pumphouse::HubOptions traced(RecordingTracer& tracer, pumphouse::HubOptions options = {}) {
    options.tracer = &tracer;
    return options;
}

TraceContext foreign(bool is_sampled = true) {
    return *pumphouse::read_traceparent(
        std::string{"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"} +
        (is_sampled ? "1" : "0"));
}

}  // namespace

TEST_CASE("tracing: a connection is one span, from its opening to its end") {
    RecordingTracer tracer;
    TestHub hub{traced(tracer)};
    Person& ada = hub.settled();
    CHECK(tracer.names().empty());
    CHECK(tracer.open() == 1);
    TestClock::value += 5s;
    ada.wire.close();
    hub.settle();
    auto const span = tracer.span("websocket.connection");
    CHECK(span.is_root());
    CHECK(span.ended - span.began == 5s);
    CHECK(span.attributes.at("client.id") == std::to_string(ada.id.value()));
    CHECK(span.attributes.at("connection.type") == "websocket");
    CHECK(span.attributes.at("websocket.close_code") == "1000");
    CHECK(span.attributes.at("websocket.close_cause") == "peer");
    CHECK(span.problem.empty());
}

TEST_CASE("tracing: a connection that ends badly is an error, also when the hub ends") {
    RecordingTracer tracer;
    {
        TestHub hub{traced(tracer)};
        hub.settled().wire.vanish();
        hub.settle();
        CHECK_FALSE(tracer.span("websocket.connection").problem.empty());
        hub.settled();
        CHECK(tracer.open() == 1);
    }
    CHECK(tracer.open() == 0);
    CHECK(tracer.spans("websocket.connection").size() == 2);
}

TEST_CASE("tracing: a message is read, processed, broadcast once and written to one") {
    RecordingTracer tracer;
    TestHub hub{traced(tracer)};
    hub.script.on_message = [](Local& local, ClientId client, std::string_view text) {
        CHECK(local.is_traced());
        local.broadcast("lobby", pumphouse::text(text), pumphouse::except(client));
        local.send(client, pumphouse::text("thanks"));
    };
    for (int i = 0; i < 9; ++i) hub.settled({"lobby"});
    Person& ada = hub.settled({"lobby"});
    ada.wire.say("hello");
    hub.settle();
    CHECK(tracer.names() == std::vector<std::string>{"websocket.broadcast",
                                                     "websocket.process_text",
                                                     "websocket.read_message",
                                                     "websocket.write_message"});
    auto const read = tracer.span("websocket.read_message");
    auto const process = tracer.span("websocket.process_text");
    auto const broadcast = tracer.span("websocket.broadcast");
    auto const write = tracer.span("websocket.write_message");
    CHECK(read.is_root());
    CHECK(read.link.is_valid());
    CHECK(process.is_child_of(read));
    CHECK(broadcast.is_child_of(process));
    CHECK(write.is_child_of(process));
    CHECK(broadcast.attributes.at("broadcast.recipients") == "9");
    CHECK(broadcast.attributes.at("room") == "lobby");
    CHECK(broadcast.attributes.at("message.size") == "5");
    CHECK(process.attributes.at("message.type") == "text");
    CHECK(process.attributes.at("message.size") == "5");
    CHECK(process.attributes.at("client.id") == std::to_string(ada.id.value()));
    CHECK(write.attributes.at("message.size") == "6");
    ada.wire.close();
    hub.settle();
    CHECK(tracer.span("websocket.connection").context == read.link);
}

TEST_CASE("tracing: a host names the type of a message once, and only what its program has") {
    RecordingTracer tracer;
    TestHub hub{traced(tracer)};
    TraceContext own;
    hub.script.on_message = [&](Local& local, ClientId client, std::string_view) {
        own = local.trace("join_room");
        CHECK(local.trace("another") == own);
        local.send(client, pumphouse::text("yes"));
    };
    hub.settled().wire.say("{}");
    hub.settle();
    auto const process = tracer.span("websocket.process_join_room");
    CHECK(process.context == own);
    CHECK(process.attributes.at("message.type") == "join_room");
    CHECK(tracer.span("websocket.write_message").is_child_of(process));
}

TEST_CASE("tracing: what a hook says of a message that it has named has that type, on all shards") {
    RecordingTracer tracer;
    TestHub hub{traced(tracer, {.shards = 3})};
    hub.script.on_message = [](Local& local, ClientId client, std::string_view text) {
        if (text == "bid") local.message_is("bid");
        local.broadcast("lobby", pumphouse::binary(text));
        ActiveSpan const active{foreign()};
        local.send(client, pumphouse::text("thanks"));
    };
    for (int i = 0; i < 3; ++i) hub.settled({"lobby"});
    for (Person& each : hub.people) {
        tracer.forget();
        each.wire.say("bid");
        hub.settle();
        CHECK(tracer.span("websocket.process_bid").attributes.at("message.opcode") == "text");
        for (auto const name : {"websocket.read_message", "websocket.process_bid",
                                "websocket.broadcast", "websocket.write_message"}) {
            CHECK(tracer.span(name).attributes.at("message.type") == "bid");
        }
        tracer.forget();
        each.wire.say("another");
        hub.broadcast("lobby", "from a host");
        hub.settle();
        CHECK(tracer.span("websocket.read_message").attributes.at("message.type") == "text");
        CHECK(tracer.span("websocket.write_message").attributes.at("message.type") == "text");
        std::vector<std::string> types;
        for (auto const& span : tracer.spans("websocket.broadcast")) {
            types.push_back(span.attributes.at("message.type"));
        }
        std::sort(types.begin(), types.end());
        CHECK(types == std::vector<std::string>{"binary", "text"});
    }
}

TEST_CASE("tracing: a message that is named, and then traced, has its sender's span") {
    RecordingTracer tracer;
    TestHub hub{traced(tracer)};
    hub.script.on_message = [](Local& local, ClientId, std::string_view) {
        local.message_is("bid");
        local.trace("other", foreign());
    };
    hub.settled().wire.say("x");
    hub.settle();
    CHECK(tracer.span("websocket.process_bid").link == foreign());
}

TEST_CASE("tracing: a sender's span is a parent when the client is known, and a link otherwise") {
    RecordingTracer tracer;
    TestHub hub{traced(tracer)};
    hub.script.on_message = [&](Local& local, ClientId, std::string_view) {
        local.trace("say", foreign());
    };
    Person& ada = hub.settled();
    ada.wire.say("as a stranger");
    hub.settle();
    auto const stranger = tracer.span("websocket.process_say");
    CHECK(stranger.is_child_of(tracer.span("websocket.read_message")));
    CHECK(stranger.link == foreign());
    tracer.forget();
    REQUIRE(hub.local(ada.id).identify(ada.id, "ada"));
    ada.wire.say("as herself");
    hub.settle();
    auto const known = tracer.span("websocket.process_say");
    CHECK(known.parent == foreign());
    CHECK(known.is_remote);
    CHECK(known.context.trace_id == foreign().trace_id);
    CHECK(known.link == tracer.span("websocket.read_message").context);
}

TEST_CASE("tracing: a hook that throws makes its spans errors") {
    RecordingTracer tracer;
    TestHub hub{traced(tracer)};
    hub.script.on_message = [](Local&, ClientId, std::string_view) {
        throw std::runtime_error{"the host's own"};
    };
    hub.settled().wire.say("x");
    hub.settle();
    CHECK(tracer.span("websocket.process_text").problem == "a hook threw");
    CHECK(tracer.span("websocket.read_message").problem == "a hook threw");
}

TEST_CASE("tracing: what another thread has in hand is the parent of its broadcast") {
    RecordingTracer tracer;
    TestHub hub{traced(tracer)};
    hub.settled({"lobby"});
    hub.settled({"lobby"});
    {
        ActiveSpan const active{foreign()};
        hub.broadcast("lobby", "with a parent");
        CHECK(ActiveSpan::current() == foreign());
    }
    CHECK_FALSE(ActiveSpan::current().is_valid());
    TestClock::value += 3ms;
    hub.settle();
    auto const span = tracer.span("websocket.broadcast");
    CHECK(span.parent == foreign());
    CHECK(span.attributes.at("broadcast.recipients") == "2");
    CHECK(span.ended - span.began == 3ms);  // from when it was accepted
    tracer.forget();
    hub.broadcast("lobby", "without");
    hub.settle();
    CHECK(tracer.span("websocket.broadcast").is_root());
    tracer.forget();
    {
        ActiveSpan const active{foreign(false)};
        hub.broadcast("lobby", "of a trace that is not recorded");
    }
    hub.settle();
    CHECK(tracer.names().empty());
    CHECK(hub.people.front().wire.texts().size() == 3);
}

TEST_CASE("tracing: one broadcast is one span over all shards, also from a hook of another one") {
    RecordingTracer tracer;
    TestHub hub{traced(tracer, {.shards = 4})};
    for (int i = 0; i < 12; ++i) hub.settled({"lobby"});
    hub.script.on_message = [](Local& local, ClientId client, std::string_view text) {
        local.broadcast("lobby", pumphouse::text(text), pumphouse::except(client));
    };
    int number = 0;
    for (Person& each : hub.people) {
        tracer.forget();
        each.wire.say("from " + std::to_string(++number));
        hub.settle();
        auto const span = tracer.span("websocket.broadcast");
        CHECK(span.is_child_of(tracer.span("websocket.process_text")));
        CHECK(span.attributes.at("broadcast.recipients") == "11");
    }
    tracer.forget();
    REQUIRE(hub->broadcast_all(pumphouse::text("all")) == Accepted::accepted);
    hub.settle();
    CHECK(tracer.span("websocket.broadcast").attributes.at("broadcast.recipients") == "12");
}

TEST_CASE("tracing: a direct message's span ends when the transport has taken its last byte") {
    RecordingTracer tracer;
    TestHub hub{traced(tracer)};
    Person& ada = hub.settled();
    ada.wire.take(4);
    REQUIRE(hub->send(ada.id, pumphouse::text("a long one")) == Accepted::accepted);
    hub.settle();
    CHECK(tracer.names().empty());
    TestClock::value += 2s;
    ada.wire.take_all();
    hub.settle();
    auto const span = tracer.span("websocket.write_message");
    CHECK(span.ended - span.began == 2s);
    CHECK(span.problem.empty());
}

TEST_CASE("tracing: direct messages on their way have a bound, and end with their client") {
    RecordingTracer tracer;
    TestHub hub{traced(tracer)};
    Person& ada = hub.settled();
    ada.wire.take(0);
    auto const most = static_cast<int>(pumphouse::ClientTrace::max_writes);
    for (int i = 0; i < most + 5; ++i) {
        REQUIRE(hub->send(ada.id, pumphouse::text("x")) == Accepted::accepted);
    }
    hub.settle();
    CHECK(tracer.open() == most + 1);
    ada.wire.vanish();
    hub.settle();
    CHECK(tracer.open() == 0);
    CHECK(tracer.spans("websocket.write_message").size() == static_cast<std::size_t>(most));
    CHECK(tracer.spans("websocket.write_message").front().problem == "the client was closed");
}

TEST_CASE("tracing: what the sampler does not take has no spans, and all else works") {
    RecordingTracer tracer;
    tracer.is_taking = false;
    TestHub hub{traced(tracer)};
    hub.script.on_message = [](Local& local, ClientId client, std::string_view text) {
        TraceContext const own = local.trace("say");
        CHECK(own.is_valid());
        CHECK_FALSE(own.is_sampled());
        local.broadcast("lobby", pumphouse::text(text));
        local.send(client, pumphouse::text("ok"));
    };
    Person& ada = hub.settled({"lobby"});
    ada.wire.say("hi");
    hub.settle();
    CHECK(ada.wire.texts() == std::vector<std::string>{"hi", "ok"});
    hub.destroy();
    CHECK(tracer.names().empty());
    CHECK(tracer.open() == 0);
}

TEST_CASE("tracing: without a tracer a client has nothing for it, and hooks see none") {
    TestHub hub;
    hub.script.on_message = [](Local& local, ClientId, std::string_view) {
        CHECK_FALSE(local.is_traced());
        CHECK_FALSE(local.trace("say", foreign()).is_valid());
        CHECK_FALSE(ActiveSpan::current().is_valid());
    };
    Person& ada = hub.settled({"lobby"});
    ada.wire.say("hi");
    hub.settle();
    CHECK(hub.script.messages.size() == 1);
    pumphouse::NullTracer nothing;
    CHECK(nothing.start({.name = "n", .parent = foreign()}).context == foreign());
}
