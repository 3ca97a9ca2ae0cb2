// SPDX-License-Identifier: MIT
#include <pumphouse/transport/websocket/websocket_transport.hpp>

#include <malloc.h>

#include <memory>
#include <string>
#include <vector>

#include <pumphouse/client/client.hpp>
#include <pumphouse/transport/socket/epoll_poller.hpp>
#include <pumphouse/transport/tcp/tcp_transport.hpp>

#include "support/catch.hpp"
#include "transport/socket_pair.hpp"
#include "transport/wire.hpp"

using namespace pumphouse;
using wire::Lines;
using wire::masked;
using wire::WebSocketFrame;

namespace {

struct Connected {
    explicit Connected(std::string already_read = {}, SocketPair pair = unix_pair())
        : transport{Socket{pair.ours}, WebSocketLimits{}, std::move(already_read)},
          peer{pair.peers} {
        auto const notify = [](void* count, ClientId, Ready what) noexcept {
            *static_cast<int*>(count) += what == Ready::readable ? 1 : 0;
        };
        REQUIRE(transport.attach(Readiness{readable, notify, ClientId{1, 1}, &poller, nullptr}));
    }

    ReadResult read_all() {
        ReadResult result = ReadResult::more;
        while (has_more(result)) result = transport.read(recorder);
        return result;
    }

    EpollPoller poller;
    WebSocketTransport transport;
    SocketPeer peer;
    wire::Recorder recorder;
    std::shared_ptr<int> readable = std::make_shared<int>(0);
};

}  // namespace

TEST_CASE("what came behind the upgrade request is announced and read first") {
    std::string const frame = masked(Opcode::text, "already here");
    Connected connected{frame.substr(0, 9)};
    CHECK(*connected.readable == 1);
    connected.peer.send(frame.substr(9) + masked(Opcode::text, "next"));
    CHECK(connected.read_all() == ReadResult::drained);
    CHECK(connected.recorder.lines == Lines{"text already here", "text next"});
}

TEST_CASE("after a violation the rest is read and discarded, to the peer's end") {
    Connected connected;
    connected.peer.send(WebSocketFrame{wire::fin | 1, "unmasked", false}.bytes());
    connected.peer.send(masked(Opcode::text, "late"));
    CHECK(connected.read_all() == ReadResult::drained);
    connected.peer.send(std::string(100'000, 'x'));
    connected.peer.end();
    CHECK(connected.read_all() == ReadResult::ended);
    CHECK(connected.recorder.lines == Lines{"violation 1002"});
}

TEST_CASE("the close frame reaches a peer that broke the protocol and goes on sending") {
    Connected connected{{}, tcp_pair()};
    connected.peer.send(WebSocketFrame{wire::fin | 1, "unmasked", false}.bytes());
    connected.peer.send(std::string(100'000, 'x'));
    while (connected.recorder.lines.empty()) connected.transport.read(connected.recorder);
    std::string const goodbye = "\x88\x02\x03\xea";
    ConstBuffer const frame{reinterpret_cast<std::byte const*>(goodbye.data()), goodbye.size()};
    CHECK(connected.transport.write({&frame, 1}).taken == goodbye.size());
    connected.transport.close(CloseHow::gently);
    CHECK(connected.peer.read(100) == goodbye);
}

TEST_CASE("a flood of unfinished WebSocket frames costs what has arrived") {
    constexpr std::size_t count = 200;
    std::vector<std::unique_ptr<Connected>> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(std::make_unique<Connected>());
    std::size_t const before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (auto const& each : all) {
        each->peer.send(masked(Opcode::binary, "first", false));
        each->peer.send(WebSocketFrame{wire::fin, "", true, 0, 500'000}.bytes() + "x");
        CHECK(each->read_all() == ReadResult::drained);
    }
    std::size_t const after = mallinfo2().uordblks + mallinfo2().hblkhd;
    // One read buffer for all of them, and under 200 bytes each.
    CHECK(after < before + 65536 + count * 200 + 4096);
}

TEST_CASE("an idle client of each socket transport stays within its budget") {
    CHECK(sizeof(Client<WebSocketTransport>) <= 640);
    CHECK(sizeof(Client<TcpTransport>) <= 448);
}
