// SPDX-License-Identifier: MIT
//
// Addresses, ports and descriptors.

#include "server/served.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdio>
#include <ctime>

using namespace served;
using namespace std::chrono_literals;

namespace {

std::string problem_of(ServerOptions const& options) {
    asio::io_context io;
    Hub<Echo> hub;
    try {
        WebSocketServer const server{io, hub, options};
    } catch (std::system_error const& error) {
        return error.what();
    }
    return {};
}

bool has_ipv6() {
    asio::io_context io;
    asio::error_code error;
    asio::ip::tcp::acceptor acceptor{io};
    acceptor.open(asio::ip::tcp::v6(), error);
    if (!error) acceptor.bind({asio::ip::address_v6::loopback(), 0}, error);
    return !error;
}

bool connects(std::string_view address, std::uint16_t port) {
    asio::io_context io;
    asio::ip::tcp::socket socket{io};
    asio::error_code error;
    socket.connect({asio::ip::make_address(address), port}, error);
    return !error;
}

}  // namespace

TEST_CASE("an error of address or port names both") {
    Server<> site;
    auto const port = site.port();
    CHECK(problem_of({.port = port}) ==
          "cannot listen on localhost:" + std::to_string(port) + ": Address already in use");
    CHECK(problem_of({.address = "127.0.0.1", .port = port}).find(
              "cannot listen on 127.0.0.1:") == 0);
    CHECK(problem_of({.address = "192.0.2.1", .port = 8080}) ==
          "cannot listen on 192.0.2.1:8080: Cannot assign requested address");
    CHECK(problem_of({.address = "2001:db8::1", .port = 8080}).find(
              "cannot listen on [2001:db8::1]:8080: ") == 0);
    CHECK(problem_of({.address = "no such host", .port = 8080}).find(
              "cannot listen on no such host:8080: ") == 0);
}

TEST_CASE("localhost is IPv4 and IPv6 on the same port") {
    Server<> site;
    site.run();
    CHECK(site.port() != 0);
    CHECK(connects("127.0.0.1", site.port()));
    if (has_ipv6()) CHECK(connects("::1", site.port()));
}

TEST_CASE("an empty address is all of them, a number only itself") {
    Server<> all{{.address = ""}};
    CHECK(connects("127.0.0.1", all.port()));
    CHECK(connects("127.0.0.2", all.port()));
    if (has_ipv6()) CHECK(connects("::1", all.port()));
    Server<> one{{.address = "127.0.0.1"}};
    CHECK(connects("127.0.0.1", one.port()));
    CHECK_FALSE(connects("127.0.0.2", one.port()));
}

TEST_CASE("the operator is warned of a limit below the configured connections") {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    std::string told;
    ServerOptions options;
    options.on_problem = [&](std::string_view problem) { told = problem; };
    options.max_connections = 10;
    { Server<> const site{options}; }
    CHECK(told.empty());
    if (limit.rlim_cur == RLIM_INFINITY) return;
    options.max_connections = limit.rlim_cur + 1;
    { Server<> const site{options}; }
    CHECK(told.find("limit of " + std::to_string(limit.rlim_cur) + " descriptors") !=
          std::string::npos);
}

namespace {

// What a child process with few descriptors writes back: its port, then whatever it is told.
struct Child {
    pid_t id = -1;
    int told = -1;
    std::uint16_t port = 0;
    ~Child() {
        ::kill(id, SIGKILL);
        ::waitpid(id, nullptr, 0);
        ::close(told);
    }
    double cpu_seconds() const {
        clockid_t clock{};
        timespec time{};
        if (::clock_getcpuclockid(id, &clock) != 0) return -1;
        ::clock_gettime(clock, &time);
        return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
    }
};

[[noreturn]] void serve_with_few_descriptors(int told, rlim_t most) {
    for (int each = 3; each < 1000; ++each) {  // whatever the tests before have left open
        if (each != told) ::close(each);
    }
    rlimit const few{most, most};
    ::setrlimit(RLIMIT_NOFILE, &few);
    ServerOptions options = on_any_port();
    options.on_problem = [told](std::string_view) {
        char const word = '!';
        static_cast<void>(!::write(told, &word, 1));
    };
    asio::io_context io;
    Hub<Echo> hub;
    WebSocketServer const server{io, hub, options};
    auto const port = server.port();
    static_cast<void>(!::write(told, &port, sizeof port));
    io.run();
    ::_exit(0);
}

void start(Child& child, rlim_t most = 40) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    child.id = ::fork();
    if (child.id == 0) serve_with_few_descriptors(ends[1], most);
    ::close(ends[1]);
    child.told = ends[0];
    // The warning that this is below the hub's 10,000 comes first.
    char warning = 0;
    REQUIRE(::read(child.told, &warning, 1) == 1);
    REQUIRE(::read(child.told, &child.port, sizeof child.port) == sizeof child.port);
}

}  // namespace

TEST_CASE("out of descriptors it refuses politely, does not spin, and recovers") {
    Child child;
    start(child);
    std::vector<peer::Connection> clients;
    std::size_t opened = 0;
    std::string answer;
    for (; opened < 60; ++opened) {
        clients.emplace_back(child.port);
        answer = clients.back().upgrade("/ws");
        if (!answer.starts_with("HTTP/1.1 101 ")) break;
    }
    CHECK(opened > 20);
    CHECK(opened < 40);
    CHECK(answer.starts_with("HTTP/1.1 503 "));
    CHECK(clients.back().has_ended());
    char word = 0;
    CHECK(::read(child.told, &word, 1) == 1);

    double const before = child.cpu_seconds();
    for (int i = 0; i < 5; ++i) {
        CHECK(peer::Connection{child.port}.upgrade("/ws").starts_with("HTTP/1.1 503 "));
    }
    CHECK(child.cpu_seconds() - before < 0.2);
    clients[0].say("still served");
    CHECK(clients[0].hear() == "still served");

    while (clients.size() > 5) clients.pop_back();
    CHECK(peer::eventually([&] {
        return peer::Connection{child.port}.upgrade("/ws").starts_with("HTTP/1.1 101 ");
    }));
}

TEST_CASE("the 1,025th connection at a limit of 1,024 is refused politely, and all recovers") {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    rlimit const before = limit;
    limit.rlim_cur = limit.rlim_max;  // this end of them needs as many
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    REQUIRE(limit.rlim_cur > 2'000);
    Child child;
    start(child, 1'024);
    std::vector<peer::Connection> clients;
    std::size_t opened = 0;
    std::size_t refused = 0;
    for (int i = 0; i < 1'025; ++i) {
        clients.emplace_back(child.port);
        auto const head = clients.back().upgrade("/ws");
        opened += head.starts_with("HTTP/1.1 101 ");
        if (!head.starts_with("HTTP/1.1 503 ")) continue;
        ++refused;
        CHECK(head.find("\r\nRetry-After: 5\r\n") != std::string::npos);
        CHECK(clients.back().receive_until("}\n").starts_with("{\"error\":\"server_full\""));
        CHECK(clients.back().has_ended());
        CHECK_FALSE(clients.back().was_reset());
    }
    CHECK(opened + refused == 1'025);  // every one of them was answered
    CHECK(opened > 1'000);             // the process itself needs some
    CHECK(refused >= 1);
    clients.front().say("still served");
    CHECK(clients.front().hear() == "still served");

    clients.clear();
    auto const open_again = [&] {
        clients.emplace_back(child.port);
        return clients.back().upgrade("/ws").starts_with("HTTP/1.1 101 ");
    };
    CHECK(peer::eventually(open_again));
    clients.clear();
    std::size_t again = 0;
    CHECK(peer::eventually([&] {
        while (again < opened && open_again()) ++again;
        return again == opened;
    }));
    clients.clear();
    ::setrlimit(RLIMIT_NOFILE, &before);
}
