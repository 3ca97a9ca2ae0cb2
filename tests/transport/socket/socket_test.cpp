// SPDX-License-Identifier: MIT
#include <pumphouse/transport/socket/socket.hpp>

#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <vector>

#include <pumphouse/transport/socket/epoll_poller.hpp>
#include <pumphouse/transport/socket/read_buffer.hpp>

#include "support/catch.hpp"
#include "transport/socket_pair.hpp"

using namespace pumphouse;

namespace {

struct Sink final : ReadySink {
    void ready(void*, Ready what) noexcept override {
        writable |= (static_cast<unsigned>(what) & static_cast<unsigned>(Ready::writable)) != 0;
    }
    bool writable = false;
};

ConstBuffer buffer(std::string_view bytes) {
    return {reinterpret_cast<std::byte const*>(bytes.data()), bytes.size()};
}

std::string pattern(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 251);
    return bytes;
}

int option(Socket const& socket, int level, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    ::getsockopt(socket.descriptor(), level, name, &value, &size);
    return value;
}

}  // namespace

TEST_CASE("ten megabytes pass a send buffer of 4 KiB, and each block has its edge") {
    SocketPair const pair = tcp_pair(4096);
    EpollPoller poller;
    Socket socket{pair.ours, {.send_buffer_bytes = 4096}};
    REQUIRE(socket.attach(Readiness{nullptr, nullptr, {}, &poller, &socket}));
    std::string const bytes = pattern(std::size_t{10} << 20);
    std::string received;
    std::thread peer{[&] {
        std::string chunk(50'000, '\0');
        for (;;) {
            ssize_t const got = ::recv(pair.peers, chunk.data(), chunk.size(), 0);
            if (got <= 0) return;
            received.append(chunk, 0, static_cast<std::size_t>(got));
        }
    }};
    std::size_t at = 0;
    int blocks = 0;
    bool is_lost = false;
    while (at < bytes.size() && !is_lost) {
        // Sixty-four pieces of growing size.
        std::array<ConstBuffer, 64> buffers;
        std::size_t end = at;
        for (std::size_t i = 0; i < buffers.size(); ++i) {
            std::size_t const size = std::min(i * 100, bytes.size() - end);
            buffers[i] = buffer(std::string_view{bytes}.substr(end, size));
            end += size;
        }
        WriteResult const result = socket.write(buffers);
        REQUIRE_FALSE(result.failed);
        at += result.taken;
        if (!result.blocked) continue;
        ++blocks;
        Sink sink;
        for (int i = 0; i < 100 && !sink.writable; ++i) {
            poller.wait(std::chrono::milliseconds{100});
            poller.collect(sink);
        }
        is_lost = !sink.writable;
    }
    socket.close(CloseHow::gently);
    peer.join();
    ::close(pair.peers);
    CHECK_FALSE(is_lost);
    CHECK(blocks > 100);
    CHECK(received == bytes);
}

TEST_CASE("a write of more than 64 buffers takes the first 64, and nothing is no error") {
    SocketPair const pair = unix_pair();
    Socket socket{pair.ours};
    SocketPeer peer{pair.peers};
    std::vector<ConstBuffer> const buffers(100, buffer("ab"));
    WriteResult const result = socket.write(buffers);
    CHECK(result.taken == 128);
    CHECK_FALSE(result.blocked);
    CHECK(peer.read(1000).size() == 128);
    CHECK(socket.write({}).taken == 0);
    std::vector<ConstBuffer> const empty(3);
    CHECK_FALSE(socket.write(empty).blocked);
}

TEST_CASE("writing to a peer that is gone fails and raises no signal") {
    SocketPair const pair = unix_pair();
    Socket socket{pair.ours};
    SocketPeer{pair.peers};
    ConstBuffer const x = buffer("x");
    CHECK(socket.write({&x, 1}).failed);
    std::array<char, 8> into;
    CHECK(socket.read(into).what == Socket::Read::ended);
    Socket nothing{-1};
    CHECK(nothing.read(into).what == Socket::Read::failed);
}

TEST_CASE("an adopted socket has the options asked for") {
    SocketPair const pair = tcp_pair();
    SocketPeer const peer{pair.peers};
    Socket const socket{pair.ours, {.send_buffer_bytes = 20'000, .receive_buffer_bytes = 30'000}};
    CHECK(option(socket, SOL_SOCKET, SO_SNDBUF) == 40'000);
    CHECK(option(socket, SOL_SOCKET, SO_RCVBUF) == 60'000);
    CHECK(option(socket, IPPROTO_TCP, TCP_NODELAY) != 0);
    CHECK((::fcntl(socket.descriptor(), F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(socket.descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("aborting leaves nothing in the kernel, closing gently delivers what it has") {
    std::string const bytes = pattern(40'000);
    for (CloseHow const how : {CloseHow::gently, CloseHow::abort}) {
        SocketPair const pair = tcp_pair(4096);
        Socket socket{pair.ours};
        ConstBuffer const all = buffer(bytes);
        REQUIRE(socket.write({&all, 1}).taken == bytes.size());
        ::send(pair.peers, "unread", 6, 0);
        socket.close(how);
        CHECK(socket.descriptor() == -1);
        std::string received;
        std::string chunk(8192, '\0');
        ssize_t got = 0;
        while ((got = ::recv(pair.peers, chunk.data(), chunk.size(), 0)) > 0) {
            received.append(chunk, 0, static_cast<std::size_t>(got));
        }
        ::close(pair.peers);
        if (how == CloseHow::gently) {
            CHECK(got == 0);
            CHECK(received == bytes);
        } else {
            CHECK(got == -1);  // a reset
            CHECK(received.size() < bytes.size());
        }
    }
}

TEST_CASE("a moved socket has one owner") {
    SocketPair const pair = unix_pair();
    SocketPeer peer{pair.peers};
    Socket first{pair.ours};
    Socket second{std::move(first)};
    CHECK(first.descriptor() == -1);
    CHECK(second.descriptor() == pair.ours);
    Socket third{-1};
    third = std::move(second);
    CHECK(third.descriptor() == pair.ours);
    CHECK_FALSE(peer.sees_end());
    third.close(CloseHow::gently);
    CHECK(peer.sees_end());
}

TEST_CASE("the read buffer is lent once: who asks meanwhile gets another") {
    char const* first = nullptr;
    {
        ReadBuffer const outer;
        first = outer.span().data();
        std::fill(outer.span().begin(), outer.span().end(), 'x');
        ReadBuffer const inner;
        CHECK(inner.span().data() != first);
        CHECK(inner.span().size() == 65536);
    }
    ReadBuffer const again;
    CHECK(again.span().data() == first);
}
