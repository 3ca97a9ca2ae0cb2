// SPDX-License-Identifier: MIT
//
// Clients over length-prefixed TCP, beside others of the same hub.

#include "server/prefixed_peer.hpp"
#include "server/served.hpp"

#include <memory>

using namespace served;
using peer::hear_prefixed;
using peer::say_prefixed;

namespace {

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
    say_prefixed(client, "hello");
    CHECK(hear_prefixed(client) == "hello");
}

TEST_CASE("one hub holds TCP and WebSocket clients together") {
    TcpSite<Relay> site;
    peer::Connection tcp{site.tcp.port()};
    peer::Connection web{site.port()};
    web.upgrade("/ws");
    CHECK(peer::eventually([&] { return site.hub.client_count() == 2; }));
    say_prefixed(tcp, "from tcp");
    CHECK(hear_prefixed(tcp) == "from tcp");
    // The WebSocket client may have been opened after that one.
    web.say("from web");
    CHECK(hear_prefixed(tcp) == "from web");
    std::string heard = web.hear();
    if (heard == "from tcp") heard = web.hear();
    CHECK(heard == "from web");
    say_prefixed(tcp, "again");
    CHECK(web.hear() == "again");
}

TEST_CASE("who is one too many is told 1013 and closed") {
    SECTION("for the server") {
        TcpSite<Echo> site{{.max_connections = 1}};
        auto first = std::make_unique<peer::Connection>(site.tcp.port());
        say_prefixed(*first, "x");
        CHECK(hear_prefixed(*first) == "x");
        peer::Connection second{site.tcp.port()};
        CHECK(hear_prefixed(second) == peer::close_payload(1013));
        CHECK(second.has_ended());
        first.reset();
        CHECK(peer::eventually([&] {
            peer::Connection next{site.tcp.port()};
            say_prefixed(next, "x");
            return hear_prefixed(next) == "x";
        }));
    }
    SECTION("of one address") {
        TcpSite<Echo> site{{.max_clients_per_address = 1}};
        peer::Connection first{site.tcp.port()};
        say_prefixed(first, "x");
        CHECK(hear_prefixed(first) == "x");
        peer::Connection second{site.tcp.port()};
        CHECK(hear_prefixed(second) == peer::close_payload(1013));
    }
    SECTION("for the hub") {
        HubOptions few;
        few.max_clients = 1;
        TcpSite<Echo> site{{}, few};
        peer::Connection first{site.tcp.port()};
        say_prefixed(first, "x");
        CHECK(hear_prefixed(first) == "x");
        peer::Connection second{site.tcp.port()};
        CHECK(hear_prefixed(second) == peer::close_payload(1013));
        CHECK(second.has_ended());
    }
}

TEST_CASE("a TCP server names the port it cannot have") {
    TcpSite<Echo> site;
    auto const port = std::to_string(site.tcp.port());
    CHECK_THROWS_WITH((TcpServer{site.io, site.hub, {.port = site.tcp.port()}}),
                      "cannot listen on localhost:" + port + ": Address already in use");
}
