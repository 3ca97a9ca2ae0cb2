// SPDX-License-Identifier: MIT
//
// Spans of a whole session over a real server: the upgrade first, and all that comes of it; whom
// the server believes about traces; that no token is in any span.

#include "server/served.hpp"

#include <memory>
#include <string>

#include <pumphouse/observe/tracing/otlp_tracer.hpp>

#include "support/recording_tracer.hpp"

using namespace served;
using namespace std::chrono_literals;
using peer::eventually;
using support::RecordedSpan;
using support::RecordingTracer;

namespace {

std::string const foreign = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Three letters are a user; everything else is refused.
struct Verifier {
    void verify(std::string token, Verification verification) {
        token.size() == 3 ? verification.accept({token, {}, {}}) : verification.refuse();
    }
};

struct Site {
    explicit Site(ServerOptions options = {}, bool verifies = true) {
        if (verifies) options.authentication.verifier = std::make_shared<Verifier>();
        HubOptions hub_options;
        hub_options.tracer = &tracer;
        server.emplace(options, Relay{}, hub_options);
        server->run();
    }

    /// The head of the answer to a request with these headers; then the connection is left open.
    peer::Connection come(std::string const& headers, std::string const& target = "/ws") {
        peer::Connection connection{server->port()};
        connection.send("GET " + target +
                        " HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                        headers + "\r\n");
        connection.receive_until("\r\n\r\n");
        return connection;
    }

    RecordedSpan upgrade() {
        CHECK(eventually([&] { return !tracer.spans("websocket.upgrade").empty(); }));
        return tracer.span("websocket.upgrade");
    }

    RecordingTracer tracer;
    std::optional<Server<Relay>> server;
};

std::string trace(std::string const& value = foreign) { return "traceparent: " + value + "\r\n"; }
std::string bearer(std::string const& token) { return "Authorization: Bearer " + token + "\r\n"; }

}  // namespace

TEST_CASE("tracing: a whole session over a server is a tree of spans") {
    Site site;
    {
        auto ada = site.come(bearer("ada") + trace() + "tracestate: rojo=1\r\ntracestate: b=2\r\n",
                             "/ws?room=a%20b&n=1");
        auto bob = site.come("");
        REQUIRE(eventually([&] { return site.tracer.spans("websocket.upgrade").size() == 2; }));
        ada.say("hello");
        CHECK(ada.hear() == "hello");
        CHECK(bob.hear() == "hello");
        REQUIRE(eventually([&] { return !site.tracer.spans("websocket.read_message").empty(); }));
        ada.send(peer::websocket_frame(Opcode::close, peer::close_payload(1000)));
        REQUIRE(eventually([&] { return !site.tracer.spans("websocket.connection").empty(); }));
    }
    auto const upgrade = site.tracer.spans("websocket.upgrade").front();
    CHECK(upgrade.parent == read_traceparent(foreign));
    CHECK(upgrade.is_remote);
    CHECK(upgrade.tracestate == "rojo=1,b=2");
    CHECK(upgrade.attributes.at("http.request.method") == "GET");
    CHECK(upgrade.attributes.at("http.response.status_code") == "101");
    CHECK(upgrade.attributes.at("url.path") == "/ws");
    CHECK(upgrade.attributes.at("url.query") == "room=a%20b&n=1");
    CHECK(upgrade.attributes.at("client.address") == "127.0.0.1");
    CHECK(upgrade.problem.empty());
    auto const connection = site.tracer.spans("websocket.connection").front();
    CHECK(connection.is_child_of(upgrade));
    CHECK(connection.attributes.at("client.id") == upgrade.attributes.at("client.id"));
    auto const read = site.tracer.span("websocket.read_message");
    CHECK(read.is_root());
    CHECK(read.link == connection.context);
    auto const process = site.tracer.span("websocket.process_text");
    CHECK(process.is_child_of(read));
    auto const broadcast = site.tracer.span("websocket.broadcast");
    CHECK(broadcast.is_child_of(process));
    CHECK(broadcast.attributes.at("broadcast.recipients") == "2");
}

TEST_CASE("tracing: who is refused cannot make its upgrade part of another trace, or linked") {
    Site site;
    site.come(bearer("nobody") + trace());
    auto const span = site.upgrade();
    CHECK(span.is_root());
    CHECK_FALSE(span.link.is_valid());
    CHECK(span.attributes.at("http.response.status_code") == "401");
    CHECK_FALSE(span.attributes.contains("client.id"));
    CHECK(span.problem == "invalid_token");
    CHECK(span.tracestate.empty());
}

TEST_CASE("tracing: who came without a token is linked to, and is believed where that is said") {
    {
        Site site{{}, false};
        site.come(trace());
        auto const span = site.upgrade();
        CHECK(span.is_root());
        CHECK(span.link == read_traceparent(foreign));
    }
    ServerOptions believing;
    believing.trust_trace_context = true;
    Site site{believing, false};
    site.come(trace());
    CHECK(site.upgrade().parent == read_traceparent(foreign));
}

TEST_CASE("tracing: malformed, long and doubled trace headers are as good as none") {
    std::string const two = trace() + trace();
    for (std::string const& headers : {trace("00-zz"), two, trace(foreign + "-more"),
                                       trace(std::string(5000, '0')), trace("")}) {
        CAPTURE(headers);
        Site site;
        site.come(bearer("ada") + headers + "tracestate: a=1\r\n");
        auto const span = site.upgrade();
        CHECK(span.attributes.at("http.response.status_code") == "101");
        CHECK(span.is_root());
        CHECK_FALSE(span.link.is_valid());
        CHECK(span.tracestate.empty());
    }
    Site site;
    site.come(bearer("ada") + trace() + "tracestate: a=" + std::string(600, 'x') + "\r\n");
    CHECK(site.upgrade().parent.is_valid());
    CHECK(site.upgrade().tracestate.empty());
}

TEST_CASE("tracing: no token is in any span, wherever it came") {
    std::string const secret = "s3cr3t-t0ken";
    ServerOptions options;
    options.authentication.cookie = "session";
    for (auto const& [headers, target] :
         {std::pair{bearer(secret), std::string{"/ws"}},
          std::pair{std::string{}, "/ws?token=" + secret + "&a=1"},
          std::pair{std::string{"Cookie: session="} + secret + "\r\n", std::string{"/ws"}},
          std::pair{std::string{"Sec-WebSocket-Protocol: bearer, "} + secret + "\r\n",
                    std::string{"/ws"}}}) {
        Site site{options};
        site.come(headers, target);
        auto const span = site.upgrade();
        CHECK(span.attributes.at("http.response.status_code") == "401");
        for (auto const& [key, value] : span.attributes) {
            INFO(key << "=" << value);
            CHECK(value.find(secret) == std::string::npos);
        }
        if (target.size() > 3) {
            CHECK(span.attributes.at("url.query") == "token=[redacted]&a=1");
        }
    }
}

TEST_CASE("tracing: a server's shards and the exporter's thread work side by side") {
    std::atomic<std::uint64_t> bytes{0};
    OtlpOptions options;
    options.batch_spans = 8;
    options.export_interval = 1ms;
    OtlpTracer tracer{[&](std::string_view line) {
                          bytes += line.size();
                          return true;
                      },
                      options};
    HubOptions hub_options;
    hub_options.shards = 2;
    hub_options.tracer = &tracer;
    {
        Server<Relay> server{{}, {}, hub_options};
        server.run(2);
        std::vector<peer::Connection> people;
        for (int i = 0; i < 4; ++i) {
            people.emplace_back(server.port()).upgrade("/ws");
        }
        meet(people);
        constexpr std::size_t rounds = 20;
        for (std::size_t round = 0; round < rounds; ++round) {
            for (auto& each : people) each.say("hello");
        }
        for (auto& each : people) {
            for (std::size_t heard = 0; heard < rounds * people.size();) {
                auto const frame = each.receive_frame();
                REQUIRE(frame.first_byte >= 0);
                heard += frame.payload == "hello";
            }
        }
        CHECK(eventually([&] { return bytes != 0; }));
    }
    tracer.flush();
    OtlpStats const stats = tracer.stats();
    CHECK(stats.recorded > 0);
    CHECK(stats.exported == stats.recorded);
}
