// SPDX-License-Identifier: MIT
//
// What a server answers over plain HTTP, status by status.

#include "server/served.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <random>
#include <stdexcept>

using namespace served;
using namespace std::chrono_literals;
using peer::Answer;

namespace {

HttpResponse saying(std::string body) {
    HttpResponse answer;
    answer.body = std::move(body);
    return answer;
}

struct Site : Server<> {
    explicit Site(ServerOptions const& options = {}) : Server<>{options} {
        server.route("GET", "/hello", [](HttpRequest const&) { return saying("hello"); });
        server.route("GET", "/chats", [](HttpRequest const& request) {
            return saying(std::string{request.query("room")} + "/" +
                        std::string{request.query("limit")});
        });
        server.route("POST", "/chats", [](HttpRequest const& request) {
            return HttpResponse{201, "application/json", request.body, {{"X-Kind", "saved"}}};
        });
        server.route("GET", "/page/*",
                     [](HttpRequest const& request) { return saying(request.path); });
        server.route("GET", "/throws", [](HttpRequest const&) -> HttpResponse {
            throw std::runtime_error{"no database"};
        });
        server.route("GET", "/injects", [](HttpRequest const&) {
            return HttpResponse{200, "text/plain", "x", {{"X-A", "b\r\nX-C: d"}}};
        });
        run();
    }
    Answer ask(std::string_view request) { return peer::ask(port(), request); }
    Answer get(std::string_view path, std::string_view method = "GET") {
        return peer::get(port(), path, method);
    }
};

/// Keeps its shard in a hook until it is let go.
struct Stuck : DefaultPolicy {
    std::atomic<bool>* is_stuck = nullptr;
    void on_message(auto&, ClientId, Message) {
        while (*is_stuck) std::this_thread::sleep_for(1ms);
    }
};

std::string post(std::string_view headers, std::string_view body = {}) {
    return "POST /chats HTTP/1.1\r\nHost: test\r\n" + std::string{headers} + "\r\n" +
           std::string{body};
}

}  // namespace

TEST_CASE("a route answers with its length and closes") {
    Site site;
    auto const answer = site.get("/hello");
    CHECK(answer.status == 200);
    CHECK(answer.body == "hello");
    CHECK(answer.has("Content-Length: 5"));
    CHECK(answer.has("Connection: close"));
    CHECK(answer.has("Content-Type: text/plain; charset=utf-8"));
}

// Each takes longer than a slice, so a slice is one of them.
TEST_CASE("what else the thread has to do comes between the requests of many") {
    Server<> site;
    int answered = 0;
    site.server.route("GET", "/slow", [&](HttpRequest const&) {
        std::this_thread::sleep_for(1ms);
        ++answered;
        return saying("at last");
    });
    std::vector<peer::Connection> many;
    for (int i = 0; i < 20; ++i) {
        many.emplace_back(site.port());
        many.back().send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n");
    }
    int most = 0;
    std::function<void(int)> const other = [&](int before) {
        most = std::max(most, answered - before);
        if (answered < 20) asio::post(site.io, [&, now = answered] { other(now); });
    };
    other(0);
    while (answered < 20) site.io.run_one_for(10s);
    CHECK(most == 1);
}

TEST_CASE("a query is decoded") {
    Site site;
    CHECK(site.get("/chats?room=a%20b+c&limit=50").body == "a b c/50");
    CHECK(site.get("/chats?limit=&room=%C3%A9&&x").body == "\xc3\xa9/");
    CHECK(site.get("/chats?room=%zz").status == 400);
    CHECK(site.get("/chats?room=%4").status == 400);
}

TEST_CASE("HEAD is GET without the body") {
    Site site;
    auto const answer = site.get("/hello", "HEAD");
    CHECK(answer.status == 200);
    CHECK(answer.body.empty());
    CHECK(answer.has("Content-Length: 5"));
}

TEST_CASE("an unknown path is 404 and a known path's unknown method 405") {
    Site site;
    CHECK(site.get("/nothing").status == 404);
    CHECK(site.get("/").status == 404);
    auto const answer = site.get("/chats", "DELETE");
    CHECK(answer.status == 405);
    CHECK(answer.has("Allow: GET, HEAD, POST"));
    CHECK(site.get("/ws", "POST").status == 405);
    CHECK(site.get("/ws", "POST").has("Allow: GET"));
}

TEST_CASE("a hub's path without an upgrade is 426") {
    Site site;
    auto const answer = site.get("/ws");
    CHECK(answer.status == 426);
    CHECK(answer.has("Upgrade: websocket"));
}

TEST_CASE("a route for all below a path, the exact one first") {
    Site site;
    CHECK(site.get("/page/").body == "/page/");
    CHECK(site.get("/page/a/b%20c.js").body == "/page/a/b c.js");
    CHECK(site.get("/page").status == 404);
    site.server.route("GET", "/*", [](HttpRequest const&) { return saying("any"); });
    CHECK(site.get("/nothing").body == "any");
    CHECK(site.get("/hello").body == "hello");
    CHECK(site.get("/page/x").body == "/page/x");
    CHECK(site.get("/hello", "POST").status == 405);
}

TEST_CASE("a path that climbs or hides something is refused") {
    Site site;
    for (auto const* path : {"/page/../secret", "/page/%2e%2e/secret", "/page/..", "/..",
                             "/page/%00", "/page/a%0ab", "/page/%2", "page/x", "*"}) {
        INFO(path);
        CHECK(site.get(path).status == 400);
    }
    CHECK(site.get("/page/..a/b..").status == 200);
    CHECK(site.get("http://test/hello").body == "hello");
}

TEST_CASE("a body is read by its length") {
    Site site;
    auto const answer = site.ask(post("Content-Length: 7\r\n", "{\"a\":1}more"));
    CHECK(answer.status == 201);
    CHECK(answer.body == "{\"a\":1}");
    CHECK(answer.has("X-Kind: saved"));
    CHECK(answer.has("Content-Type: application/json"));
    CHECK(site.ask(post("")).status == 201);

    peer::Connection slow{site.port()};
    slow.send(post("Content-Length: 5\r\nExpect: 100-continue\r\n"));
    CHECK(slow.receive_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    slow.send("he");
    slow.send("llo");
    CHECK(peer::answer_from(slow).body == "hello");
}

TEST_CASE("a body over the limit is 413, without its being read") {
    Site site;
    CHECK(site.ask(post("Content-Length: 65536\r\n", std::string(65536, 'x'))).status == 201);
    CHECK(site.ask(post("Content-Length: 65537\r\n")).status == 413);
    CHECK(site.ask(post("Content-Length: 99999999999999999999999\r\n")).status == 413);
    // One that sends all the same still gets its answer.
    CHECK(site.ask(post("Content-Length: 300000\r\n", std::string(300000, 'x'))).status == 413);
}

TEST_CASE("lengths that could be read in two ways are refused") {
    Site site;
    CHECK(site.ask(post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")).status == 400);
    CHECK(site.ask(post("Content-Length: 5\r\ncontent-length: 5\r\n", "hello")).status == 400);
    for (auto const* length : {"-1", "+5", "0x5", "5 5", "five", ""}) {
        INFO(length);
        CHECK(site.ask(post("Content-Length: " + std::string{length} + "\r\n", "hello")).status ==
              400);
    }
    CHECK(site.ask(post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n")).status == 411);
    CHECK(site.ask(post("Transfer-Encoding: gzip, chunked\r\n")).status == 501);
    CHECK(site.ask(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")).status == 400);
}

TEST_CASE("a head over 16 KiB is 431, one of 16 KiB is served") {
    Site site;
    std::string const begin = "GET /hello HTTP/1.1\r\nHost: test\r\nX: ";
    auto const request = [&](std::size_t bytes) {
        return begin + std::string(bytes - begin.size() - 4, 'x') + "\r\n\r\n";
    };
    CHECK(site.ask(request(16384)).status == 200);
    CHECK(site.ask(request(16385)).status == 431);
    CHECK(site.ask(request(1 << 20)).status == 431);
    CHECK(site.ask(begin + std::string(20000, 'x')).status == 431);
}

TEST_CASE("what is no HTTP request is 400, at once") {
    Site site;
    auto const line = [](std::string_view first, std::string_view rest = "Host: test\r\n") {
        return std::string{first} + "\r\n" + std::string{rest} + "\r\n";
    };
    std::vector<std::string> const wrong{
        line("GET /hello"), line("GET  /hello HTTP/1.1"), line("GET /hello HTTP/1.1 x"),
        line(" GET /hello HTTP/1.1"), line("G(T /hello HTTP/1.1"), line("GET /hello FTP/1.1"),
        line("GET /hello HTTP/1.1", ""), line("GET /hello HTTP/1.1", "Host: a\r\nHost: b\r\n"),
        line("GET /hello HTTP/1.1", "Host: test\r\nno colon\r\n"),
        line("GET /hello HTTP/1.1", "Host : test\r\n"),
        line("GET /hello HTTP/1.1", "Host: test\r\n folded: line\r\n"),
        line("GET /hello HTTP/1.1", "Host: test\r\nX: a\x01z\r\n"),
        line("GET /hello HTTP/1.1", "Host: test\r\n: empty\r\n"),
        "GET /hello HTTP/1.1\nHost: test\n\n", std::string{"\x16\x03\x01\x02\x00\x01\x00", 7},
        std::string(64, '\0'), std::string(64, 'A'), "\r\n\r\n"};
    for (auto const& request : wrong) {
        INFO(request);
        CHECK(site.ask(request).status == 400);
    }
    CHECK(site.ask(line("GET /hello HTTP/2.0")).status == 505);
    CHECK(site.ask(line("GET /hello HTTP/1.0", "")).status == 200);
}

TEST_CASE("a handler that throws is 500, and the server goes on") {
    std::string told;
    ServerOptions options;
    options.on_problem = [&](std::string_view problem) { told = problem; };
    {
        Site site{options};
        CHECK(site.get("/throws").status == 500);
        CHECK(site.get("/injects").status == 500);
        CHECK(site.get("/hello").status == 200);
    }
    CHECK(told.find("/injects") != std::string::npos);
}

TEST_CASE("health says healthy until the hub is shut down") {
    Site site;
    auto const answer = site.get("/health");
    CHECK(answer.status == 200);
    CHECK(answer.body.starts_with(R"({"status":"healthy","timestamp":")"));
    CHECK(answer.has("Content-Type: application/json"));
    CHECK(answer.body.find(R"("checks":{"websocket":{"status":"healthy","duration":0.000000,)"
                           R"("metadata":{"clients":"0"}}})") != std::string::npos);
    CHECK(site.get("/health", "HEAD").status == 200);
    CHECK(site.get("/health", "POST").status == 405);
    site.hub.shutdown();
    CHECK(site.get("/health").status == 503);
    CHECK(site.get("/health").body.starts_with(R"({"status":"draining")"));
    CHECK(peer::Connection{site.port()}.upgrade("/ws").starts_with("HTTP/1.1 503 "));
}

TEST_CASE("health says 503 while a hub takes no turns") {
    std::atomic<bool> is_stuck{true};
    Server<Stuck> site{{}, Stuck{{}, &is_stuck}};
    site.run(2);
    struct LetGo {
        std::atomic<bool>& is_stuck;
        ~LetGo() { is_stuck = false; }
    } const at_the_end{is_stuck};
    peer::Connection client{site.port()};
    REQUIRE(client.upgrade("/ws").starts_with("HTTP/1.1 101 "));
    CHECK(peer::get(site.port(), "/health").status == 200);
    client.say("wait");
    CHECK(peer::eventually([&] {
        auto const answer = peer::get(site.port(), "/health");
        return answer.status == 503 &&
               answer.body.find("the hub at /ws takes no turns") != std::string::npos;
    }));
    is_stuck = false;
    CHECK(peer::eventually([&] { return peer::get(site.port(), "/health").status == 200; }));
}

TEST_CASE("health says 503 while a check of the host's is unhealthy") {
    Site site;
    site.server.add_check("redis", [] { return CheckResult{false, "refused"}; });
    CHECK(peer::eventually([&] {
        auto const answer = site.get("/health");
        return answer.status == 503 && answer.body.find("refused") != std::string::npos;
    }));
    site.server.remove_check("redis");
    CHECK(site.get("/health").status == 200);
}

TEST_CASE("a slow head, a silent peer and a slow body end at their deadlines") {
    ServerOptions options;
    options.handshake_deadline = 2s;  // a busy machine may take a second to say a first byte
    options.http_read = 300ms;
    Site site{options};
    peer::Connection silent{site.port()};
    peer::Connection drips{site.port()};
    std::string_view const head = "GET /hello HTTP/1.1\r\nHost: test\r\nX: aaaaaaaaaaaaaaaaaaaaaaa";
    auto const begin = std::chrono::steady_clock::now();
    for (char const c : head) {
        if (!drips.send({&c, 1})) break;
        ::poll(nullptr, 0, 50);
    }
    CHECK(peer::answer_from(drips).status == 408);
    CHECK(silent.receive_all().empty());
    peer::Connection body{site.port()};
    body.send(post("Content-Length: 5\r\n", "he"));
    CHECK(peer::answer_from(body).status == 408);
    CHECK(std::chrono::steady_clock::now() - begin < 10s);
}

TEST_CASE("a peer that does not take its answer or does not close is not kept") {
    ServerOptions options;
    options.http_write = 200ms;
    options.http_idle = 100ms;
    Site site{options};
    site.server.route("GET", "/big",
                      [](HttpRequest const&) { return saying(std::string(64 << 20, 'x')); });
    peer::Connection stuck{site.port(), "4096"};
    peer::Connection stays{site.port()};
    CHECK(peer::eventually([&] { return site.server.connection_count() == 2; }));
    stuck.send("GET /big HTTP/1.1\r\nHost: test\r\n\r\n");
    stays.send("GET /hello HTTP/1.1\r\nHost: test\r\n\r\n");
    CHECK(peer::eventually([&] { return site.server.connection_count() == 0; }));
}

TEST_CASE("garbage on the port harms nobody") {
    Site site;
    peer::Connection client{site.port()};
    client.upgrade("/ws");
    std::mt19937 random{20};
    std::string const upgrade =
        "GET /ws HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    for (int i = 0; i < 600; ++i) {
        peer::Connection peer{site.port()};
        std::string bytes = i % 3 == 0 ? "" : upgrade;
        if (i % 3 == 1) {  // a head with a few wrong bytes, or half of one
            bytes.resize(random() % bytes.size() + 1);
            for (int j = 0; j < 3; ++j) {
                bytes[random() % bytes.size()] = static_cast<char>(random());
            }
        } else {
            auto const count = random() % 500;
            for (unsigned j = 0; j < count; ++j) bytes += static_cast<char>(random());
        }
        peer.send(bytes);
    }
    CHECK(site.get("/hello").status == 200);
    client.say("still served");
    CHECK(client.hear() == "still served");
    CHECK(peer::eventually([&] { return site.server.connection_count() == 1; }));
}

namespace {

/// Below those that kernels give to whoever takes any (32768 and up), so that nobody gets it by
/// chance.
std::uint16_t free_port() {
    std::random_device random;
    std::uniform_int_distribution<unsigned> ports{10'000, 32'767};
    asio::io_context io;
    asio::ip::tcp::acceptor trial{io, asio::ip::tcp::v4()};
    for (;;) {
        auto const port = static_cast<std::uint16_t>(ports(random));
        asio::error_code taken;
        trial.bind({asio::ip::make_address("127.0.0.1"), port}, taken);
        if (!taken) return port;
    }
}

}  // namespace

TEST_CASE("an admin port has its routes and nothing else, and goes with the server") {
    std::uint16_t const admin_port = free_port();
    Server<> both{{.admin_port = admin_port, .admin_address = "127.0.0.1"}};
    both.server.admin_route("GET", "/metrics", [](HttpRequest const&) { return saying("counts"); });
    both.server.route("GET", "/hello", [](HttpRequest const&) { return saying("hello"); });
    both.run();
    CHECK(peer::get(admin_port, "/metrics").body == "counts");
    CHECK(peer::get(admin_port, "/hello").status == 404);
    CHECK(peer::get(admin_port, "/health").status == 404);
    CHECK(peer::Connection{admin_port}.upgrade("/ws").starts_with("HTTP/1.1 404 "));
    CHECK(peer::get(both.port(), "/metrics").status == 404);
    CHECK(peer::get(both.port(), "/hello").body == "hello");

    both.server.stop();
    both.hub.shutdown();
    both.threads->join();  // nothing of either port keeps io.run()
    CHECK_THROWS(peer::Connection{admin_port});
}

TEST_CASE("an admin port that is taken is named, and nothing listens") {
    asio::io_context io;
    asio::ip::tcp::acceptor const taken{io, {asio::ip::make_address("127.0.0.1"), 0}};
    std::uint16_t const admin_port = taken.local_endpoint().port();
    std::uint16_t const port = free_port();
    Hub<Echo> hub;
    auto const start = [&] {
        WebSocketServer const server{io, hub,
                                     {.address = "127.0.0.1",
                                      .port = port,
                                      .admin_port = admin_port,
                                      .admin_address = "127.0.0.1"}};
    };
    CHECK_THROWS_WITH(start(), Catch::Contains("admin_port 127.0.0.1:" +
                                               std::to_string(admin_port)));
    CHECK_THROWS(peer::Connection{port});
    hub.shutdown();
    io.run();  // nothing of the server keeps it
}

TEST_CASE("without an admin port its routes are on the port of all") {
    Server<> one;
    one.server.admin_route("GET", "/metrics", [](HttpRequest const&) { return saying("counts"); });
    one.run();
    CHECK(peer::get(one.port(), "/metrics").body == "counts");
}
