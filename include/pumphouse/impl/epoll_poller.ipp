// SPDX-License-Identifier: MIT
// Bodies of transport/socket/epoll_poller.hpp.
#pragma once

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <system_error>

#include <pumphouse/transport/socket/epoll_poller.hpp>

namespace pumphouse {

PUMPHOUSE_DECL EpollPoller::EpollPoller() {
    auto const give_up = [this](char const* what) {
        std::error_code const reason{errno, std::system_category()};
        if (wake_ != -1) ::close(wake_);
        if (epoll_ != -1) ::close(epoll_);
        throw std::system_error{reason, what};
    };
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ == -1) give_up("the shard's poller: epoll_create1");
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_ == -1) give_up("the shard's poller: eventfd");
    // Edge-triggered as well: each write is an edge of its own, so that it is never read.
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.ptr = this;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) {
        give_up("the shard's poller: epoll_ctl of its eventfd");
    }
}

PUMPHOUSE_DECL EpollPoller::~EpollPoller() {
    ::close(wake_);
    ::close(epoll_);
}

PUMPHOUSE_DECL bool EpollPoller::watch(int descriptor, void* token) noexcept {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = token;
    return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

PUMPHOUSE_DECL void EpollPoller::collect(ReadySink& sink) noexcept {
    constexpr std::size_t batch = 256;
    std::array<epoll_event, batch> events;
    int found = 0;
    do {
        found = ::epoll_wait(epoll_, events.data(), static_cast<int>(batch), 0);
        if (found < 0 && errno != EINTR) return;
        for (int i = 0; i < found; ++i) {
            epoll_event const& event = events[static_cast<std::size_t>(i)];
            if (event.data.ptr == this) continue;
            // An error is told to both, so that whoever tries next finds it.
            unsigned ready = 0;
            if ((event.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
                ready |= static_cast<unsigned>(Ready::readable);
            }
            if ((event.events & (EPOLLOUT | EPOLLERR)) != 0) {
                ready |= static_cast<unsigned>(Ready::writable);
            }
            if (ready != 0) sink.ready(event.data.ptr, static_cast<Ready>(ready));
        }
    } while (found < 0 || found == static_cast<int>(batch));
}

PUMPHOUSE_DECL void EpollPoller::wake() noexcept {
    std::uint64_t const one = 1;
    while (::write(wake_, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

PUMPHOUSE_DECL void EpollPoller::wait(std::chrono::nanoseconds timeout) noexcept {
    using std::chrono::nanoseconds, std::chrono::seconds;
    if (timeout < nanoseconds::zero()) timeout = nanoseconds::zero();
    auto const whole = std::chrono::duration_cast<seconds>(timeout);
    timespec time{};
    time.tv_sec = static_cast<std::time_t>(whole.count());
    time.tv_nsec = static_cast<long>((timeout - whole).count());
    pollfd descriptor{epoll_, POLLIN, 0};
    // A signal ends it early: the caller looks at its deadlines again and comes back.
    ::ppoll(&descriptor, 1, timeout == nanoseconds::max() ? nullptr : &time, nullptr);
}

}  // namespace pumphouse
