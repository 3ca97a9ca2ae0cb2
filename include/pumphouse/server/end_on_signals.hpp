// SPDX-License-Identifier: MIT
//
// EndOnSignals: an orderly end of a server program at SIGINT or SIGTERM: it accepts no more, what
// was accepted goes out, every client is told and closed with 1001 (see HubBase::shutdown), then
// `io.run()` returns. A second signal ends the process at once.
//
//   pumphouse::EndOnSignals const signals{io, server, hub};
//   io.run();
//
// It must outlive `io.run()`. Any number of threads may run `io`.
#pragma once

#include <chrono>
#include <csignal>
#include <cstddef>
#include <functional>
#include <utility>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>

#include <pumphouse/server/websocket_server.hpp>

namespace pumphouse {

class EndOnSignals {
public:
    /// How many clients are there still: at the signal, every second from then on, and once 0 when
    /// all are gone. For a program that says so, or has more to end.
    using Progress = std::function<void(std::size_t clients)>;

    EndOnSignals(asio::io_context& io, WebSocketServer& server, HubBase& hub,
                 Progress progress = {})
        : server_{server},
          hub_{hub},
          progress_{std::move(progress)},
          signals_{io, SIGINT, SIGTERM},
          timer_{io} {
        signals_.async_wait([this](asio::error_code error, int) {
            if (!error) end();
        });
    }
    EndOnSignals(EndOnSignals const&) = delete;
    EndOnSignals& operator=(EndOnSignals const&) = delete;

private:
    // Looked at more often than told: the end is not to wait for a whole second.
    static constexpr std::chrono::milliseconds look_every{20};
    static constexpr int looks_per_second = 50;

    void end() {
        signals_.clear();  // the next one finds the system's own handler
        server_.stop();
        hub_.shutdown();
        if (progress_) look(0);
    }

    void look(int looks) {
        std::size_t const clients = hub_.client_count();
        if (clients == 0 || looks % looks_per_second == 0) progress_(clients);
        if (clients == 0) return;
        timer_.expires_after(look_every);
        timer_.async_wait([this, looks](asio::error_code error) {
            if (!error) look(looks + 1);
        });
    }

    WebSocketServer& server_;
    HubBase& hub_;
    Progress const progress_;
    asio::signal_set signals_;
    asio::steady_timer timer_;
};

}  // namespace pumphouse
