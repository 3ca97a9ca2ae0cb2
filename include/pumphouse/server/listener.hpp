// SPDX-License-Identifier: MIT
//
// Listener: accepts a server's connections and hands them, one at a time, to the class derived
// from it, as non-blocking descriptors.
//
// When the process runs out of descriptors it refuses who is waiting (a spare descriptor makes
// that possible) and pauses: it never spins, and goes on by itself when there are some again.
//
// `close` and `stop_accepting` from any thread; the rest runs on the strand, behind the gate.
// Its handlers own it, so it ends with them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <asio/steady_timer.hpp>

#include <pumphouse/config.hpp>
#include <pumphouse/hub/gate.hpp>
#include <pumphouse/server/listen.hpp>
#include <pumphouse/server/peer_address.hpp>

namespace pumphouse {

struct ListenerOptions {
    std::string address;
    std::uint16_t port = 0;

    /// Connections that the kernel holds ready for us.
    int backlog = 4096;

    /// How long to pause when there are no descriptors left.
    std::chrono::milliseconds pause{100};

    std::function<void(std::string_view problem)> on_problem;
};

class Listener : public std::enable_shared_from_this<Listener> {
public:
    /// Throws std::system_error that names address and port.
    Listener(asio::io_context& io, ListenerOptions const& options);
    virtual ~Listener();
    Listener(Listener const&) = delete;
    Listener& operator=(Listener const&) = delete;

    void start();

    /// No more connections. Those in the middle of something go on.
    void stop_accepting();

    /// When it returns nothing listens, no handler runs and none will.
    void close() noexcept;

    std::uint16_t port() const noexcept { return acceptors_.front().local_endpoint().port(); }

    // For connections.
    void report(std::string_view problem) const noexcept;
    ServerStrand const& strand() const noexcept { return strand_; }
    Gate& gate() noexcept { return gate_; }

protected:
    /// Owns the descriptor.
    virtual void accepted(int descriptor, PeerAddress const& peer) = 0;

    /// Says something polite, without waiting, to a connection that is closed right afterwards.
    virtual void refuse(int descriptor) noexcept = 0;

    /// Nothing is accepted any more: ends those that nobody waits for.
    virtual void stopped() noexcept {}

    /// Behind the closed gate: ends all connections.
    virtual void closed() noexcept {}

private:
    void wait(std::size_t which);
    void accept_batch(std::size_t which);
    void take(int descriptor, PeerAddress const& peer);
    void exhausted(Acceptor& acceptor, int error);
    void pause();
    void refuse_waiting(Acceptor& acceptor);
    void close_acceptors() noexcept;

    Gate gate_;
    ServerStrand strand_;
    ListenerOptions const options_;
    std::vector<Acceptor> acceptors_;
    std::vector<bool> is_waiting_;  // of each
    asio::steady_timer timer_;
    int spare_ = -1;  // given up for a moment to accept and refuse when there are no others
    bool is_paused_ = false;
    bool is_exhausted_ = false;  // and has said so
    bool has_stopped_ = false;
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/listener.ipp>
#endif
