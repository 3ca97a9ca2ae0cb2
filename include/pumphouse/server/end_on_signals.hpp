// SPDX-License-Identifier: MIT
//
// EndOnSignals: an orderly end of a server program at SIGINT or SIGTERM: nobody gets in any more,
// what was accepted goes out, every client is told and closed with 1001 (see HubBase::shutdown),
// then `io.run()` returns. A second signal ends the process at once.
//
//   pumphouse::EndOnSignals const signals{io, server, hub};
//   io.run();
//
// Until the last client is gone the port stays open: whoever asks for the health is told 503, and
// so is who comes to be a client, with a time to come back.
//
// It must outlive `io.run()`. Any number of threads may run `io`. SIGHUP, which else ends the
// process as a closed terminal does, can be made to mean what it means to most servers, "read your
// files again": see `on_hangup`.
#pragma once

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>

#include <pumphouse/server/websocket_server.hpp>

namespace pumphouse {

class EndOnSignals {
public:
    /// How many clients are there still, of how many at the signal: then, every second from then
    /// on, and once 0 when all are gone. For a program that says so (see `in_words`), or has more
    /// to end. Called on one thread of `io` at a time.
    using Progress = std::function<void(std::size_t left, std::size_t of)>;

    /// A Progress that says "12 of 5000 clients left"; nothing where there was nobody.
    static Progress in_words(std::function<void(std::string_view)> say) {
        return [say = std::move(say)](std::size_t left, std::size_t of) {
            if (of == 0) return;
            say(std::to_string(left) + " of " + std::to_string(of) + " clients left");
        };
    }

    EndOnSignals(asio::io_context& io, WebSocketServer& server, HubBase& hub,
                 Progress progress = {})
        : progress_{std::move(progress)},
          strand_{asio::make_strand(io)},
          signals_{strand_, SIGINT, SIGTERM},
          hangup_{strand_},
          timer_{strand_} {
        also(server);
        also(hub);
        signals_.async_wait([this](asio::error_code error, int) {
            if (!error) end();
        });
    }

    /// Further hubs that end with it, and servers that take no more clients from then on, and stop
    /// when the clients of all these hubs are gone. A hub that is not named keeps its clients.
    /// Before `io.run()`.
    void also(HubBase& hub) { hubs_.push_back(&hub); }
    template <typename Server>
        requires requires(Server& server) { server.stop(); }
    void also(Server& server) {
        stops_.emplace_back([&server] { server.stop(); });
        if constexpr (requires { server.drain(); }) {
            drains_.emplace_back([&server] { server.drain(); });
        }
    }

    /// Called at every SIGHUP until the end begins; later ones mean nothing. Before `io.run()`.
    void on_hangup(std::function<void()> what) {
        on_hangup_ = std::move(what);
        hangup_.add(SIGHUP);
        wait_for_hangup();
    }

    EndOnSignals(EndOnSignals const&) = delete;
    EndOnSignals& operator=(EndOnSignals const&) = delete;

private:
    // Looked at more often than told: the end is not to wait for a whole second.
    static constexpr std::chrono::milliseconds look_every{20};
    static constexpr int looks_per_second = 50;

    void wait_for_hangup() {
        hangup_.async_wait([this](asio::error_code error, int) {
            if (error || has_begun_to_end_) return;
            on_hangup_();
            wait_for_hangup();
        });
    }

    void end() {
        signals_.clear();  // the next one finds the system's own handler
        has_begun_to_end_ = true;
        hangup_.cancel();  // and is not given back: the next one would end the process
        for (auto const& drain : drains_) drain();
        for (HubBase* const each : hubs_) each->shutdown();
        look(0);
    }

    void look(int looks) {
        std::size_t clients = 0;
        for (HubBase const* const each : hubs_) clients += each->client_count();
        most_ = std::max(most_, clients);  // who was on the way in at the signal counts as well
        bool const is_told = clients == 0 || looks % looks_per_second == 0;
        if (is_told && progress_) progress_(clients, most_);
        if (clients == 0) {
            for (auto const& stop : stops_) stop();
            return;
        }
        timer_.expires_after(look_every);
        timer_.async_wait([this, looks](asio::error_code error) {
            if (!error) look(looks + 1);
        });
    }

    std::vector<HubBase*> hubs_;
    std::vector<std::function<void()>> drains_;
    std::vector<std::function<void()>> stops_;
    Progress const progress_;
    std::function<void()> on_hangup_;
    std::size_t most_ = 0;
    bool has_begun_to_end_ = false;
    asio::strand<asio::io_context::executor_type> const strand_;
    asio::signal_set signals_;
    asio::signal_set hangup_;
    asio::steady_timer timer_;
};

}  // namespace pumphouse
