// SPDX-License-Identifier: MIT
//
// EpollPoller: watches all sockets of one shard in one epoll descriptor, edge-triggered: one call
// to the kernel per turn tells of everything that became ready, however many clients are idle.
// Linux only.
//
// A driver waits for `descriptor()` to become readable, or in `wait`, and then calls `collect`.
// `wake` may be called from any thread; everything else is the shard's thread's alone. Being
// edge-triggered, it tells of a socket once: who is told must go on until the call would block.
#pragma once

#include <chrono>

#include <pumphouse/config.hpp>
#include <pumphouse/transport/readiness.hpp>

namespace pumphouse {

class EpollPoller final : public Poller {
public:
    /// Throws std::system_error that names what the kernel refused.
    EpollPoller();
    ~EpollPoller() override;
    EpollPoller(EpollPoller const&) = delete;
    EpollPoller& operator=(EpollPoller const&) = delete;

    [[nodiscard]] bool watch(int descriptor, void* token) noexcept override;
    void collect(ReadySink& sink) noexcept override;

    /// Readable while there is something to collect, or `wake` was called since. To be waited
    /// for with poll() or by an event loop; still owned by the poller.
    int descriptor() const noexcept { return epoll_; }

    /// Makes `descriptor()` readable until the next `collect`. Any thread, one write.
    void wake() noexcept;

    /// Sleeps until there is something to collect, `wake` is called or the time is over.
    /// `nanoseconds::max()`: however long it takes.
    void wait(std::chrono::nanoseconds timeout) noexcept;

private:
    int epoll_ = -1;
    int wake_ = -1;  // an eventfd
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/epoll_poller.ipp>
#endif
