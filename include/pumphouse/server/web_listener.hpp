// SPDX-License-Identifier: MIT
//
// WebListener: what a WebSocketServer's connections share: its options, its hubs by path, its
// routes, the counts of who is there.
//
// `add_hub` and `routes()` from any thread; the rest runs on the strand.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <pumphouse/config.hpp>
#include <pumphouse/hub/hub_core.hpp>
#include <pumphouse/observe/health.hpp>
#include <pumphouse/server/http_connection.hpp>
#include <pumphouse/server/listener.hpp>
#include <pumphouse/server/routes.hpp>
#include <pumphouse/server/server_options.hpp>
#include <pumphouse/server/turnstile.hpp>

namespace pumphouse {

class WebListener final : public Listener {
public:
    WebListener(asio::io_context& io, ServerOptions const& options);

    /// Throws std::invalid_argument when the path is taken or does not begin with a slash.
    void add_hub(std::string_view path, std::shared_ptr<HubCore> hub);

    /// Null when no hub is there.
    std::shared_ptr<HubCore> hub_at(std::string_view path) const;

    Routes& routes() noexcept { return routes_; }
    Health& health() noexcept { return health_; }
    ServerOptions const& options() const noexcept { return options_; }
    std::size_t connection_count() const noexcept { return admission_->count(); }

    // For connections.
    using Listener::gate;
    using Listener::report;
    using Listener::strand;
    void forget(HttpConnection& connection) noexcept;
    Turnstile<HttpConnection>& tls_handshakes() noexcept { return tls_handshakes_; }

private:
    struct Place {
        std::string path;
        std::shared_ptr<HubCore> hub;
    };

    void accepted(int descriptor, PeerAddress const& peer) override;
    void refuse(int descriptor) noexcept override;
    void stopped() noexcept override;
    void closed() noexcept override;
    bool is_draining() const;
    HttpResponse health_answer() const;

    ServerOptions const options_;
    std::shared_ptr<Admission> const admission_;
    Routes routes_;
    Health health_;
    mutable std::mutex places_mutex_;
    std::vector<Place> places_;
    std::unordered_map<HttpConnection*, std::weak_ptr<HttpConnection>> connections_;
    std::size_t refused_ = 0;  // of them
    Turnstile<HttpConnection> tls_handshakes_;
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/http_connection.ipp>
#include <pumphouse/impl/web_listener.ipp>
#endif
