// SPDX-License-Identifier: MIT
//
// The conformance suite on every transport of the library, on one that holds bytes back, and on
// broken ones, which it must find.
#include <pumphouse/testing/transport_conformance.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <pumphouse/client/memory_peer.hpp>
#include <pumphouse/transport/tcp/tcp_transport.hpp>
#include <pumphouse/transport/websocket/websocket_transport.hpp>

#include "support/catch.hpp"
#include "transport/socket_harness.hpp"
#include "transport/wire.hpp"

using namespace pumphouse;
using testing::transport_conformance;

namespace {

class MemoryHarness {
public:
    MemoryHarness() { link_->max_unread_bytes = 100'000; }

    MemoryTransport& transport() { return transport_; }
    Poller* poller() { return nullptr; }
    void turn() {}
    void peer_sends(std::string_view bytes) {
        std::unique_lock lock{link_->mutex};
        link_->to_hub.append(bytes);
        signal(lock, &Readiness::readable);
    }
    std::string peer_reads(std::size_t most) {
        std::unique_lock lock{link_->mutex};
        std::string const bytes = link_->to_peer.substr(0, most);
        link_->to_peer.erase(0, bytes.size());
        if (!bytes.empty() && std::exchange(link_->is_blocked, false)) {
            signal(lock, &Readiness::writable);
        }
        return bytes;
    }
    bool peer_sees_end() {
        std::scoped_lock const lock{link_->mutex};
        return link_->hub_is_gone;
    }
    void peer_ends() {
        std::unique_lock lock{link_->mutex};
        link_->peer_is_gone = true;
        signal(lock, &Readiness::readable);
    }
    void peer_vanishes() { peer_ends(); }
    std::string peer_frame(Opcode opcode, std::string_view payload) {
        return wire::prefixed(opcode, payload);
    }

private:
    void signal(std::unique_lock<std::mutex>& lock, void (Readiness::*what)() const noexcept) {
        Readiness const readiness = link_->readiness;
        lock.unlock();
        if (readiness) (readiness.*what)();
    }

    std::shared_ptr<MemoryLink> link_ = std::make_shared<MemoryLink>();
    MemoryTransport transport_{link_};
};

// Takes up to a record's worth more than its socket does, as TLS would.
class HoldingTransport {
public:
    explicit HoldingTransport(Socket socket) : inner_{std::move(socket)} {}

    WireFormat const& wire_format() const noexcept { return inner_.wire_format(); }
    bool attach(Readiness readiness) { return inner_.attach(std::move(readiness)); }
    ReadResult read(Receiver& receiver) { return inner_.read(receiver); }
    void close(CloseHow how) noexcept { inner_.close(how); }

    WriteResult write(std::span<ConstBuffer const> buffers) noexcept {
        if (!held_.empty()) {
            ConstBuffer const rest{reinterpret_cast<std::byte const*>(held_.data()), held_.size()};
            WriteResult const flushed = inner_.write({&rest, 1});
            held_.erase(0, flushed.taken);
            if (!held_.empty()) return {0, true, flushed.failed};
        }
        WriteResult result = inner_.write(buffers);
        if (!result.blocked) return result;
        std::size_t skip = result.taken;
        for (ConstBuffer const& each : buffers) {
            std::size_t const from = std::min(skip, each.bytes);
            skip -= from;
            std::size_t const take = std::min(each.bytes - from, most_held - held_.size());
            held_.append(reinterpret_cast<char const*>(each.data) + from, take);
            result.taken += take;
        }
        return result;
    }

private:
    static constexpr std::size_t most_held = 16'384;
    TcpTransport inner_;
    std::string held_;
};
static_assert(Transport<HoldingTransport>);

template <typename Make>
void conforms(Make make) {
    for (auto const& each : transport_conformance(make)) {
        SECTION(std::string{each.name}) { CHECK(each.run() == ""); }
    }
}

template <typename T>
auto over(SocketPair (*pair)(), SocketOptions options = {}) {
    return [=] { return std::make_unique<SocketHarness<T>>(pair(), options); };
}
SocketPair tcp() { return tcp_pair(); }

SocketOptions const tiny{.send_buffer_bytes = 4096};

}  // namespace

TEST_CASE("TcpTransport conforms") { conforms(over<TcpTransport>(tcp)); }
TEST_CASE("TcpTransport conforms over a Unix socket") { conforms(over<TcpTransport>(unix_pair)); }
TEST_CASE("TcpTransport conforms with the smallest kernel buffers") {
    conforms([] { return std::make_unique<SocketHarness<TcpTransport>>(tcp_pair(4096), tiny); });
}
TEST_CASE("WebSocketTransport conforms") { conforms(over<WebSocketTransport>(tcp)); }
TEST_CASE("WebSocketTransport conforms over a Unix socket") {
    conforms(over<WebSocketTransport>(unix_pair, tiny));
}
TEST_CASE("MemoryTransport conforms") {
    conforms([] { return std::make_unique<MemoryHarness>(); });
}
TEST_CASE("a transport that holds bytes back can conform") {
    conforms(over<HoldingTransport>(unix_pair));
}

// --- what the suite must find ----------------------------------------------------------------

namespace {

class TakesOneBatchForAll : public TcpTransport {
public:
    using TcpTransport::TcpTransport;
    ReadResult read(Receiver& receiver) {
        ReadResult const result = TcpTransport::read(receiver);
        return has_more(result) ? ReadResult::drained : result;
    }
};

class KeepsTheEndToItself : public TcpTransport {
public:
    using TcpTransport::TcpTransport;
    ReadResult read(Receiver& receiver) {
        ReadResult const result = TcpTransport::read(receiver);
        return result == ReadResult::ended ? ReadResult::drained : result;
    }
};

class KeepsBlockingToItself : public TcpTransport {
public:
    using TcpTransport::TcpTransport;
    WriteResult write(std::span<ConstBuffer const> buffers) noexcept {
        return {TcpTransport::write(buffers).taken, false, false};
    }
};

class MiscountsWhenTorn : public TcpTransport {
public:
    using TcpTransport::TcpTransport;
    WriteResult write(std::span<ConstBuffer const> buffers) noexcept {
        WriteResult result = TcpTransport::write(buffers);
        if (result.blocked && result.taken != 0) --result.taken;
        return result;
    }
};

class NeverCallsBack : public TcpTransport {
public:
    using TcpTransport::TcpTransport;
    bool attach(Readiness) { return true; }
};

template <typename T>
bool is_found(std::string_view by) {
    auto const cases = transport_conformance(over<T>(unix_pair), std::chrono::milliseconds{100});
    auto const found = std::find_if(cases.begin(), cases.end(),
                                    [by](auto const& each) { return each.name == by; });
    REQUIRE(found != cases.end());
    return found->run() != "";
}

}  // namespace

TEST_CASE("the conformance suite finds what is wrong with a transport") {
    CHECK(is_found<TakesOneBatchForAll>("reading goes on until it is drained"));
    CHECK(is_found<KeepsTheEndToItself>("the peer's end is told, behind its last words"));
    CHECK(is_found<KeepsBlockingToItself>("taken bytes reach the peer whole, once and in order"));
    CHECK(is_found<MiscountsWhenTorn>("a torn write resumes with other bytes"));
    CHECK(is_found<NeverCallsBack>("a blocked transport says when it takes bytes again"));
}
