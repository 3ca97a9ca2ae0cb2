// SPDX-License-Identifier: MIT
#include <pumphouse/transport/socket/epoll_poller.hpp>

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <deque>
#include <exception>
#include <map>
#include <string>
#include <system_error>
#include <thread>

#include <pumphouse/transport/socket/socket.hpp>

#include "support/catch.hpp"
#include "transport/socket_pair.hpp"

using namespace pumphouse;
using namespace std::chrono_literals;

namespace {

struct Sink final : ReadySink {
    void ready(void* token, Ready what) noexcept override {
        ++calls;
        told[token] |= static_cast<unsigned>(what);
    }
    bool readable(void const* token) {
        return told[const_cast<void*>(token)] & static_cast<unsigned>(Ready::readable);
    }
    bool writable(void const* token) {
        return told[const_cast<void*>(token)] & static_cast<unsigned>(Ready::writable);
    }
    void clear() {
        told.clear();
        calls = 0;
    }
    int calls = 0;
    std::map<void*, unsigned> told;
};

bool is_readable(int descriptor) {
    pollfd poll{descriptor, POLLIN, 0};
    return ::poll(&poll, 1, 0) == 1;
}

struct Watched {
    explicit Watched(EpollPoller& poller, SocketPair pair = unix_pair())
        : socket{pair.ours}, peer{pair.peers} {
        REQUIRE(socket.attach(Readiness{nullptr, nullptr, {}, &poller, this}));
    }
    Socket socket;
    SocketPeer peer;
};

}  // namespace

TEST_CASE("the poller tells once of each change") {
    EpollPoller poller;
    Sink sink;
    Watched watched{poller};
    poller.collect(sink);
    CHECK(sink.writable(&watched));
    CHECK_FALSE(sink.readable(&watched));
    sink.clear();
    poller.collect(sink);
    CHECK(sink.calls == 0);
    watched.peer.send("x");
    CHECK(is_readable(poller.descriptor()));
    poller.collect(sink);
    CHECK(sink.readable(&watched));
    sink.clear();
    poller.collect(sink);
    CHECK(sink.calls == 0);
}

TEST_CASE("the end of a peer, gentle or not, makes its socket readable") {
    EpollPoller poller;
    Watched gentle{poller};
    Watched hard{poller, tcp_pair()};
    Sink sink;
    poller.collect(sink);
    sink.clear();
    gentle.peer.end();
    hard.peer.vanish();
    poller.collect(sink);
    CHECK(sink.readable(&gentle));
    CHECK(sink.readable(&hard));
    CHECK(sink.writable(&hard));
}

TEST_CASE("one collect tells of more sockets than a batch holds") {
    EpollPoller poller;
    std::deque<Watched> all;
    for (int i = 0; i < 300; ++i) all.emplace_back(poller);
    Sink sink;
    poller.collect(sink);
    CHECK(sink.told.size() == 300);
    sink.clear();
    for (auto& each : all) each.peer.send("x");
    poller.collect(sink);
    CHECK(sink.told.size() == 300);
    CHECK_FALSE(is_readable(poller.descriptor()));
}

TEST_CASE("a closed socket is told of no more, though a forked child still has it") {
    EpollPoller poller;
    Watched watched{poller};
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    pid_t const child = ::fork();
    if (child == 0) {
        ::close(pipe[1]);
        char end = 0;
        static_cast<void>(::read(pipe[0], &end, 1));
        ::_exit(0);
    }
    ::close(pipe[0]);
    Sink sink;
    poller.collect(sink);
    sink.clear();
    watched.socket.close(CloseHow::gently);
    watched.peer.send("x");
    poller.collect(sink);
    CHECK(sink.calls == 0);
    ::close(pipe[1]);
    ::waitpid(child, nullptr, 0);
}

TEST_CASE("a wake is never lost, whenever it comes") {
    EpollPoller poller;
    Sink sink;
    CHECK_FALSE(is_readable(poller.descriptor()));
    poller.wake();
    CHECK(is_readable(poller.descriptor()));
    poller.wait(std::chrono::nanoseconds::max());  // returns, for it was woken
    poller.collect(sink);
    CHECK(sink.calls == 0);
    CHECK_FALSE(is_readable(poller.descriptor()));
    for (int i = 0; i < 100; ++i) {
        std::jthread const other{[&] { poller.wake(); }};
        poller.wait(std::chrono::nanoseconds::max());
        poller.collect(sink);
    }
    CHECK_FALSE(is_readable(poller.descriptor()));
}

TEST_CASE("the poller waits as long as it is told") {
    EpollPoller poller;
    auto const start = std::chrono::steady_clock::now();
    poller.wait(-5ns);
    poller.wait(0ns);
    poller.wait(2ms);
    CHECK(std::chrono::steady_clock::now() - start >= 2ms);
}

TEST_CASE("a poller that the kernel refuses names what failed") {
    // A sanitizer that sees an exception's type for the first time needs descriptors to look.
    CHECK_THROWS(throw std::system_error(std::error_code{EMFILE, std::system_category()}, "x"));
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    rlimit const none{0, before.rlim_max};
    std::exception_ptr refusal;
    ::setrlimit(RLIMIT_NOFILE, &none);
    try {
        EpollPoller const poller;
    } catch (...) {
        refusal = std::current_exception();
    }
    ::setrlimit(RLIMIT_NOFILE, &before);
    REQUIRE(refusal);
    std::string what;
    try {
        std::rethrow_exception(refusal);
    } catch (std::system_error const& error) {
        what = error.what();
    }
    CHECK(what.find("epoll_create1") != std::string::npos);
    CHECK(what.find("Too many open files") != std::string::npos);
}

TEST_CASE("a socket without a poller cannot be attached") {
    SocketPair const pair = unix_pair();
    Socket socket{pair.ours};
    SocketPeer const peer{pair.peers};
    CHECK_FALSE(socket.attach(Readiness{}));
    EpollPoller poller;
    CHECK_FALSE(poller.watch(-1, nullptr));
    Socket gone{-1};
    CHECK_FALSE(gone.attach(Readiness{nullptr, nullptr, {}, &poller, nullptr}));
}
