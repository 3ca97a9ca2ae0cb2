// SPDX-License-Identifier: MIT
//
// A WebSocketServer over TLS: the same as without, and what only TLS has.

#include "server/served.hpp"
#include "server/certificate_files.hpp"
#include "server/tls_connection.hpp"
#include "support/sanitizers.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <vector>

using namespace served;
using namespace std::chrono_literals;
using peer::TlsConnection;

namespace {

template <typename Policy = Echo>
struct TlsSite : CertificateFiles, Server<Policy> {
    explicit TlsSite(ServerOptions const& base = {}, HubOptions const& hub = {}, int threads = 1)
        : Server<Policy>{with_tls(base), {}, hub} {
        this->run(threads);
    }
    ~TlsSite() { this->threads.reset(); }
};

peer::Answer get(std::uint16_t port, std::string_view path) {
    TlsConnection connection{port};
    connection.send("GET " + std::string{path} + " HTTP/1.1\r\nHost: test\r\n\r\n");
    return peer::answer_from(connection);
}

bool upgrades(TlsConnection& client) {
    return client.upgrade("/ws").starts_with("HTTP/1.1 101 ");
}

}  // namespace

TEST_CASE("over TLS a message goes to the hub and back") {
    for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TlsSite<> site;
        TlsConnection client{site.port(), {.max_version = version}};
        REQUIRE(upgrades(client));
        for (int i = 0; i < 100; ++i) {
            client.say("hello " + std::to_string(i));
            CHECK(client.hear() == "hello " + std::to_string(i));
        }
        CHECK(site.server.connection_count() == 1);
    }
}

TEST_CASE("over TLS what stands behind the upgrade is not lost") {
    TlsSite<> site;
    TlsConnection client{site.port()};
    std::string frames;
    for (int i = 0; i < 100; ++i) {
        frames += peer::websocket_frame(Opcode::text, std::string(1000, 'a') + std::to_string(i));
    }
    // More than one record, and more than one read takes.
    client.upgrade("/ws", frames);
    for (int i = 0; i < 100; ++i) {
        CHECK(client.hear() == std::string(1000, 'a') + std::to_string(i));
    }
}

TEST_CASE("over TLS routes answer, large and small, and the peer is told of the end") {
    TlsSite<> site;
    std::string const large(std::size_t{3} << 20, 'x');
    site.server.route("GET", "/large", [&](HttpRequest const&) {
        return HttpResponse{200, "text/plain", large};
    });
    site.server.route("POST", "/back", [](HttpRequest const& request) {
        return HttpResponse{200, "text/plain", request.body};
    });
    CHECK(get(site.port(), "/health").status == 200);
    CHECK(get(site.port(), "/nothing").status == 404);
    CHECK(get(site.port(), "/large").body == large);
    TlsConnection poster{site.port()};
    std::string const body(40'000, 'b');
    poster.send("POST /back HTTP/1.1\r\nHost: test\r\nContent-Length: 40000\r\n\r\n" + body);
    CHECK(peer::answer_from(poster).body == body);
    CHECK(poster.tls().is_told_of_end());
    TlsConnection long_head{site.port()};
    long_head.send("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
    CHECK(peer::answer_from(long_head).status == 431);
}

TEST_CASE("over TLS clients of four threads and four shards all hear everybody") {
    HubOptions sharded;
    sharded.shards = 4;
    TlsSite<Relay> site{{}, sharded, 4};
    constexpr int count = 12;
    constexpr int rounds = 5;
    std::deque<TlsConnection> clients;
    for (int i = 0; i < count; ++i) CHECK(upgrades(clients.emplace_back(site.port())));
    meet(clients);
    for (int round = 0; round < rounds; ++round) {
        for (auto& each : clients) each.say("round");
    }
    for (auto& each : clients) {
        for (int heard = 0; heard < rounds * count;) {
            auto const frame = each.receive_frame();
            REQUIRE(frame.first_byte >= 0);
            heard += frame.payload == "round";
        }
    }
}

TEST_CASE("over TLS a shut down hub says 1001, and io.run() returns") {
    TlsSite<> site;
    TlsConnection client{site.port()};
    REQUIRE(upgrades(client));
    client.say("x");
    CHECK(client.hear() == "x");
    site.server.stop();
    site.hub.shutdown();
    CHECK(client.receive_frame().close_code() == 1001);
    client.send(peer::websocket_frame(Opcode::close, peer::close_payload(1001)));
    CHECK(client.has_ended());
    CHECK(client.tls().is_told_of_end());
    site.threads->join();
    CHECK(site.io.stopped());
}

TEST_CASE("over TLS a hundred megabytes pass a send buffer of 4 KiB") {
    std::size_t const count = support::fewer_under_sanitizers(std::size_t{200}, std::size_t{20});
    constexpr std::size_t size = std::size_t{512} << 10;
    ServerOptions options;
    options.socket.send_buffer_bytes = 4096;
    TlsSite<> site{options};
    TlsConnection client{site.port(), {}, "8192"};
    REQUIRE(upgrades(client));
    std::string sent(size, '\0');
    bool is_same = true;
    for (std::size_t i = 0; i < count && is_same; ++i) {
        for (std::size_t k = 0; k < size; ++k) sent[k] = static_cast<char>('a' + (i + k / 7) % 26);
        client.say(sent);
        std::string heard;
        for (bool is_final = false; !is_final && is_same;) {
            auto const frame = client.receive_frame();
            is_same = frame.first_byte >= 0;
            heard += frame.payload;
            is_final = (frame.first_byte & 0x80) != 0;
        }
        is_same = is_same && heard == sent;
    }
    CHECK(is_same);
}

TEST_CASE("plain HTTP on a TLS port is told so, in plain HTTP") {
    TlsSite<> site;
    auto const answer = peer::get(site.port(), "/health");
    CHECK(answer.status == 400);
    CHECK(answer.body.find("TLS") != std::string::npos);
    CHECK(get(site.port(), "/health").status == 200);
}

TEST_CASE("what is no TLS is closed at once, and others are served") {
    TlsSite<> site;
    for (std::string const& noise :
         {std::string(64, '\xff'), std::string(64, '\0'), std::string(20'000, 'A'),
          std::string{"\x16\x03\x01\xff\xff", 5} + std::string(70'000, 'x')}) {
        peer::Connection stranger{site.port()};
        stranger.send(noise);
        CHECK(stranger.has_ended());
    }
    peer::Connection cut{site.port()};
    cut.send(peer::half_a_hello);
    cut.end_sending();
    CHECK(cut.has_ended());
    CHECK(get(site.port(), "/health").status == 200);
    CHECK(peer::eventually([&] { return site.server.connection_count() == 0; }));
}

TEST_CASE("TLS 1.1 is refused with an alert") {
    TlsSite<> site;
    TlsConnection old{site.port(), {.max_version = TLS1_1_VERSION}};
    CHECK_FALSE(old.shake_hands());
    CHECK(old.tls().has_failed());
    CHECK(old.has_ended());
}

TEST_CASE("a handshake has its deadline: said nothing, half a hello, or nothing behind it") {
    ServerOptions options;
    options.handshake_deadline = 2s;  // a busy machine may take a second to shake hands
    TlsSite<> site{options};
    peer::Connection silent{site.port()};
    peer::Connection half{site.port()};
    half.send(peer::half_a_hello);
    TlsConnection shaken{site.port()};
    CHECK(shaken.shake_hands());
    auto const begin = std::chrono::steady_clock::now();
    CHECK(silent.has_ended());
    CHECK(half.has_ended());
    CHECK(shaken.has_ended());
    CHECK(std::chrono::steady_clock::now() - begin < 8s);
    CHECK(peer::eventually([&] { return get(site.port(), "/health").status == 200; }));
}

TEST_CASE("over the cap of handshakes the others wait their turn, silent peers take none") {
    ServerOptions options;
    options.max_tls_handshakes = 2;
    TlsSite<> site{options};
    std::vector<std::unique_ptr<peer::Connection>> silent;
    for (int i = 0; i < 5; ++i) silent.push_back(std::make_unique<peer::Connection>(site.port()));
    CHECK(peer::eventually([&] { return site.server.connection_count() == 5; }));
    CHECK(get(site.port(), "/health").status == 200);

    // Two that never finish have both places; the next one waits for one of them to go.
    auto const begin = [&] {
        auto one = std::make_unique<peer::Connection>(site.port());
        one->send(peer::half_a_hello);
        return one;
    };
    auto first = begin();
    auto second = begin();
    CHECK(peer::eventually([&] { return site.server.connection_count() == 7; }));
    TlsConnection waits{site.port()};
    waits.tls().shake_hands();
    waits.send_raw(waits.tls().output());
    auto gives_up = std::make_unique<TlsConnection>(site.port());
    gives_up->tls().shake_hands();
    gives_up->send_raw(gives_up->tls().output());
    CHECK(peer::eventually([&] { return site.server.connection_count() == 9; }));
    gives_up.reset();
    CHECK_FALSE(waits.tls().is_open());
    first.reset();
    CHECK(waits.shake_hands());
    CHECK(upgrades(waits));
    waits.say("x");
    CHECK(waits.hear() == "x");
    // Places of those that have gone are free again.
    second.reset();
    for (int i = 0; i < 5; ++i) CHECK(get(site.port(), "/health").status == 200);
}

TEST_CASE("who waits for a handshake has the same deadline") {
    ServerOptions options;
    options.max_tls_handshakes = 1;
    options.handshake_deadline = 300ms;
    TlsSite<> site{options};
    std::vector<std::unique_ptr<peer::Connection>> stuck;
    for (int i = 0; i < 20; ++i) {
        stuck.push_back(std::make_unique<peer::Connection>(site.port()));
        stuck.back()->send(peer::half_a_hello);
    }
    for (auto& each : stuck) CHECK(each->has_ended());
    CHECK(peer::eventually([&] { return get(site.port(), "/health").status == 200; }));
}

TEST_CASE("over max_connections TLS peers are refused with an alert, without a handshake") {
    ServerOptions options;
    options.max_connections = 1;
    TlsSite<> site{options};
    TlsConnection client{site.port()};
    REQUIRE(upgrades(client));
    TlsConnection refused{site.port()};
    CHECK_FALSE(refused.shake_hands());
    CHECK(refused.tls().has_failed());
    client.say("still here");
    CHECK(client.hear() == "still here");
}

TEST_CASE("a full hub answers 503 over TLS") {
    HubOptions few;
    few.max_clients = 1;
    TlsSite<> site{{}, few};
    TlsConnection client{site.port()};
    REQUIRE(upgrades(client));
    TlsConnection second{site.port()};
    CHECK(second.upgrade("/ws").starts_with("HTTP/1.1 503 "));
}

TEST_CASE("a certificate is reloaded without a restart, and a bad file changes nothing") {
    TlsSite<> site;
    TlsConnection before{site.port()};
    REQUIRE(upgrades(before));
    site.put("renewed");
    CHECK_FALSE(site.server.reload_certificate());
    TlsConnection after{site.port()};
    REQUIRE(upgrades(after));
    CHECK(before.certificate_name() == "localhost");
    CHECK(after.certificate_name() == "renewed");
    before.say("still here");
    CHECK(before.hear() == "still here");

    site.folder.write("key.pem", "nothing");
    TlsProblem const problem = site.server.reload_certificate();
    CHECK(problem.text() == site.folder.path("key.pem") + ": holds no private key in PEM");
    TlsConnection later{site.port()};
    REQUIRE(later.shake_hands());
    CHECK(later.certificate_name() == "renewed");
}

TEST_CASE("reloads from any thread, while connections come and go") {
    TlsSite<> site{{}, {}, 2};
    std::atomic<bool> is_over{false};
    std::atomic<int> failed{0};
    std::jthread const reloads{[&] {
        while (!is_over) failed += static_cast<bool>(site.server.reload_certificate());
    }};
    for (int i = 0; i < 20; ++i) {
        TlsConnection client{site.port()};
        CHECK(upgrades(client));
        client.say("x");
        CHECK(client.hear() == "x");
    }
    is_over = true;
    CHECK(failed == 0);
}

TEST_CASE("without TLS there is no certificate to reload") {
    Server<> site;
    CHECK(site.server.reload_certificate().text() == "the server speaks no TLS");
}

TEST_CASE("an io_context may end before a server whose peers shake hands and wait for it") {
    ServerOptions options;
    CertificateFiles const files;
    options = files.with_tls(std::move(options));
    options.max_tls_handshakes = 1;
    options.handshake_deadline = GENERATE(0s, 5s);
    Hub<Echo> hub;
    auto io = std::make_unique<asio::io_context>();
    auto server = std::make_unique<WebSocketServer>(*io, hub, on_any_port(options));
    std::vector<std::unique_ptr<peer::Connection>> peers;
    for (int k = 0; k < 4; ++k) {
        peers.push_back(std::make_unique<peer::Connection>(server->port()));
        peers.back()->send(peer::half_a_hello);
    }
    while (server->connection_count() != 4) io->run_for(10ms);
    io->run_for(10ms);
    io.reset();
    CHECK(peers.back()->has_ended());
    server.reset();
}

TEST_CASE("a server over TLS may end while peers shake hands and wait for it") {
    for (int i = 0; i < 10; ++i) {
        ServerOptions options;
        options.max_tls_handshakes = 1;
        options.handshake_deadline = 0s;
        TlsSite<> site{options, {}, 2};
        std::vector<std::unique_ptr<peer::Connection>> peers;
        for (int k = 0; k < 4; ++k) {
            peers.push_back(std::make_unique<peer::Connection>(site.port()));
            peers.back()->send(peer::half_a_hello);
        }
        if (i % 2 == 0) {
            CHECK(peer::eventually([&] { return site.server.connection_count() == 4; }));
        }
    }
}
