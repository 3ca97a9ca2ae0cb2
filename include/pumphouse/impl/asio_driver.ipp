// SPDX-License-Identifier: MIT
// Bodies of hub/asio_driver.hpp and hub/asio_pump.hpp.
#pragma once

#include <stdexcept>
#include <utility>

#include <asio/bind_executor.hpp>
#include <asio/post.hpp>

#include <pumphouse/hub/asio_driver.hpp>

namespace pumphouse {

// --- the pump ---------------------------------------------------------------------------------

PUMPHOUSE_DECL AsioPump::AsioPump(asio::io_context& io, HubBase& hub, std::size_t shard,
                                  std::shared_ptr<EpollPoller> poller,
                                  AsioDriverOptions const& options,
                                  std::shared_ptr<AsioPumps> others)
    : hub_{hub},
      shard_{hub.shard(shard)},
      options_{options},
      others_{std::move(others)},
      poller_{std::move(poller)},
      strand_{io.get_executor()},
      descriptor_{io, poller_->descriptor()},
      timer_{io} {}

PUMPHOUSE_DECL AsioPump::~AsioPump() {
    static_cast<void>(descriptor_.release());  // the poller closes it
}

PUMPHOUSE_DECL void AsioPump::stop() noexcept {
    gate_.close();
    // Nobody else touches these any more; their handlers find the gate closed.
    try {
        descriptor_.cancel();
        timer_.cancel();
    } catch (...) {  // then the waits end with the io_context
    }
}

PUMPHOUSE_DECL void AsioPump::turn() {
    Gate::Pass const pass{gate_};
    if (!pass || has_ended_) return;
    Time const now = hub_.now();
    bool const is_timed = options_.max_turn > Duration::zero();
    Time const until = is_timed ? now + options_.max_turn : Time::max();
    TurnResult const result = shard_.turn(now, {options_.max_turn_units, until});
    if (result.finished && !std::exchange(is_finished_, true)) finished();
    if (result.more || !shard_.sleep()) return turn_soon();
    arm(now, result.next_deadline);
    wait();
}

PUMPHOUSE_DECL void AsioPump::turn_soon() {
    asio::post(strand_, [self = shared_from_this()] { self->turn(); });
}

PUMPHOUSE_DECL void AsioPump::wait() {
    if (std::exchange(is_waiting_, true)) return;
    descriptor_.async_wait(
        asio::posix::stream_descriptor::wait_read,
        asio::bind_executor(strand_, [self = shared_from_this()](asio::error_code) {
            self->is_waiting_ = false;
            self->turn();
        }));
}

// A timer that fires too early costs a turn; one that is moved with every turn costs more.
PUMPHOUSE_DECL void AsioPump::arm(Time now, Time deadline) {
    if (deadline >= armed_) return;
    armed_ = deadline;
    timer_.expires_after(deadline > now ? deadline - now : Duration::zero());
    timer_.async_wait(
        asio::bind_executor(strand_, [self = shared_from_this()](asio::error_code error) {
            if (error) return;  // moved, or the end
            self->armed_ = Time::max();
            self->turn();
        }));
}

PUMPHOUSE_DECL void AsioPump::finished() {
    if (others_->unfinished.fetch_sub(1) != 1) return;
    for (auto const& each : others_->all) {
        auto const pump = each.lock();
        if (pump) asio::post(pump->strand_, [pump] { pump->end_waits(); });
    }
}

PUMPHOUSE_DECL void AsioPump::end_waits() {
    Gate::Pass const pass{gate_};
    if (!pass) return;
    has_ended_ = true;
    descriptor_.cancel();
    timer_.cancel();
}

// --- the driver -------------------------------------------------------------------------------

namespace detail {

// Kept by the hub's core, so that a producer that comes late still finds it.
struct PollerWaker final : Waker {
    explicit PollerWaker(std::shared_ptr<EpollPoller> which) noexcept : poller{std::move(which)} {}
    void wake() noexcept override { poller->wake(); }
    std::shared_ptr<EpollPoller> const poller;
};

}  // namespace detail

PUMPHOUSE_DECL AsioDriver::AsioDriver(asio::io_context& io, HubBase& hub,
                                      AsioDriverOptions const& options)
    : io_{&io}, core_{hub.core()} {
    if (options.max_turn_units < 1) {
        throw std::invalid_argument{"AsioDriverOptions: max_turn_units: must be at least 1"};
    }
    std::size_t const count = hub.shard_count();
    auto const shared = std::make_shared<AsioPumps>();
    shared->unfinished = count;
    std::vector<std::shared_ptr<AsioPump>> pumps;
    for (std::size_t i = 0; i < count; ++i) {
        auto const poller = std::make_shared<EpollPoller>();
        pumps.push_back(std::make_shared<AsioPump>(io, hub, i, poller, options, shared));
        hub.shard(i).set_poller(poller.get());
        core_->set_waker(i, std::make_shared<detail::PollerWaker>(poller));
    }
    pumps_.assign(pumps.begin(), pumps.end());
    shared->all = pumps_;
    for (auto const& each : pumps) each->start();
}

PUMPHOUSE_DECL AsioDriver::~AsioDriver() {
    for (std::size_t i = 0; i < pumps_.size(); ++i) {
        if (auto const pump = pumps_[i].lock()) pump->stop();
        core_->set_waker(i, nullptr);
    }
}

PUMPHOUSE_DECL AsioDriver& asio_driver(asio::io_context& io, HubBase& hub,
                                       AsioDriverOptions const& options) {
    auto& place = hub.attachment("asio_driver");
    if (!place) place = std::make_shared<AsioDriver>(io, hub, options);
    auto& driver = *static_cast<AsioDriver*>(place.get());
    if (driver.context() != &io) {
        throw std::logic_error{"pumphouse: this hub is already driven by another io_context"};
    }
    return driver;
}

}  // namespace pumphouse
