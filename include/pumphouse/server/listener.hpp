// SPDX-License-Identifier: MIT
//
// Listener: accepts a server's connections and hands them, one at a time, to the class derived
// from it, as non-blocking descriptors.
//
// When the process runs out of descriptors it refuses who is waiting (a spare descriptor makes
// that possible) and pauses: it never spins, and goes on by itself when there are some again.
//
// The strand's work is done in turn: whoever has something to do stands in one line, doors and
// connections alike, and after a slice of it the thread goes on to other handlers. So a hub that
// shares the thread waits for a slice, not for a hundred requests.
//
// `close` and `stop_accepting` from any thread; the rest runs on the strand, behind the gate.
// Its handlers own it, so it ends with them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
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

/// What stands in a listener's line.
class TurnTaker {
public:
    virtual void take_turn() = 0;

    /// It threw: no memory, or a clock of the host's.
    virtual void turn_failed() noexcept = 0;

protected:
    ~TurnTaker() = default;
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

    std::uint16_t port() const noexcept { return doors_.front()->acceptor.local_endpoint().port(); }

    // For connections.
    void line_up(std::shared_ptr<TurnTaker> who);
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
    using Line = std::list<std::shared_ptr<TurnTaker>>;
    struct Door final : TurnTaker {
        Door(Listener& whose, Acceptor on) : listener{whose}, acceptor{std::move(on)} {}
        void take_turn() override { listener.accept_batch(*this); }
        void turn_failed() noexcept override {
            is_waiting = false;
            listener.pause_after_failure();
        }

        Listener& listener;
        Acceptor acceptor;
        bool is_waiting = false;  // for a connection, or in the line
    };

    void take_turns_soon(std::shared_ptr<Line> line);
    void take_turns(std::shared_ptr<Line> const& line);
    void take_turn_of(TurnTaker& who) noexcept;
    void wait(Door& door);
    void line_up_door(Door& door);
    void accept_batch(Door& door);
    void take(int descriptor, PeerAddress const& peer);
    void exhausted(Acceptor& acceptor, int error);
    void pause();
    void pause_after_failure() noexcept;
    void refuse_waiting(Acceptor& acceptor);
    void close_acceptors() noexcept;

    Gate gate_;
    ServerStrand strand_;
    ListenerOptions const options_;
    std::vector<std::unique_ptr<Door>> doors_;
    std::weak_ptr<Line> line_;  // owned by the handler that will run it
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
