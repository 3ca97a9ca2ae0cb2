// SPDX-License-Identifier: MIT
//
// The steps of an upgrade as a peer sees them: status, body, order, and what is counted.

#include "server/served.hpp"
#include "support/problem_of.hpp"

using namespace served;
using namespace std::chrono_literals;

namespace {

std::string const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string upgrade_with(std::string_view headers, std::string_view target = "/ws",
                         std::string_view host = "test") {
    return "GET " + std::string{target} + " HTTP/1.1\r\nHost: " + std::string{host} +
           "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" + key +
           std::string{headers} + "\r\n";
}

struct Site : Server<> {
    explicit Site(ServerOptions const& options = {}, HubOptions const& hub_options = {})
        : Server<>{options, {}, hub_options} {
        run();
    }
    /// The head of the answer to an upgrade.
    std::string upgrade(std::string_view headers, std::string_view target = "/ws",
                        std::string_view host = "test") {
        peer::Connection client{port()};
        client.send(upgrade_with(headers, target, host));
        return client.receive_until("\r\n\r\n");
    }
    peer::Answer refused(std::string_view headers, std::string_view target = "/ws") {
        return peer::ask(port(), upgrade_with(headers, target));
    }
    std::uint64_t count(RefusedBecause because) {
        return server.upgrade_stats().refused_because(because);
    }
};

bool is_open(std::string_view head) { return head.starts_with("HTTP/1.1 101 "); }

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("a page of another origin is 403, told which and by what option, and counted") {
    Site site;
    auto const answer = site.refused("Origin: https://evil.example\r\n");
    CHECK(answer.status == 403);
    CHECK(answer.has("Content-Type: application/json"));
    CHECK(answer.body ==
          "{\"error\":\"origin_not_allowed\",\"message\":\"the origin https://evil.example is not "
          "allowed (option allowed_origins)\"}\n");
    CHECK(site.count(RefusedBecause::origin_not_allowed) == 1);
    CHECK(site.refused("Origin: null\r\n").status == 403);
    CHECK(site.refused("Origin:\r\n").status == 403);
    CHECK(site.refused("Origin: http://test\r\nOrigin: http://test\r\n").status == 403);
    CHECK(site.refused("Origin: http://test\r\norigin: https://evil.example\r\n").status == 403);
    CHECK(site.count(RefusedBecause::origin_not_allowed) == 5);

    CHECK(is_open(site.upgrade("")));
    CHECK(is_open(site.upgrade("Origin: http://test\r\n")));
    CHECK(is_open(site.upgrade("origin: https://test\r\n")));
    CHECK(is_open(site.upgrade("Origin: http://[::1]:8080\r\n", "/ws", "[::1]:8080")));
    CHECK(peer::eventually([&] { return site.server.upgrade_stats().upgraded == 4; }));
}

TEST_CASE("what an option of origins or proxies cannot mean is refused before anything listens") {
    asio::io_context io;
    Hub<Echo> hub;
    auto const problem = [&](ServerOptions const& options) {
        return support::problem_of([&] { WebSocketServer{io, hub, on_any_port(options)}; });
    };
    ServerOptions options;
    options.origin.allowed_origins = {"https://example.com/"};
    CHECK(holds(problem(options), "allowed_origins"));
    options = {};
    options.proxy.trusted_proxies = {"proxy.example"};
    CHECK(holds(problem(options), "trusted_proxies"));
    options = {};
    options.subprotocols = {"two words"};
    CHECK(holds(problem(options), "subprotocols"));
    options = {};
    options.require_subprotocol = true;
    CHECK(holds(problem(options), "require_subprotocol"));
}

TEST_CASE("a subprotocol is negotiated, and by option needed") {
    ServerOptions options;
    options.subprotocols = {"chat.v2", "chat.v1"};
    {
        Site site{options};
        CHECK(holds(site.upgrade("Sec-WebSocket-Protocol: chat.v1, chat.v2\r\n"),
                    "\r\nSec-WebSocket-Protocol: chat.v2\r\n"));
        CHECK(holds(site.upgrade("Sec-WebSocket-Protocol: chat.v0\r\n"
                                 "Sec-WebSocket-Protocol: chat.v1\r\n"),
                    "\r\nSec-WebSocket-Protocol: chat.v1\r\n"));
        auto const without = site.upgrade("Sec-WebSocket-Protocol: other\r\n");
        CHECK(is_open(without));
        CHECK_FALSE(holds(without, "Sec-WebSocket-Protocol"));
        auto const malformed = site.refused("Sec-WebSocket-Protocol: two words\r\n");
        CHECK(malformed.status == 400);
        CHECK(holds(malformed.body, "\"error\":\"handshake\""));
    }
    options.require_subprotocol = true;
    Site site{options};
    CHECK(is_open(site.upgrade("Sec-WebSocket-Protocol: chat.v1\r\n")));
    CHECK(site.refused("").status == 400);
    auto const answer = site.refused("Sec-WebSocket-Protocol: other\r\n");
    CHECK(answer.status == 400);
    CHECK(holds(answer.body, "\"error\":\"subprotocol\""));
    CHECK(site.count(RefusedBecause::subprotocol) == 2);
}

TEST_CASE("the steps come in their order: caps, method and headers, origin, subprotocol") {
    ServerOptions options;
    options.subprotocols = {"chat"};
    options.require_subprotocol = true;
    HubOptions none;
    none.max_clients = 1;
    Site site{options, none};
    std::string const foreign = "Origin: https://evil.example\r\n";
    CHECK(site.refused(foreign + "Sec-WebSocket-Protocol: x/y\r\n").status == 400);
    CHECK(site.count(RefusedBecause::handshake) == 1);
    CHECK(site.refused(foreign).status == 403);
    CHECK(site.refused("").status == 400);
    peer::Connection first{site.port()};
    first.send(upgrade_with("Sec-WebSocket-Protocol: chat\r\n"));
    CHECK(is_open(first.receive_until("\r\n\r\n")));
    auto const full = site.refused(foreign);
    CHECK(full.status == 503);
    CHECK(full.has("Retry-After: 5"));
    CHECK(holds(full.body, "\"error\":\"hub_full\""));
    CHECK(site.refused(foreign, "/elsewhere").status == 404);
    CHECK(site.count(RefusedBecause::hub_full) == 1);
    CHECK(site.count(RefusedBecause::origin_not_allowed) == 1);
    CHECK(site.count(RefusedBecause::not_found) == 1);
}

TEST_CASE("whose upgrade is answered when the doors close is told 1001") {
    Server<>* ending = nullptr;
    ServerOptions options;
    // Looked at last before the answer, and before the hub is asked.
    options.authentication.wall_clock = [&] {
        ending->hub.shutdown();
        while (ending->hub.broadcast_all({"?"}) != Accepted::closed) ::poll(nullptr, 0, 1);
        return std::chrono::system_clock::now();
    };
    Server<> site{options};
    ending = &site;
    site.run(2);
    peer::Connection client{site.port()};
    CHECK(client.upgrade("/ws").starts_with("HTTP/1.1 101 "));
    CHECK(client.receive_frame().close_code() == 1001);
    CHECK(client.has_ended());
    auto const counted = [&](RefusedBecause because) {
        return site.server.upgrade_stats().refused_because(because);
    };
    CHECK(counted(RefusedBecause::shutting_down) == 1);
    CHECK(counted(RefusedBecause::hub_full) == 0);
    CHECK(site.hub.stats().rejected == 1);
}

TEST_CASE("a named proxy's clients are counted by their own addresses") {
    ServerOptions options;
    options.max_clients_per_address = 1;
    options.proxy.trusted_proxies = {"127.0.0.0/8"};
    Site site{options};
    site.server.route("GET", "/who", [](HttpRequest const& request) {
        return HttpResponse{200, "text/plain", request.peer};
    });
    auto const from = [](std::string_view address) {
        return "X-Forwarded-For: " + std::string{address} + "\r\n";
    };
    peer::Connection ann{site.port()};
    ann.send(upgrade_with(from("192.0.2.1")));
    CHECK(is_open(ann.receive_until("\r\n\r\n")));
    peer::Connection bob{site.port()};
    bob.send(upgrade_with(from("192.0.2.1, 192.0.2.2")));
    CHECK(is_open(bob.receive_until("\r\n\r\n")));
    auto const second = site.refused(from("192.0.2.2, 192.0.2.1"));
    CHECK(second.status == 503);
    CHECK(holds(second.body, "\"error\":\"address_full\""));
    CHECK(site.count(RefusedBecause::address_full) == 1);
    CHECK(peer::ask(site.port(), "GET /who HTTP/1.1\r\nHost: test\r\n" + from("192.0.2.9") + "\r\n")
              .body == "192.0.2.9");
    // The proxy itself, which asks for the health, has no cap.
    CHECK(peer::get(site.port(), "/who").body == "127.0.0.1");
    CHECK(peer::get(site.port(), "/health").status == 200);
}

TEST_CASE("an address that a stranger names is his own business") {
    ServerOptions options;
    options.max_clients_per_address = 1;
    Site site{options};
    peer::Connection first{site.port()};
    first.send(upgrade_with("X-Forwarded-For: 192.0.2.1\r\n"));
    CHECK(is_open(first.receive_until("\r\n\r\n")));
    CHECK(site.refused("X-Forwarded-For: 192.0.2.2\r\n").status == 503);
}

TEST_CASE("requests that two programs might read differently are refused") {
    Site site;
    auto const status = [&](std::string_view request) {
        return peer::ask(site.port(), request).status;
    };
    auto const get = [&](std::string_view headers, std::string_view target = "/health") {
        return status("GET " + std::string{target} + " HTTP/1.1\r\nHost: test\r\n" +
                      std::string{headers} + "\r\n");
    };
    // Lengths, of an upgrade and of a plain request.
    CHECK(status(upgrade_with("Content-Length: 5\r\n") + "hello") == 400);
    CHECK(status(upgrade_with("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n") == 411);
    CHECK(get("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n") == 400);
    CHECK(get("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n") == 400);
    CHECK(get("Content-Length: 0\r\nContent-Length: 44\r\n") == 400);
    CHECK(get("Content-Length: 0, 44\r\n") == 400);
    CHECK(get("Content-Length: \r\nContent-Length: 44\r\n") == 400);
    CHECK(get("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n") == 501);
    CHECK(get("Transfer-Encoding: xchunked\r\n") == 501);
    CHECK(get("Transfer-Encoding: \x0b" "chunked\r\n") == 400);
    CHECK(get("Transfer-Encoding : chunked\r\n") == 400);
    // Lines.
    CHECK(get("X: a\r\n folded\r\n") == 400);
    CHECK(get("X: a\r\n\tTransfer-Encoding: chunked\r\n") == 400);
    CHECK(get("X: a\nContent-Length: 44\r\n") == 400);
    CHECK(get("X: a\rContent-Length: 44\r\n") == 400);
    CHECK(get(std::string{"X: a\0b\r\n", 8}) == 400);
    CHECK(get(std::string{"Content-Length\0: 44\r\n", 21}) == 400);
    CHECK(get("\r\nX: a\r\n") == 200);  // the request ended before it
    // Whom it is for.
    CHECK(get("", "http://test/health") == 200);
    CHECK(get("", "http://TEST/health") == 200);
    CHECK(get("", "http://other/health") == 400);
    CHECK(get("", "http://test:80/health") == 400);
    CHECK(get("", "http://test@other/health") == 400);
    CHECK(get("", "https://test/health") == 400);
    CHECK(get("Host: other\r\n") == 400);
    CHECK(get("host: test\r\n") == 400);
    CHECK(get("", "test:80") == 400);
    CHECK(site.count(RefusedBecause::malformed) > 15);
    // What stands behind a request is not another one.
    auto const two = peer::ask(site.port(), "GET /health HTTP/1.1\r\nHost: test\r\n\r\n"
                                            "GET /health HTTP/1.1\r\nHost: test\r\n\r\n");
    CHECK(two.status == 200);
    CHECK_FALSE(holds(two.body, "HTTP/1.1"));
}

TEST_CASE("bombs in a head are answered, and cost the others nothing") {
    Site site;
    auto const status = [&](std::string_view headers, std::string_view target = "/health") {
        return peer::ask(site.port(), "GET " + std::string{target} + " HTTP/1.1\r\nHost: test\r\n" +
                                          std::string{headers} + "\r\n")
            .status;
    };
    std::string many;
    for (int i = 0; i < 10'000; ++i) many += "X" + std::to_string(i) + ": y\r\n";
    CHECK(status(many) == 431);
    CHECK(status("X: " + std::string(1 << 20, 'y') + "\r\n") == 431);
    CHECK(status(std::string(1 << 20, 'X') + ": y\r\n") == 431);
    CHECK(status("", "/" + std::string(1 << 20, 'y')) == 431);
    CHECK(status("", "/health?" + std::string(1 << 20, '&')) == 431);
    std::string same;
    for (int i = 0; i < 2'000; ++i) same += "X:y\r\n";
    CHECK(status(same) == 200);  // within the limit
    CHECK(status("", "/health?" + std::string(15'000, '&')) == 200);
    CHECK(status("", "/" + std::string(5'000, '/')) == 404);
    CHECK(is_open(site.upgrade("Sec-WebSocket-Protocol: " + std::string(15'000, ',') + "\r\n")));
    CHECK(site.count(RefusedBecause::head_too_large) == 5);
}

TEST_CASE("slow heads are answered 408 and make room, and the well-behaved get in") {
    ServerOptions options;
    options.max_connections = 100;
    options.handshake_deadline = 3s;  // all of them have come before the first one's is over
    Site site{options};
    std::vector<peer::Connection> slow;
    for (int i = 0; i < 100; ++i) {
        slow.emplace_back(site.port());
        slow.back().send("GET /ws HTTP/1.1\r\nHost: te");
    }
    CHECK(peer::eventually([&] { return site.server.connection_count() == 100; }));
    CHECK(site.refused("").status == 503);
    for (auto& each : slow) each.send("s");  // a byte now and then buys no time
    CHECK(peer::eventually([&] { return is_open(site.upgrade("")); }));
    for (auto& each : slow) {
        auto const answer = peer::answer_from(each);
        CHECK(answer.status == 408);
        CHECK(holds(answer.body, "\"error\":\"too_slow\""));
    }
    CHECK(site.count(RefusedBecause::too_slow) == 100);
    CHECK(is_open(site.upgrade("")));
}
