// SPDX-License-Identifier: MIT
//
// WebListener: what a WebSocketServer's connections share: its options, its hubs by path, its
// routes, the counts of who is there.
//
// `add_hub` and `routes()` from any thread; the rest runs on the strand.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <pumphouse/config.hpp>
#include <pumphouse/hub/hub_core.hpp>
#include <pumphouse/observe/health.hpp>
#include <pumphouse/server/http_connection.hpp>
#include <pumphouse/server/hub_pulse.hpp>
#include <pumphouse/server/listener.hpp>
#include <pumphouse/server/routes.hpp>
#include <pumphouse/server/server_options.hpp>
#include <pumphouse/server/storm.hpp>
#include <pumphouse/server/auth/pending.hpp>
#include <pumphouse/server/upgrade/pipeline.hpp>
#include <pumphouse/server/upgrade/upgrade_stats.hpp>

namespace pumphouse {

class WebListener final : public Listener {
public:
    /// Throws std::invalid_argument that names an option, std::system_error as every listener.
    WebListener(asio::io_context& io, ServerOptions const& options);

    /// Throws std::invalid_argument when the path is taken or does not begin with a slash.
    void add_hub(std::string_view path, std::shared_ptr<HubCore> hub);

    /// Null when no hub is there.
    std::shared_ptr<HubCore> hub_at(std::string_view path) const;

    Routes& routes() noexcept { return routes_; }
    Health& health() noexcept { return health_; }
    ServerOptions const& options() const noexcept { return options_; }
    std::size_t connection_count() const noexcept { return admission_->count(); }
    /// No more clients, whatever their hub; see WebSocketServer::drain. Any thread.
    void drain() noexcept { drains_ = true; }
    UpgradeStats upgrade_stats() const noexcept {
        UpgradeStats stats = counters_.stats();
        stats.authentications_pending = authentications_.count();
        return stats;
    }

    // For connections.
    void forget(HttpConnection& connection) noexcept;
    /// Its answer has gone: it may be closed to make room.
    AnsweredConnections::iterator has_answered(std::weak_ptr<HttpConnection> connection) {
        auto const place = answered_.insert(answered_.end(), std::move(connection));
        count_handshakes();
        return place;
    }
    AcceptRamp& ramp() noexcept { return ramp_; }
    AcceptedConnection::Handshakes& tls_handshakes() noexcept { return tls_handshakes_; }
    UpgradePipeline const& pipeline() const noexcept { return pipeline_; }
    ForwardedAddress const& forwarded() const noexcept { return forwarded_; }
    PendingAuthentications& authentications() noexcept { return authentications_; }
    UpgradeCounters& counters() noexcept { return counters_; }

    /// Of that hub; null: it was no client of any.
    void count_refused(RefusedBecause because, HubCore* hub) noexcept;

    /// Who is turned away at the door, before it is known what he wants, counts for this one.
    HubCore* first_hub() const noexcept { return first_hub_.get(); }
    bool takes_clients() const noexcept { return !drains_; }

private:
    struct Place {
        std::string path;
        std::shared_ptr<HubCore> hub;
    };
    struct Watched {
        std::string path;  // its first
        HubPulse pulse;
    };

    bool make_room() noexcept;
    std::size_t handshakes() const noexcept {
        std::size_t const done = answered_.size() + refused_;
        return connections_.size() > done ? connections_.size() - done : 0;
    }
    void count_handshakes() noexcept { counters_.set_handshakes(handshakes()); }
    void accepted(int descriptor, PeerAddress const& peer) override;
    void refuse(int descriptor) noexcept override;
    void say_refused(int descriptor, Refusal const& refusal) const noexcept;
    void stopped() noexcept override;
    void closed() noexcept override;
    bool is_draining() const;
    HttpResponse health_answer();
    CheckReport check_hubs();

    ServerOptions const options_;
    UpgradePipeline const pipeline_;
    ForwardedAddress const forwarded_;
    PendingAuthentications authentications_;
    UpgradeCounters counters_;
    std::shared_ptr<Admission> const admission_;
    Routes routes_;
    Health health_;
    std::atomic<bool> drains_{false};
    std::shared_ptr<HubCore> first_hub_;  // set before the start; null: an admin port
    mutable std::mutex places_mutex_;
    std::vector<Place> places_;
    std::vector<Watched> watched_;  // each hub once
    std::unordered_map<HttpConnection*, std::weak_ptr<HttpConnection>> connections_;
    AnsweredConnections answered_;  // of them, the oldest first
    std::size_t refused_ = 0;  // of them
    AcceptRamp ramp_;
    AcceptedConnection::Handshakes tls_handshakes_;
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/http_connection.ipp>
#include <pumphouse/impl/http_connection_upgrade.ipp>
#include <pumphouse/impl/web_listener.ipp>
#endif
