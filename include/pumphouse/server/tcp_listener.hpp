// SPDX-License-Identifier: MIT
//
// TcpListener: makes a client of each connection that a TcpServer accepts. Who is not admitted,
// or comes when the hub is full or shut down, is told 1013, "try again later", and closed.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <pumphouse/client/client.hpp>
#include <pumphouse/hub/hub_core.hpp>
#include <pumphouse/server/admitted.hpp>
#include <pumphouse/server/listener.hpp>
#include <pumphouse/transport/tcp/tcp_transport.hpp>

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

    /// Told, on the server's strand, what the operator should know. Empty: nobody is.
    std::function<void(std::string_view problem)> on_problem{};
};

class TcpListener final : public Listener {
public:
    TcpListener(asio::io_context& io, std::shared_ptr<HubCore> hub, TcpServerOptions const& options)
        : Listener{io,
                   {.address = options.address,
                    .port = options.port,
                    .backlog = options.backlog,
                    .on_problem = options.on_problem}},
          hub_{std::move(hub)},
          socket_options_{options.socket},
          admission_{std::make_shared<Admission>(AdmissionCaps{
              .all = options.max_connections, .per_address = options.max_clients_per_address})} {}

private:
    void accepted(int descriptor, PeerAddress const& peer) override {
        Socket socket{descriptor, socket_options_};
        auto [answer, ticket] = admission_->admit(peer);
        if (answer == Admission::Answer::admitted) {
            std::unique_ptr<ClientBase> client = std::make_unique<Client<Admitted<TcpTransport>>>(
                std::move(ticket), std::move(socket), TcpLimits{hub_->options.max_message_bytes});
            if (hub_->register_client(client)) return;
            refuse(descriptor);  // still the client's, which closes it now
        } else {
            refuse(descriptor);
        }
    }

    void refuse(int descriptor) noexcept override {
        std::array<char, 4096> unread;
        while (::recv(descriptor, unread.data(), unread.size(), MSG_DONTWAIT) > 0) {
        }
        try {
            static constexpr std::string_view payload{"\x03\xf5", 2};
            std::array<std::byte, 16> frame;
            length_prefixed_format.frame(Opcode::close, payload, frame.data());
            static_cast<void>(::send(descriptor, frame.data(),
                                     length_prefixed_format.frame_bytes(payload.size()),
                                     MSG_DONTWAIT | MSG_NOSIGNAL));
        } catch (...) {  // then it is closed without a word
        }
        ::shutdown(descriptor, SHUT_WR);
    }

    std::shared_ptr<HubCore> const hub_;
    SocketOptions const socket_options_;
    std::shared_ptr<Admission> const admission_;
};

}  // namespace pumphouse
