// SPDX-License-Identifier: MIT
//
// TcpServerOptions: every limit and delay of a TcpServer, with its unit, its default and what zero
// means.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <pumphouse/fwd.hpp>
#include <pumphouse/transport/socket/socket.hpp>
#include <pumphouse/transport/socket/tls_engine.hpp>

namespace pumphouse {

struct TcpServerOptions {
    /// A name or a number. `localhost`: 127.0.0.1 and ::1. Empty: every address of this machine.
    std::string address = "localhost";

    /// 0: the kernel chooses; `server.port()` tells.
    std::uint16_t port = 9000;

    /// Connections at a time. 0: no limit but the hub's `max_clients`.
    std::size_t max_connections = 0;

    /// Of one peer address (IPv6: of one /64 network). 0: no limit.
    std::size_t max_clients_per_address = 0;

    /// Connections that the kernel holds ready until they are accepted.
    int backlog = 4096;

    /// The clients' sockets.
    SocketOptions socket{};

    /// What `tls_context` of <pumphouse/tls.hpp> answers: the port then speaks TLS and nothing
    /// else. Null: it speaks none.
    std::shared_ptr<TlsContext> tls{};

    /// From accept until hands are shaken, where there is TLS. 0: forever.
    Duration handshake_deadline = std::chrono::seconds{10};

    /// TLS handshakes at a time; more wait their turn, within their own `handshake_deadline`. A
    /// peer's counts from its first byte. 0: no limit.
    std::size_t max_tls_handshakes = 512;

    /// Told, on the server's strand, what the operator should know. Empty: nobody is.
    std::function<void(std::string_view problem)> on_problem{};
};

}  // namespace pumphouse
