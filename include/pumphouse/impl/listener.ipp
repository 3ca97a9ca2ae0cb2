// SPDX-License-Identifier: MIT
// Bodies of server/listener.hpp.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <string>
#include <utility>

#include <asio/dispatch.hpp>
#include <asio/post.hpp>

#include <pumphouse/server/listener.hpp>

namespace pumphouse {

namespace detail {

inline PeerAddress peer_address(sockaddr_storage const& storage) noexcept {
    if (storage.ss_family == AF_INET) {
        return PeerAddress::v4(&reinterpret_cast<sockaddr_in const&>(storage).sin_addr);
    }
    if (storage.ss_family == AF_INET6) {
        return PeerAddress::v6(&reinterpret_cast<sockaddr_in6 const&>(storage).sin6_addr);
    }
    return {};
}

inline int open_spare() noexcept { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

inline int accept_from(Acceptor& acceptor, PeerAddress& peer) noexcept {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    int const descriptor =
        ::accept4(acceptor.native_handle(), reinterpret_cast<sockaddr*>(&storage), &length,
                  SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) peer = peer_address(storage);
    return descriptor;
}

}  // namespace detail

PUMPHOUSE_DECL Listener::Listener(asio::io_context& io, ListenerOptions const& options)
    : strand_{io.get_executor()},
      options_{options},
      timer_{strand_},
      spare_{detail::open_spare()} {
    for (auto& each : listen_on(strand_, options.address, options.port, options.backlog)) {
        doors_.push_back(std::make_unique<Door>(*this, std::move(each)));
    }
}

PUMPHOUSE_DECL Listener::~Listener() {
    if (spare_ >= 0) ::close(spare_);
}

PUMPHOUSE_DECL void Listener::start() {
    for (auto const& each : doors_) wait(*each);
}

PUMPHOUSE_DECL void Listener::stop_accepting() {
    asio::dispatch(strand_, [self = shared_from_this()] {
        Gate::Pass const pass{self->gate_};
        if (!pass) return;
        self->close_acceptors();
        self->stopped();
    });
}

PUMPHOUSE_DECL void Listener::close() noexcept {
    gate_.close();
    close_acceptors();
    closed();
}

PUMPHOUSE_DECL void Listener::close_acceptors() noexcept {
    has_stopped_ = true;
    asio::error_code ignored;
    for (auto const& each : doors_) each->acceptor.close(ignored);
    try {
        timer_.cancel();
    } catch (...) {  // then it fires, and finds that all is over
    }
}

PUMPHOUSE_DECL void Listener::report(std::string_view problem) const noexcept {
    try {
        if (options_.on_problem) options_.on_problem(problem);
    } catch (...) {  // the host's own
    }
}

// --- turns ------------------------------------------------------------------------------------

PUMPHOUSE_DECL void Listener::line_up(std::shared_ptr<TurnTaker> who) {
    if (auto const line = line_.lock()) return line->push_back(std::move(who));
    auto line = std::make_shared<Line>(1, std::move(who));
    line_ = line;
    take_turns_soon(std::move(line));
}

PUMPHOUSE_DECL void Listener::take_turns_soon(std::shared_ptr<Line> line) {
    asio::post(strand_, [self = shared_from_this(), line = std::move(line)] {
        Gate::Pass const pass{self->gate_};
        if (pass) self->take_turns(line);
    });
}

PUMPHOUSE_DECL void Listener::take_turns(std::shared_ptr<Line> const& line) {
    constexpr std::chrono::microseconds slice{200};
    auto const until = std::chrono::steady_clock::now() + slice;
    do {
        auto const next = std::move(line->front());
        line->pop_front();
        take_turn_of(*next);
        if (gate_.is_closed()) return;
    } while (!line->empty() && std::chrono::steady_clock::now() < until);
    if (line->empty()) return;
    try {
        take_turns_soon(line);
    } catch (std::exception const& problem) {  // no memory: nobody would ask them again
        for (auto const& each : *line) each->turn_failed();
        report(problem.what());
    }
}

// What is thrown there costs nobody else his turn.
PUMPHOUSE_DECL void Listener::take_turn_of(TurnTaker& who) noexcept {
    try {
        return who.take_turn();
    } catch (std::exception const& problem) {
        report(problem.what());
    } catch (...) {
        report("something that is no std::exception was thrown");
    }
    who.turn_failed();
}

// --- accepting --------------------------------------------------------------------------------

PUMPHOUSE_DECL void Listener::wait(Door& door) {
    if (std::exchange(door.is_waiting, true)) return;
    door.acceptor.async_wait(
        Acceptor::wait_read, [self = shared_from_this(), &door](asio::error_code error) {
            Gate::Pass const pass{self->gate_};
            if (!pass) return;
            door.is_waiting = false;
            if (!error && !self->has_stopped_) self->line_up_door(door);
        });
}

PUMPHOUSE_DECL void Listener::line_up_door(Door& door) {
    if (!std::exchange(door.is_waiting, true)) line_up({shared_from_this(), &door});
}

// Few at a time, so that those who have come in get on as fast as others come.
PUMPHOUSE_DECL void Listener::accept_batch(Door& door) {
    door.is_waiting = false;
    Acceptor& acceptor = door.acceptor;
    constexpr int at_most = 8;
    for (int i = 0; i < at_most; ++i) {
        if (has_stopped_) return;
        PeerAddress peer;
        int const descriptor = detail::accept_from(acceptor, peer);
        if (descriptor >= 0) {
            take(descriptor, peer);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            return exhausted(acceptor, errno);
        }
        if (errno == EAGAIN) return wait(door);
        // Anything else is about that one connection (it went away before we took it).
    }
    line_up_door(door);
}

PUMPHOUSE_DECL void Listener::take(int descriptor, PeerAddress const& peer) {
    is_exhausted_ = false;
    try {
        accepted(descriptor, peer);
    } catch (std::exception const& problem) {
        report(std::string{"a connection was dropped: "} + problem.what());
    }
}

PUMPHOUSE_DECL void Listener::exhausted(Acceptor& acceptor, int error) {
    if (!std::exchange(is_exhausted_, true)) {
        report(std::string{"connections are refused: "} + std::strerror(error));
    }
    refuse_waiting(acceptor);
    pause();
}

PUMPHOUSE_DECL void Listener::refuse_waiting(Acceptor& acceptor) {
    constexpr int at_most = 64;
    for (int i = 0; i < at_most; ++i) {
        if (spare_ >= 0) ::close(std::exchange(spare_, -1));
        PeerAddress peer;
        int const descriptor = detail::accept_from(acceptor, peer);
        if (descriptor >= 0) {
            refuse(descriptor);
            ::close(descriptor);
        }
        spare_ = detail::open_spare();
        if (descriptor < 0 || spare_ < 0) return;
    }
}

PUMPHOUSE_DECL void Listener::pause_after_failure() noexcept {
    try {
        pause();
    } catch (...) {
        report("nothing is accepted any more: out of memory");
    }
}

PUMPHOUSE_DECL void Listener::pause() {
    if (std::exchange(is_paused_, true)) return;
    timer_.expires_after(options_.pause);
    timer_.async_wait([self = shared_from_this()](asio::error_code error) {
        Gate::Pass const pass{self->gate_};
        if (!pass || error || self->has_stopped_) return;
        self->is_paused_ = false;
        if (self->spare_ < 0) self->spare_ = detail::open_spare();
        self->start();
    });
}

}  // namespace pumphouse
