// SPDX-License-Identifier: MIT
//
// TcpServer: a hub's clients over TCP with length-prefixed frames, on a port of the host's
// io_context, beside whatever other servers the hub has.
//
//   pumphouse::TcpServer server{io, hub, {.port = 9000}};
//
// A connection is a client at once, over TLS (option `tls`) when hands are shaken. Its end closes
// the port and those who still shake hands; clients belong to their hub.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <pumphouse/hub/asio_driver.hpp>
#include <pumphouse/server/descriptor_limit.hpp>
#include <pumphouse/server/tcp_listener.hpp>

namespace pumphouse {

class TcpServer {
public:
    /// Throws std::system_error that names address and port.
    TcpServer(asio::io_context& io, HubBase& hub, TcpServerOptions const& options = {}) {
        asio_driver(io, hub);
        auto const listener = std::make_shared<TcpListener>(io, hub.core(), options);
        listener_ = listener;
        port_ = listener->port();
        auto const most = options.max_connections != 0 ? options.max_connections
                                                       : hub.core()->options.max_clients;
        warn_of_descriptor_limit(most, options.on_problem);
        listener->start();
    }
    TcpServer(TcpServer const&) = delete;
    TcpServer& operator=(TcpServer const&) = delete;
    ~TcpServer() {
        if (auto const listener = listener_.lock()) listener->close();
    }

    /// Accepts no more, and closes who still shakes hands; clients stay. Any thread.
    void stop() {
        if (auto const listener = listener_.lock()) listener->stop_accepting();
    }

    /// As WebSocketServer::reload_certificate.
    [[nodiscard]] TlsProblem reload_certificate() {
        auto const listener = listener_.lock();
        if (!listener) return {"", "the server has ended"};
        if (!listener->options().tls) return {"", "the server speaks no TLS"};
        return listener->options().tls->reload();
    }

    std::uint16_t port() const noexcept { return port_; }

private:
    std::weak_ptr<TcpListener> listener_;  // owned by its handlers in the io_context
    std::uint16_t port_ = 0;
};

}  // namespace pumphouse
