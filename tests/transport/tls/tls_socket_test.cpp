// SPDX-License-Identifier: MIT
#include <pumphouse/transport/socket/tls_socket.hpp>

#include <netinet/tcp.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include <pumphouse/transport/socket/epoll_poller.hpp>
#include <pumphouse/transport/websocket/websocket_transport.hpp>

#include "support/catch.hpp"
#include "support/sanitizers.hpp"
#include "transport/tls/tls_pair.hpp"
#include "transport/wire.hpp"

using namespace pumphouse;
using support::TlsPeer;
using tls_test::Pair;

namespace {

constexpr std::size_t record_bytes = TlsEngine::max_record_bytes;
constexpr std::size_t most_record_overhead = 64;

ConstBuffer buffer(std::string_view bytes) {
    return {reinterpret_cast<std::byte const*>(bytes.data()), bytes.size()};
}

std::string pattern(std::size_t size, std::size_t from = 0) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
        std::size_t const n = from + i;
        bytes[i] = static_cast<char>(n * 31 + n / 251);
    }
    return bytes;
}

struct Shaken : Pair {
    explicit Shaken(SocketPair pair = tcp_pair(), TlsPeer::Options const& options = {})
        : Pair{pair, {}, 65536, options} {
        shake_hands();
        REQUIRE(ours.engine().state() == TlsEngine::State::open);
        REQUIRE(peer.tls.is_open());
    }
    // One read that waits for the bytes on their way.
    Socket::ReadCount read(std::span<char> into) {
        pollfd wanted{ours.descriptor(), POLLIN, 0};
        if (!ours.has_unread()) ::poll(&wanted, 1, 10'000);
        return ours.read(into);
    }
};

/// What our end says to somebody who sends these bytes first.
struct Stranger {
    explicit Stranger(std::string_view bytes) : pair{tcp_pair()} {
        pair.peer.socket.send(bytes);
        std::array<char, 1024> into;
        pollfd wanted{pair.ours.descriptor(), POLLIN, 0};
        ::poll(&wanted, 1, 10'000);
        what = pair.ours.read(into).what;
    }
    Pair pair;
    Socket::Read what;
};

}  // namespace

TEST_CASE("both versions of TLS shake hands, with the ciphers chosen") {
    {
        Shaken newest;
        CHECK(std::string{SSL_get_version(newest.peer.tls.ssl())} == "TLSv1.3");
        CHECK(std::string{SSL_get_cipher(newest.peer.tls.ssl())} == "TLS_AES_256_GCM_SHA384");
    }
    Shaken older{tcp_pair(), {.max_version = TLS1_2_VERSION}};
    CHECK(std::string{SSL_get_version(older.peer.tls.ssl())} == "TLSv1.2");
    CHECK(std::string{SSL_get_cipher(older.peer.tls.ssl())}.starts_with("ECDHE-ECDSA-"));
    CHECK(SSL_get_secure_renegotiation_support(older.peer.tls.ssl()) == 1);
}

TEST_CASE("shaking hands alone reads nothing of what comes behind, and loses none of it") {
    for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        Pair pair{tcp_pair(), {}, 65536, {.max_version = version}};
        auto how = TlsSocket::Handshake::waits_for_peer;
        std::string const sent = pattern(3 * record_bytes);
        bool is_sent = false;
        tls_test::repeat_until([&] { return how == TlsSocket::Handshake::done && is_sent; }, [&] {
            if (is_sent) return static_cast<void>(how = pair.ours.shake_hands());
            pair.peer.tls.take(pair.peer.socket.read(65536));
            pair.peer.tls.shake_hands();
            is_sent = pair.peer.tls.is_open();
            if (is_sent) pair.peer.tls.write(sent);  // together with the last of the handshake
            pair.peer.push();
            how = pair.ours.shake_hands();
        });
        REQUIRE(how == TlsSocket::Handshake::done);
        CHECK(pair.ours.engine().state() == TlsEngine::State::open);
        CHECK(pair.ours.held_bytes() == 0);
        std::string got;
        tls_test::repeat_until([&] { return got.size() >= sent.size(); }, [&] {
            std::array<char, 1000> into;
            auto const read = pair.ours.read(into);
            got.append(into.data(), read.bytes);
        });
        CHECK(got == sent);
    }
    Pair refused{tcp_pair(), {}, 65536, {.max_version = TLS1_1_VERSION}};
    refused.peer.shake_hands();
    auto how = TlsSocket::Handshake::waits_for_peer;
    tls_test::repeat_until([&] { return how == TlsSocket::Handshake::failed; },
                           [&] { how = refused.ours.shake_hands(); });
    CHECK(how == TlsSocket::Handshake::failed);
    tls_test::repeat_until([&] { return refused.peer.tls.has_failed(); },
                           [&] { refused.peer.shake_hands(); });
    CHECK(refused.peer.tls.has_failed());  // the alert was sent
}

TEST_CASE("TLS 1.1 and 1.0 are refused") {
    for (int const version : {TLS1_1_VERSION, TLS1_VERSION}) {
        Pair pair{tcp_pair(), {}, 65536, {.max_version = version}};
        pair.shake_hands();
        CHECK(pair.last == Socket::Read::failed);
        CHECK(pair.ours.engine().problem() == "unsupported protocol");
        CHECK_FALSE(pair.peer.tls.is_open());
    }
}

TEST_CASE("renegotiation is refused") {
    Shaken shaken{tcp_pair(), {.max_version = TLS1_2_VERSION}};
    SSL_renegotiate(shaken.peer.tls.ssl());
    shaken.peer.tls.shake_hands();
    shaken.peer.push();
    std::array<char, 100> into;
    CHECK(shaken.read(into).what == Socket::Read::would_block);
    shaken.peer.shake_hands();
    CHECK(shaken.peer.tls.has_failed());
}

TEST_CASE("of the protocols that a peer offers, ours is chosen or the peer refused") {
    Shaken both{tcp_pair(), {.alpn = "\x02h2\x08http/1.1"}};
    unsigned char const* chosen = nullptr;
    unsigned bytes = 0;
    SSL_get0_alpn_selected(both.peer.tls.ssl(), &chosen, &bytes);
    CHECK(std::string(reinterpret_cast<char const*>(chosen), bytes) == "http/1.1");
    Pair other{tcp_pair(), {}, 65536, {.alpn = "\x02h2"}};
    other.shake_hands();
    CHECK(other.last == Socket::Read::failed);
    CHECK(other.ours.engine().problem() == "no application protocol");
}

TEST_CASE("a session cannot be resumed unless the host says so") {
    Shaken first{tcp_pair(), {.max_version = TLS1_2_VERSION}};
    SSL_SESSION* const session = SSL_get1_session(first.peer.tls.ssl());
    CHECK(SSL_SESSION_has_ticket(session) == 0);
    Shaken second{tcp_pair(), {.max_version = TLS1_2_VERSION, .session = session}};
    CHECK(SSL_session_reused(second.peer.tls.ssl()) == 0);
    SSL_SESSION_free(session);
}

TEST_CASE("what is no TLS fails at once, and plain HTTP is known as such") {
    Stranger const noise{std::string(64, '\xff')};
    CHECK(noise.what == Socket::Read::failed);
    CHECK_FALSE(noise.pair.ours.engine().has_met_http());
    CHECK_FALSE(noise.pair.ours.engine().problem().empty());
    Stranger const http{"GET / HTTP/1.1\r\nHost: test\r\n\r\n"};
    CHECK(http.what == Socket::Read::failed);
    CHECK(http.pair.ours.engine().has_met_http());
    Stranger const half{std::string_view{"\x16\x03\x01\x02\x00\x01", 6}};
    CHECK(half.what == Socket::Read::would_block);
}

TEST_CASE("a record that was changed on its way fails, and the peer is told by an alert") {
    Shaken shaken;
    shaken.peer.tls.write("hello");
    std::string bytes = shaken.peer.tls.output();
    bytes[bytes.size() / 2] ^= 1;
    shaken.peer.socket.send(bytes);
    std::array<char, 100> into;
    CHECK(shaken.read(into).what == Socket::Read::failed);
    CHECK(shaken.ours.engine().problem() == "decryption failed or bad record mac");
    CHECK_FALSE(shaken.ours.write({}).failed);
    shaken.peer.read(1000);
    CHECK(shaken.peer.tls.has_failed());
    ConstBuffer const x = buffer("x");
    CHECK(shaken.ours.write({&x, 1}).failed);
}

TEST_CASE("the end is an end when the peer says so, and a failure when the connection was cut") {
    Shaken said;
    said.peer.send("last words");
    said.peer.end();
    std::array<char, 100> into;
    auto const words = said.read(into);
    CHECK(std::string_view(into.data(), words.bytes) == "last words");
    CHECK(said.read(into).what == Socket::Read::ended);
    CHECK(said.ours.read(into).what == Socket::Read::ended);

    Shaken cut;
    cut.peer.send("last words");
    cut.peer.socket.end();
    CHECK(cut.read(into).what == Socket::Read::bytes);
    CHECK(cut.read(into).what == Socket::Read::failed);
}

TEST_CASE("closed gently the peer is told in its own way, aborted it is not") {
    Shaken gentle;
    gentle.ours.close(CloseHow::gently);
    gentle.peer.read(1000);
    CHECK(gentle.peer.tls.is_told_of_end());
    Shaken half;
    half.ours.end_output();
    half.peer.read(1000);
    CHECK(half.peer.tls.is_told_of_end());
    half.peer.send("still heard");
    std::array<char, 100> into;
    CHECK(half.read(into).bytes == 11);
    Shaken hard;
    hard.ours.close(CloseHow::abort);
    hard.peer.read(1000);
    CHECK_FALSE(hard.peer.tls.is_told_of_end());
}

TEST_CASE("small buffers go in one record, and a record is never larger than 16 KiB") {
    Shaken shaken;
    auto const records_of = [&](std::vector<ConstBuffer> const& buffers) {
        WriteResult const result = shaken.ours.write(buffers);
        CHECK_FALSE(result.blocked);
        std::string const bytes = shaken.peer.socket.read(1 << 20);
        std::vector<std::size_t> records;
        for (std::size_t at = 0; at + 5 <= bytes.size(); at += 5 + records.back()) {
            records.push_back(static_cast<std::size_t>(static_cast<unsigned char>(bytes[at + 3]))
                                  << 8 |
                              static_cast<unsigned char>(bytes[at + 4]));
        }
        return records;
    };
    std::string const large = pattern(40'000);
    CHECK(records_of({buffer("a"), buffer(""), buffer("bc"), buffer("d")}).size() == 1);
    CHECK(records_of({buffer("a"), buffer(large)}).size() == 3);
    CHECK(records_of({buffer(large), buffer("a")}).size() == 3);
    CHECK(records_of(std::vector<ConstBuffer>(64, buffer("x"))).size() == 1);
    for (std::size_t const each : records_of({buffer(large)})) {
        CHECK(each <= record_bytes + most_record_overhead);
    }
}

TEST_CASE("a blocked write holds at most one record, and takes nothing until it is gone") {
    Shaken shaken{tcp_pair(4096)};
    std::string const large = pattern(1'000'000);
    ConstBuffer const all = buffer(large);
    std::size_t taken = 0;
    WriteResult result;
    while (!result.blocked) {
        result = shaken.ours.write({&all, 1});
        REQUIRE_FALSE(result.failed);
        taken += result.taken;
    }
    CHECK(shaken.ours.held_bytes() > 0);
    CHECK(shaken.ours.held_bytes() <= record_bytes + most_record_overhead);
    for (int i = 0; i < 3; ++i) {
        WriteResult const again = shaken.ours.write({&all, 1});
        CHECK(again.blocked);
        CHECK(again.taken == 0);
    }
    std::size_t received = 0;
    while (received < taken) {
        received += shaken.peer.read(100'000).size();
        if (shaken.ours.held_bytes() != 0) shaken.ours.write({});
    }
    CHECK(received == taken);
    CHECK(shaken.ours.held_bytes() == 0);
}

TEST_CASE("what does not fit into a small read comes with the next, without another edge") {
    Shaken shaken;
    std::string const sent = pattern(70'000);
    shaken.peer.send(sent);
    std::string received;
    std::array<char, 1000> into;
    while (received.size() < sent.size()) {
        auto const got = shaken.read(into);
        REQUIRE(got.what == Socket::Read::bytes);
        received.append(into.data(), got.bytes);
    }
    CHECK(received == sent);
    CHECK_FALSE(shaken.ours.has_unread());
}

TEST_CASE("a transport announces what its stream has read and not yet handed over") {
    Shaken shaken;
    shaken.peer.send(wire::masked(Opcode::text, std::string(3000, 'a')));
    std::array<char, 10> head;
    REQUIRE(shaken.read(head).bytes == 10);
    REQUIRE(shaken.ours.has_unread());
    TlsWebSocketTransport transport{std::move(shaken.ours), WebSocketLimits{},
                                    std::string{head.data(), head.size()}};
    auto const told = std::make_shared<int>(0);
    auto const notify = [](void* count, ClientId, Ready) noexcept { ++*static_cast<int*>(count); };
    EpollPoller poller;
    REQUIRE(transport.attach(Readiness{told, notify, ClientId{1, 1}, &poller, nullptr}));
    CHECK(*told == 1);
    wire::Recorder recorder;
    while (has_more(transport.read(recorder))) {
    }
    CHECK(recorder.lines == wire::Lines{"text " + std::string(3000, 'a')});
}

TEST_CASE("a record that has begun is counted as memory until it is whole") {
    Shaken shaken;
    CHECK(shaken.ours.unfinished_bytes() == 0);
    shaken.peer.tls.write(std::string(1000, 'x'));
    std::string const bytes = shaken.peer.tls.output();
    std::array<char, 2000> into;
    for (std::size_t const cut : {std::size_t{1}, std::size_t{5}, bytes.size() - 5}) {
        shaken.peer.socket.send(std::string_view{bytes}.substr(0, cut));
        CHECK(shaken.read(into).what == Socket::Read::would_block);
        CHECK(shaken.ours.unfinished_bytes() >= record_bytes);
        shaken.peer.socket.send(std::string_view{bytes}.substr(cut));
        CHECK(shaken.read(into).bytes == 1000);
        CHECK(shaken.ours.unfinished_bytes() == 0);
        shaken.peer.tls.write(std::string(1000, 'x'));
        const_cast<std::string&>(bytes) = shaken.peer.tls.output();
    }
}

TEST_CASE("a hundred megabytes pass a send buffer of 4 KiB") {
    std::size_t const total =
        support::fewer_under_sanitizers(std::size_t{100} << 20, std::size_t{10} << 20);
    SocketPair const sockets = tcp_pair(4096);
    Pair pair{sockets, {.send_buffer_bytes = 4096}};
    pair.shake_hands();
    EpollPoller poller;
    REQUIRE(pair.ours.attach(Readiness{nullptr, nullptr, {}, &poller, &pair}));
    std::size_t received = 0;
    bool is_same = true;
    std::thread peer{[&] {
        pollfd wanted{sockets.peers, POLLIN, 0};
        while (received < total && is_same && ::poll(&wanted, 1, 10'000) == 1) {
            std::string const plain = pair.peer.read(50'000);
            is_same = plain == pattern(plain.size(), received);
            received += plain.size();
        }
    }};
    struct Sink final : ReadySink {
        void ready(void*, Ready what) noexcept override {
            is_writable |= (static_cast<unsigned>(what) & static_cast<unsigned>(Ready::writable));
        }
        unsigned is_writable = 0;
    };
    std::size_t at = 0;
    std::size_t most_held = 0;
    int blocks = 0;
    bool is_blocked = false;
    bool is_lost = false;
    std::string pieces;
    while ((at < total || is_blocked) && !is_lost) {
        // Sixty-four pieces of growing size, cut anew after each write.
        pieces = pattern(std::min(total - at, std::size_t{201'600}), at);
        std::array<ConstBuffer, 64> buffers;
        for (std::size_t i = 0, from = 0; i < buffers.size(); ++i) {
            std::size_t const size = std::min(i * 100, pieces.size() - from);
            buffers[i] = buffer(std::string_view{pieces}.substr(from, size));
            from += size;
        }
        WriteResult const result = pair.ours.write(buffers);
        is_lost = result.failed;
        at += result.taken;
        is_blocked = result.blocked;
        most_held = std::max(most_held, pair.ours.held_bytes());
        if (!is_blocked) continue;
        ++blocks;
        Sink sink;
        for (int i = 0; i < 100 && !sink.is_writable; ++i) {
            poller.wait(std::chrono::milliseconds{100});
            poller.collect(sink);
        }
        is_lost = !sink.is_writable;
    }
    peer.join();
    CHECK_FALSE(is_lost);
    CHECK(is_same);
    CHECK(received == total);
    CHECK(blocks > 100);
    CHECK(most_held <= record_bytes + most_record_overhead);
}
