// SPDX-License-Identifier: MIT
//
// `traceparent` in the protocol: read, passed on, bounded; and the spans of its messages.

#include <pumphouse/protocol/room_protocol.hpp>

#include "protocol/test_server.hpp"
#include "support/catch.hpp"
#include "support/recording_tracer.hpp"

#include <optional>
#include <set>

using namespace pumphouse::protocol;
using namespace support;
using pumphouse::ClientId;
using pumphouse::read_traceparent;
using pumphouse::to_traceparent;

namespace {

std::string const foreign = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

struct Traced : RoomProtocol<Traced> {
    using clock = SteadyClock;
    using wall_clock = WallClock;
    static constexpr pumphouse::RoomOptions room = speaking();

    Verdict on_said(auto&, ClientId, Draft& draft) {
        if (draft.data != "\"later\"") return publish;
        *kept = draft;
        return later;
    }

    std::shared_ptr<std::optional<Draft>> kept = std::make_shared<std::optional<Draft>>();
};

// Has message types of its own, and names one of them.
struct Named : RoomProtocol<Named> {
    using clock = SteadyClock;
    using wall_clock = WallClock;

    pumphouse::MessageType type_of(OtherRequest const& request) {
        if (request.type == "bid") return "bid";
        return "unknown";
    }
};

std::string message(std::string const& type, std::string const& trace, std::string const& data,
                    std::string const& more = R"("room":"lobby")") {
    return R"({"type":")" + type + R"(",)" + more + R"(,"data":)" + data +
           (trace.empty() ? "" : R"(,"traceparent":)" + trace) + "}";
}
std::string quoted(std::string const& text) { return '"' + text + '"'; }

pumphouse::HubOptions with(RecordingTracer& tracer) {
    auto options = Traced::options;
    options.tracer = &tracer;
    return options;
}

}  // namespace

TEST_CASE("protocol: a traceparent is passed on as it came where there is no tracer") {
    TestServer<Traced> server;
    server.settled("ada", "lobby");
    server.settled("bob", "lobby");
    for (auto const type : {"room_message", "broadcast"}) {
        server.say("ada", message(type, quoted(foreign), "1"));
        CHECK(member(server.hear("bob"), "traceparent") == foreign);
        server.hear_all("ada");
    }
    server.say("ada", message("private_message", quoted(foreign), "1",
                              R"("to":")" + server.public_ids["bob"] + '"'));
    CHECK(member(server.hear("bob"), "traceparent") == foreign);
    server.say("ada", message("room_message", "", "1"));
    CHECK(server.hear("bob").find("traceparent") == std::string::npos);
}

TEST_CASE("protocol: a malformed traceparent is as good as none, and no error") {
    TestServer<Traced> server;
    server.settled("ada", "lobby");
    server.settled("bob", "lobby");
    for (std::string const& value :
         {quoted("00-zz"), std::string{"7"}, std::string{"null"}, std::string{"{\"a\":[1]}"},
          quoted(std::string(5000, '0')), quoted(foreign + "-more"), std::string{"\"\""}}) {
        CAPTURE(value);
        server.say("ada", message("room_message", value, "1"));
        auto const heard = server.hear("bob");
        CHECK(member(heard, "type") == "room_message");
        CHECK(heard.find("traceparent") == std::string::npos);
        server.hear_nothing("ada");
    }
}

TEST_CASE("protocol: each type has its span, types that the program does not have one together") {
    RecordingTracer tracer;
    TestServer<Traced> server{with(tracer)};
    server.settled("ada", "lobby");
    tracer.forget();
    for (auto const json : {R"({"type":"ping"})", R"({"type":"echo","data":1})",
                            R"({"type":"surprise-1"})", R"({"type":"surprise-2"})", "no json"}) {
        server.say("ada", json);
    }
    CHECK(tracer.spans("websocket.process_ping").size() == 1);
    CHECK(tracer.spans("websocket.process_echo").size() == 1);
    CHECK(tracer.spans("websocket.process_other").size() == 2);
    CHECK(tracer.spans("websocket.process_text").size() == 1);
    CHECK(tracer.spans("websocket.read_message").size() == 5);
    CHECK(tracer.spans("websocket.write_message").size() == 5);
}

TEST_CASE("protocol: the time in hooks is by the protocol's types and the host's, traced or not") {
    RecordingTracer tracer;
    auto const processed = [](auto& server) {
        server.settled("ada", "lobby");
        for (int i = 0; i < 100; ++i) {
            for (auto const json : {R"({"type":"room_message","room":"lobby","data":1})",
                                    R"({"type":"echo","data":1})", R"({"type":"bid"})",
                                    R"({"type":"surprise"})", "no json"}) {
                server.say("ada", json);
            }
        }
        std::set<std::string_view> types;
        for (auto const& each : server.hub.stats().processing) {
            if (each.times.count() != 0) types.insert(each.type.text());
        }
        return types;
    };
    using Types = std::set<std::string_view>;
    TestServer<Traced> plain;
    CHECK(processed(plain) == Types{"join_room", "room_message", "echo", "other", "text"});
    TestServer<Traced> traced{with(tracer)};
    CHECK(processed(traced) == Types{"join_room", "room_message", "echo", "other", "text"});
    TestServer<Named> named;
    CHECK(processed(named) ==
          Types{"join_room", "room_message", "echo", "bid", "unknown", "text"});
}

TEST_CASE("protocol: with a tracer, receivers are told of the span that processed the message") {
    RecordingTracer tracer;
    TestServer<Traced> server{with(tracer)};
    server.settled("ada", "lobby");
    server.settled("bob", "lobby");
    tracer.forget();
    server.say("ada", message("room_message", quoted(foreign), "1"));
    auto const process = tracer.span("websocket.process_room_message");
    CHECK(member(server.hear("bob"), "traceparent") == to_traceparent(process.context));
    CHECK(process.link == read_traceparent(foreign));  // nobody knows who ada is
    CHECK(tracer.span("websocket.broadcast").is_child_of(process));
    CHECK(tracer.span("websocket.broadcast").attributes.at("broadcast.recipients") == "1");
    tracer.forget();
    server.say("ada", message("room_message", "", "1"));
    CHECK(server.hear("bob").find("traceparent") == std::string::npos);
    CHECK(tracer.spans("websocket.broadcast").size() == 1);
}

TEST_CASE("protocol: what is delivered later is still a child of its message") {
    RecordingTracer tracer;
    auto kept = std::make_shared<std::optional<Draft>>();
    Traced host;
    host.kept = kept;
    TestServer<Traced> server{with(tracer), host};
    server.settled("ada", "lobby");
    server.settled("bob", "lobby");
    tracer.forget();
    server.say("ada", message("room_message", quoted(foreign), "\"later\""));
    auto const process = tracer.span("websocket.process_room_message");
    REQUIRE(*kept);
    REQUIRE(deliver(server.hub, **kept) == pumphouse::Accepted::accepted);
    server.settle();
    CHECK(tracer.span("websocket.broadcast").is_child_of(process));
    CHECK(member(server.hear("bob"), "traceparent") == to_traceparent(process.context));
}
