// SPDX-License-Identifier: MIT
//
// A TcpServer over TLS: a handshake before the client, with a deadline and a turn.

#include "server/certificate_files.hpp"
#include "server/prefixed_peer.hpp"
#include "server/served.hpp"
#include "server/tls_connection.hpp"

#include <memory>
#include <vector>

using namespace served;
using namespace std::chrono_literals;
using peer::half_a_hello;
using peer::hear_prefixed;
using peer::say_prefixed;
using peer::TlsConnection;

namespace {

template <typename Policy = Echo>
struct Site : CertificateFiles, Server<Policy> {
    explicit Site(TcpServerOptions options = {}, HubOptions const& hub_options = {},
                  int threads = 1)
        : Server<Policy>{{}, {}, hub_options}, tcp{this->io, this->hub, on_port_0(options)} {
        this->run(threads);
    }
    ~Site() { this->threads.reset(); }
    TcpServerOptions on_port_0(TcpServerOptions options) const {
        options.port = 0;
        return with_tls(options);
    }
    std::unique_ptr<peer::Connection> stuck() const {
        auto one = std::make_unique<peer::Connection>(tcp.port());
        one->send(half_a_hello);
        return one;
    }
    bool serves() const {
        TlsConnection client{tcp.port()};
        say_prefixed(client, "x");
        return hear_prefixed(client) == "x";
    }
    TcpServer tcp;
};

}  // namespace

TEST_CASE("TCP over TLS: a message goes to the hub and back") {
    for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        Site<> site;
        TlsConnection client{site.tcp.port(), {.max_version = version}};
        for (int i = 0; i < 50; ++i) {
            std::string const text = std::string(static_cast<std::size_t>(i) * 1000, 'x') + "y";
            say_prefixed(client, text);
            CHECK(hear_prefixed(client) == text);
        }
    }
}

TEST_CASE("TCP over TLS: what comes with the end of the handshake is not lost") {
    Site<> site;
    TlsConnection client{site.tcp.port()};
    REQUIRE(client.shake_hands());  // its last words may be in the kernel still
    std::string frames;
    for (int i = 0; i < 100; ++i) {
        frames += peer::prefixed_frame(Opcode::binary, std::string(1000, 'a') + std::to_string(i));
    }
    client.send(frames);
    for (int i = 0; i < 100; ++i) {
        CHECK(hear_prefixed(client) == std::string(1000, 'a') + std::to_string(i));
    }
}

TEST_CASE("TCP over TLS: clients of both servers and two threads hear each other") {
    Site<Relay> site{{}, {}, 2};
    TlsConnection tls{site.tcp.port()};
    peer::Connection web{site.port()};
    web.upgrade("/ws");
    REQUIRE(tls.shake_hands());
    CHECK(peer::eventually([&] { return site.hub.client_count() == 2; }));
    say_prefixed(tls, "open");
    CHECK(hear_prefixed(tls) == "open");
    web.say("from web");
    CHECK(hear_prefixed(tls) == "from web");
}

TEST_CASE("TCP over TLS: a handshake has its deadline, also in the line for its turn") {
    for (std::size_t const most : {std::size_t{512}, std::size_t{1}}) {
        TcpServerOptions options;
        options.handshake_deadline = 200ms;
        options.max_tls_handshakes = most;
        Site<> site{options};
        peer::Connection quiet{site.tcp.port()};
        std::vector<std::unique_ptr<peer::Connection>> stuck;
        for (int i = 0; i < 10; ++i) stuck.push_back(site.stuck());
        CHECK(quiet.has_ended());
        for (auto& each : stuck) CHECK(each->has_ended());
        CHECK(site.hub.client_count() == 0);
    }
    TcpServerOptions patient;
    patient.handshake_deadline = 0s;
    Site<> site{patient};
    CHECK(site.serves());
}

TEST_CASE("TCP over TLS: a client has no deadline of the handshake any more") {
    TcpServerOptions options;
    options.handshake_deadline = 1s;
    Site<> site{options};
    std::unique_ptr<TlsConnection> client;
    CHECK(peer::eventually([&] {  // a busy machine may need several
        client = std::make_unique<TlsConnection>(site.tcp.port());
        say_prefixed(*client, "x");
        return hear_prefixed(*client) == "x";  // so the server has shaken hands, too
    }));
    // Younger, so its deadline is the later one.
    peer::Connection quiet{site.tcp.port()};
    CHECK(quiet.has_ended());
    say_prefixed(*client, "still here");
    CHECK(hear_prefixed(*client) == "still here");
}

TEST_CASE("TCP over TLS: over the cap the others wait their turn, silent peers take none") {
    TcpServerOptions options;
    options.max_tls_handshakes = 2;
    options.handshake_deadline = 0s;
    Site<> site{options};
    std::vector<std::unique_ptr<peer::Connection>> quiet;
    for (int i = 0; i < 5; ++i) {
        quiet.push_back(std::make_unique<peer::Connection>(site.tcp.port()));
    }
    CHECK(site.serves());

    auto first = site.stuck();
    auto second = site.stuck();
    TlsConnection waits{site.tcp.port()};
    waits.tls().shake_hands();
    waits.send_raw(waits.tls().output());
    first.reset();
    CHECK(waits.shake_hands());
    say_prefixed(waits, "x");
    CHECK(hear_prefixed(waits) == "x");
    second.reset();
    for (int i = 0; i < 5; ++i) CHECK(site.serves());
}

TEST_CASE("TCP over TLS: what is no TLS is closed, and others are served") {
    Site<> site;
    for (std::string const& noise :
         {std::string(64, '\xff'), std::string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
          peer::prefixed_frame(Opcode::binary, "plain")}) {
        peer::Connection stranger{site.tcp.port()};
        stranger.send(noise);
        CHECK(stranger.has_ended());
    }
    CHECK(site.serves());
    CHECK(site.hub.client_count() <= 1);
}

TEST_CASE("TCP over TLS: who is one too many gets an alert, or 1013 from a full hub") {
    SECTION("for the server") {
        Site<> site{{.max_connections = 1}};
        TlsConnection first{site.tcp.port()};
        say_prefixed(first, "x");
        CHECK(hear_prefixed(first) == "x");
        TlsConnection second{site.tcp.port()};
        CHECK_FALSE(second.shake_hands());
        CHECK(second.tls().has_failed());
        say_prefixed(first, "still here");
        CHECK(hear_prefixed(first) == "still here");
    }
    SECTION("for the hub") {
        HubOptions few;
        few.max_clients = 1;
        Site<> site{{}, few};
        TlsConnection first{site.tcp.port()};
        say_prefixed(first, "x");
        CHECK(hear_prefixed(first) == "x");
        TlsConnection second{site.tcp.port()};
        REQUIRE(second.shake_hands());
        CHECK(hear_prefixed(second) == peer::close_payload(1013));
        CHECK(second.has_ended());
    }
    SECTION("a place is given back") {
        Site<> site{{.max_connections = 1}};
        site.stuck().reset();
        CHECK(peer::eventually([&] { return site.serves(); }));
        CHECK(peer::eventually([&] { return site.serves(); }));
    }
}

TEST_CASE("TCP over TLS: a certificate is reloaded without a restart") {
    Site<> site;
    TlsConnection before{site.tcp.port()};
    REQUIRE(before.shake_hands());
    site.put("renewed");
    CHECK_FALSE(site.tcp.reload_certificate());
    TlsConnection after{site.tcp.port()};
    REQUIRE(after.shake_hands());
    CHECK(before.certificate_name() == "localhost");
    CHECK(after.certificate_name() == "renewed");
    say_prefixed(before, "still here");
    CHECK(hear_prefixed(before) == "still here");
    site.folder.write("key.pem", "nothing");
    CHECK(site.tcp.reload_certificate().text() ==
          site.folder.path("key.pem") + ": holds no private key in PEM");
    CHECK(site.serves());
}

TEST_CASE("TCP over TLS: a server that stops closes who still shakes hands, and io.run() returns") {
    TcpServerOptions options;
    options.handshake_deadline = 0s;
    Site<> site{options};
    TlsConnection client{site.tcp.port()};
    say_prefixed(client, "x");
    CHECK(hear_prefixed(client) == "x");
    auto const stuck = site.stuck();
    peer::Connection const quiet{site.tcp.port()};
    CHECK(site.serves());  // so those before have been accepted
    site.tcp.stop();
    site.server.stop();
    CHECK(stuck->has_ended());
    site.hub.shutdown();
    CHECK(hear_prefixed(client).starts_with(peer::close_payload(1001)));
    client.send(peer::prefixed_frame(Opcode::close, peer::close_payload(1001)));
    CHECK(client.has_ended());
    site.threads->join();
    CHECK(site.io.stopped());
}

TEST_CASE("TCP over TLS: a server may end while peers shake hands and wait for it") {
    for (int i = 0; i < 10; ++i) {
        TcpServerOptions options;
        options.max_tls_handshakes = 1;
        options.handshake_deadline = 0s;
        Site<> site{options, {}, 2};
        std::vector<std::unique_ptr<peer::Connection>> peers;
        for (int k = 0; k < 4; ++k) peers.push_back(site.stuck());
    }
}

TEST_CASE("TCP without TLS has no certificate to reload") {
    Server<> site;
    TcpServer tcp{site.io, site.hub, {.port = 0}};
    CHECK(tcp.reload_certificate().text() == "the server speaks no TLS");
}
