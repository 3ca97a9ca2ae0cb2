// SPDX-License-Identifier: MIT
//
// WebSocketServer: WebSocket clients for one or more hubs, and HTTP routes, on one port of the
// host's io_context. It accepts from the moment it is made; its hubs are driven by the same
// io_context. Any number of threads may run that; handlers of the routes of one port run one at a
// time.
//
//   pumphouse::WebSocketServer server{io, hub, {.port = 8080}};
//   server.add_hub("/game", other_hub);
//   server.route("GET", "/v1/chats", [](pumphouse::HttpRequest const& request) { ... });
//
// Its end closes the port and the connections that are not clients yet, and waits for a handler
// that is just running; clients belong to their hub. The hubs must outlive it or be shut down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <pumphouse/hub/asio_driver.hpp>
#include <pumphouse/server/descriptor_limit.hpp>
#include <pumphouse/server/upgrade/upgrade_metrics.hpp>
#include <pumphouse/server/web_listener.hpp>

namespace pumphouse {

class WebSocketServer {
public:
    using Response = HttpResponse;  // what handlers of routes answer

    /// Throws std::system_error that names address and port (and `admin_port`, where it is that),
    /// std::invalid_argument that names an option. Nothing listens then.
    WebSocketServer(asio::io_context& io, HubBase& hub, ServerOptions const& options = {})
        : io_{io} {
        auto const listener = std::make_shared<WebListener>(io, options);
        listener_ = listener;
        port_ = listener->port();
        add_hub(options.path, hub);
        auto const most = options.max_connections != 0 ? options.max_connections
                                                       : hub.core()->options.max_clients;
        warn_of_descriptor_limit(most, options.on_problem);
        auto const admin = options.admin_port != 0 ? opened_admin_port(options) : nullptr;
        admin_ = admin;
        has_admin_port_ = admin != nullptr;
        // Both or none: nobody runs a destructor for what is half made.
        try {
            listener->start();
            if (admin) admin->start();
        } catch (...) {
            close();
            throw;
        }
    }
    WebSocketServer(WebSocketServer const&) = delete;
    WebSocketServer& operator=(WebSocketServer const&) = delete;
    ~WebSocketServer() { close(); }

    /// A further hub at a path of its own. Throws std::invalid_argument when it is taken.
    void add_hub(std::string_view path, HubBase& hub) {
        asio_driver(io_, hub);
        if (auto const listener = listener_.lock()) listener->add_hub(path, hub.core());
    }

    /// Answers a method and a path, exact or `/below/*` (see Routes). Any thread.
    void route(std::string_view method, std::string_view path, HttpHandler handler) {
        if (auto const listener = listener_.lock()) {
            listener->routes().add(method, path, std::move(handler));
        }
    }

    /// The same on `admin_port` only; without one, on the port of all. Its handlers may run beside
    /// those of `route`. Any thread.
    void admin_route(std::string_view method, std::string_view path, HttpHandler handler) {
        if (!has_admin_port_) return route(method, path, std::move(handler));
        if (auto const admin = admin_.lock()) {
            admin->routes().add(method, path, std::move(handler));
        }
    }

    /// Takes no more clients: upgrades are answered 503 `shutting_down`, health says `draining`;
    /// for that the port stays open. Any thread.
    void drain() noexcept {
        if (auto const listener = listener_.lock()) listener->drain();
    }

    /// Accepts no more. Clients stay, and requests that have begun are answered; connections that
    /// have not said a word are closed. Any thread.
    void stop() {
        for (auto const& each : {listener_, admin_}) {
            if (auto const listener = each.lock()) listener->stop_accepting();
        }
    }

    /// Reads the certificate and its key again, for connections from now on. When something is
    /// wrong, the answer names file and reason, and what was in use stays. Any thread; it reads
    /// files. The same for all servers that share `ServerOptions::tls`.
    [[nodiscard]] TlsProblem reload_certificate() {
        auto const listener = listener_.lock();
        if (!listener) return {"", "the server has ended"};
        if (!listener->options().tls) return {"", "the server speaks no TLS"};
        return listener->options().tls->reload();
    }

    /// What the health report says besides (see Health::add): databases, brokers. Any thread.
    void add_check(std::string name, Health::Check check, CheckOptions options = {}) {
        if (auto const listener = listener_.lock()) {
            listener->health().add(std::move(name), std::move(check), options);
        }
    }
    void remove_check(std::string_view name) {
        if (auto const listener = listener_.lock()) listener->health().remove(name);
    }

    std::uint16_t port() const noexcept { return port_; }

    /// Clients made and requests refused, by reason. Any thread, a snapshot.
    UpgradeStats upgrade_stats() const noexcept {
        auto const listener = listener_.lock();
        return listener ? listener->upgrade_stats() : UpgradeStats{};
    }

    /// Those that shake hands, are answered, or are clients. Any thread, a snapshot.
    std::size_t connection_count() const noexcept {
        auto const listener = listener_.lock();
        return listener ? listener->connection_count() : 0;
    }

private:
    void close() noexcept {
        for (auto const& each : {listener_, admin_}) {
            if (auto const listener = each.lock()) listener->close();
        }
    }

    std::shared_ptr<WebListener> opened_admin_port(ServerOptions const& options) {
        ServerOptions admin;
        admin.address = options.admin_address;
        admin.port = options.admin_port;
        admin.health_path.clear();
        admin.max_connections = max_admin_connections;
        admin.on_problem = options.on_problem;
        try {
            return std::make_shared<WebListener>(io_, admin);
        } catch (std::system_error const& error) {
            throw std::system_error{error.code(), "cannot listen on admin_port " +
                                                      options.admin_address + ':' +
                                                      std::to_string(options.admin_port)};
        }
    }

    static constexpr std::size_t max_admin_connections = 64;

    asio::io_context& io_;
    std::weak_ptr<WebListener> listener_;  // owned by its handlers in the io_context
    std::weak_ptr<WebListener> admin_;     // the same
    bool has_admin_port_ = false;
    std::uint16_t port_ = 0;
};

}  // namespace pumphouse
