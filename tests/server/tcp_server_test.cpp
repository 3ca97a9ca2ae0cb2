// SPDX-License-Identifier: MIT
//
// Clients over length-prefixed TCP, beside others of the same hub.

#include "server/served.hpp"

#include <memory>

using namespace served;

namespace {

std::string hear(peer::Connection& client) {
    std::string const head = client.receive_bytes(5);
    if (head.size() < 5) return {};
    std::size_t length = 0;
    for (int i = 1; i < 5; ++i) {
        length = length << 8 | static_cast<unsigned char>(head[static_cast<std::size_t>(i)]);
    }
    return client.receive_bytes(length);
}

bool say(peer::Connection& client, std::string_view text) {
    return client.send(peer::prefixed_frame(Opcode::binary, text));
}

template <typename Policy>
struct TcpSite : Server<Policy> {
    explicit TcpSite(TcpServerOptions options = {}, HubOptions const& hub_options = {})
        : Server<Policy>{{}, {}, hub_options}, tcp{this->io, this->hub, on_port_0(options)} {
        this->run();
    }
    ~TcpSite() { this->threads.reset(); }
    static TcpServerOptions on_port_0(TcpServerOptions options) {
        options.port = 0;
        return options;
    }
    TcpServer tcp;
};

}  // namespace

TEST_CASE("a connection is a client at once") {
    TcpSite<Echo> site;
    peer::Connection client{site.tcp.port()};
    say(client, "hello");
    CHECK(hear(client) == "hello");
}

TEST_CASE("one hub holds TCP and WebSocket clients together") {
    TcpSite<Relay> site;
    peer::Connection tcp{site.tcp.port()};
    peer::Connection web{site.port()};
    web.upgrade("/ws");
    CHECK(peer::eventually([&] { return site.hub.client_count() == 2; }));
    say(tcp, "from tcp");
    CHECK(hear(tcp) == "from tcp");
    // The WebSocket client may have been opened after that one.
    web.say("from web");
    CHECK(hear(tcp) == "from web");
    std::string heard = web.hear();
    if (heard == "from tcp") heard = web.hear();
    CHECK(heard == "from web");
    say(tcp, "again");
    CHECK(web.hear() == "again");
}

TEST_CASE("who is one too many is told 1013 and closed") {
    SECTION("for the server") {
        TcpSite<Echo> site{{.max_connections = 1}};
        auto first = std::make_unique<peer::Connection>(site.tcp.port());
        say(*first, "x");
        CHECK(hear(*first) == "x");
        peer::Connection second{site.tcp.port()};
        CHECK(hear(second) == peer::close_payload(1013));
        CHECK(second.has_ended());
        first.reset();
        CHECK(peer::eventually([&] {
            peer::Connection next{site.tcp.port()};
            say(next, "x");
            return hear(next) == "x";
        }));
    }
    SECTION("of one address") {
        TcpSite<Echo> site{{.max_clients_per_address = 1}};
        peer::Connection first{site.tcp.port()};
        say(first, "x");
        CHECK(hear(first) == "x");
        peer::Connection second{site.tcp.port()};
        CHECK(hear(second) == peer::close_payload(1013));
    }
    SECTION("for the hub") {
        HubOptions few;
        few.max_clients = 1;
        TcpSite<Echo> site{{}, few};
        peer::Connection first{site.tcp.port()};
        say(first, "x");
        CHECK(hear(first) == "x");
        peer::Connection second{site.tcp.port()};
        CHECK(hear(second) == peer::close_payload(1013));
        CHECK(second.has_ended());
    }
}

TEST_CASE("a TCP server names the port it cannot have") {
    TcpSite<Echo> site;
    auto const port = std::to_string(site.tcp.port());
    CHECK_THROWS_WITH((TcpServer{site.io, site.hub, {.port = site.tcp.port()}}),
                      "cannot listen on localhost:" + port + ": Address already in use");
}
