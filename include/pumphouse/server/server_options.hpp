// SPDX-License-Identifier: MIT
//
// ServerOptions: every limit and delay of a WebSocketServer, with its unit, its default and what
// zero means.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pumphouse/fwd.hpp>
#include <pumphouse/server/auth/authentication_options.hpp>
#include <pumphouse/server/storm.hpp>
#include <pumphouse/server/upgrade/forwarded.hpp>
#include <pumphouse/server/upgrade/origin.hpp>
#include <pumphouse/transport/socket/socket.hpp>
#include <pumphouse/transport/socket/tls_engine.hpp>

namespace pumphouse {

struct ServerOptions {
    /// A name or a number. `localhost`: 127.0.0.1 and ::1. Empty: every address of this machine.
    std::string address = "localhost";

    /// 0: the kernel chooses; `server.port()` tells.
    std::uint16_t port = 8080;

    /// Where clients of the hub connect. `*`: every path that has no hub of its own.
    std::string path = "/ws";

    /// Answers 200, or 503 while a hub shuts down. Empty: there is none.
    std::string health_path = "/health";

    /// A port of its own, without TLS, for what is not everybody's business: see
    /// WebSocketServer::admin_route. 0: there is none.
    std::uint16_t admin_port = 0;

    /// Where that one listens: as `address`.
    std::string admin_address = "localhost";

    /// Connections at a time: those that still shake hands, HTTP requests and clients together.
    /// More are answered 503. 0: no limit but the hubs' `max_clients`.
    std::size_t max_connections = 0;

    /// Of one peer address (IPv6: of one /64 network). More are answered 503. 0: no limit.
    std::size_t max_clients_per_address = 0;

    /// Who stands between the clients and this server, and is believed about their addresses.
    ProxyOptions proxy{};

    /// Bytes of a request's head, its empty line included; more is answered 431, and nothing
    /// behind the limit is read.
    std::size_t max_head_bytes = std::size_t{16} << 10;

    /// Bytes of a request's body; more is answered 413, unread. 0: no bodies.
    std::size_t max_body_bytes = std::size_t{64} << 10;

    /// Which pages may open a WebSocket.
    OriginOptions origin{};

    /// Who has to show a token.
    AuthenticationOptions authentication{};

    /// Whether a peer without a token may say of which trace its upgrade and its messages are a
    /// part (`traceparent`). Only where all peers are programs of one's own: who may, decides what
    /// is recorded. False: its trace is linked to. With a verified token it may always.
    bool trust_trace_context = false;

    /// The subprotocols that are spoken, the dearest first; the first that a client offers is
    /// answered.
    std::vector<std::string> subprotocols{};

    /// Whether a client that offers none of them is answered 400. False: it is served without.
    bool require_subprotocol = false;

    /// From accept until the request's head is there, with the TLS handshake. 0: forever.
    Duration handshake_deadline = std::chrono::seconds{10};

    /// From accept until the request's body is there. 0: forever.
    Duration http_read = std::chrono::seconds{15};

    /// Until the peer has taken an answer. 0: forever.
    Duration http_write = std::chrono::seconds{15};

    /// How long a peer that was answered may take to close. 0: it is not waited for, and may
    /// lose the answer if it was still sending.
    Duration http_idle = std::chrono::seconds{60};

    /// Connections that the kernel holds ready until they are accepted.
    int backlog = 4096;

    /// The sockets of all connections.
    SocketOptions socket{};

    /// What `tls_context` of <pumphouse/tls.hpp> answers: the port then speaks TLS and nothing
    /// else. Null: it speaks none.
    std::shared_ptr<TlsContext> tls{};

    /// What `deflate()` of <pumphouse/deflate.hpp> answers: clients that offer permessage-deflate
    /// get and send compressed messages. Null, the default: nothing is compressed. It costs memory
    /// and time, and shows by sizes what a secret is, where a stranger can have text of his own
    /// compressed beside it (docs/compression.md).
    Compression const* compression = nullptr;

    /// TLS handshakes at a time; more wait their turn, within their own `handshake_deadline`. A
    /// peer's counts from its first byte. It bounds memory, some 100 KiB each, and what a storm of
    /// connections keeps half done. 0: no limit.
    std::size_t max_tls_handshakes = 512;

    /// What happens when everybody comes at once.
    StormOptions storm{};

    /// Told, on the server's strand, what the operator should know: descriptors that run out, a
    /// handler that threw. Empty: nobody is.
    std::function<void(std::string_view problem)> on_problem{};
};

}  // namespace pumphouse
