// SPDX-License-Identifier: MIT
//
// AsioPump: one shard's place in an io_context. One wait covers all its clients' sockets and its
// wake-ups (the poller is one descriptor), one timer its deadlines; while the shard has more to
// do the pump queues itself behind the host's handlers.
//
// Everything but `stop` runs on its strand. Its handlers own it, so it ends with them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>

#include <pumphouse/config.hpp>
#include <pumphouse/hub/gate.hpp>
#include <pumphouse/hub/hub_base.hpp>
#include <pumphouse/transport/socket/epoll_poller.hpp>

namespace pumphouse {

class AsioPump;

/// How much a shard does before the host's other handlers get their turn.
struct AsioDriverOptions {
    /// Units of work (see TurnBudget); at least 1. Enough to read every ready one of some
    /// thousand clients before the flush: the more is read, the more goes into each write.
    std::size_t max_turn_units = 8192;

    /// Time. 0: no limit.
    Duration max_turn = std::chrono::milliseconds{5};
};

/// What the pumps of one hub share: the last shard to finish ends all waits.
struct AsioPumps {
    std::atomic<std::size_t> unfinished;
    std::vector<std::weak_ptr<AsioPump>> all;
};

class AsioPump : public std::enable_shared_from_this<AsioPump> {
public:
    AsioPump(asio::io_context& io, HubBase& hub, std::size_t shard,
             std::shared_ptr<EpollPoller> poller, AsioDriverOptions const& options,
             std::shared_ptr<AsioPumps> others);
    ~AsioPump();
    AsioPump(AsioPump const&) = delete;
    AsioPump& operator=(AsioPump const&) = delete;

    void start() { turn_soon(); }

    /// Any thread. When it returns no turn is running and none will.
    void stop() noexcept;

private:
    void turn();
    void turn_soon();
    void wait();
    void arm(Time now, Time deadline);
    void finished();
    void end_waits();

    Gate gate_;
    HubBase& hub_;
    Shard& shard_;
    AsioDriverOptions const options_;
    std::shared_ptr<AsioPumps> const others_;
    std::shared_ptr<EpollPoller> const poller_;
    asio::strand<asio::io_context::executor_type> strand_;
    asio::posix::stream_descriptor descriptor_;  // the poller's, borrowed
    asio::steady_timer timer_;
    Time armed_ = Time::max();
    bool is_waiting_ = false;
    bool is_finished_ = false;
    bool has_ended_ = false;
};

}  // namespace pumphouse

// The bodies are in impl/asio_driver.ipp, with the driver's.
