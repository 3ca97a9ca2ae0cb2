// SPDX-License-Identifier: MIT
//
// TcpListener: makes a client of each connection that a TcpServer accepts, over TLS when hands are
// shaken. Who is not admitted, or comes when the hub is full or shut down, is told 1013, "try again
// later", and closed; over TLS who is not admitted gets an alert, for 1013 would cost a handshake.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <pumphouse/client/client.hpp>
#include <pumphouse/hub/hub_core.hpp>
#include <pumphouse/server/accepted_connection.hpp>
#include <pumphouse/server/admitted.hpp>
#include <pumphouse/server/last_word.hpp>
#include <pumphouse/server/listener.hpp>
#include <pumphouse/server/tcp_server_options.hpp>
#include <pumphouse/transport/tcp/tcp_transport.hpp>

namespace pumphouse {

class TcpConnection;

class TcpListener final : public Listener {
public:
    TcpListener(asio::io_context& io, std::shared_ptr<HubCore> hub, TcpServerOptions const& options)
        : Listener{io,
                   {.address = options.address,
                    .port = options.port,
                    .backlog = options.backlog,
                    .on_problem = options.on_problem}},
          hub_{std::move(hub)},
          options_{options},
          admission_{std::make_shared<Admission>(AdmissionCaps{
              .all = options.max_connections, .per_address = options.max_clients_per_address})},
          tls_handshakes_{options.max_tls_handshakes} {}

    TcpServerOptions const& options() const noexcept { return options_; }

    // For connections.
    AcceptedConnection::Handshakes& tls_handshakes() noexcept { return tls_handshakes_; }
    void forget(TcpConnection& connection) noexcept { connections_.erase(&connection); }

    /// False: the hub is full or shut down, and the stream, still open, is in `client`.
    template <typename Stream>
    bool make_client(Admission::Ticket ticket, Stream stream, std::unique_ptr<ClientBase>& client) {
        client = std::make_unique<Client<Admitted<BasicTcpTransport<Stream>>>>(
            std::move(ticket), std::move(stream), TcpLimits{hub_->options.max_message_bytes});
        return static_cast<bool>(hub_->register_client(client));
    }

    /// The frame of 1013, "try again later".
    static std::string_view later(std::array<std::byte, 16>& into) {
        static constexpr std::string_view payload{"\x03\xf5", 2};
        length_prefixed_format.frame(Opcode::close, payload, into.data());
        return {reinterpret_cast<char const*>(into.data()),
                length_prefixed_format.frame_bytes(payload.size())};
    }

private:
    void accepted(int descriptor, PeerAddress const& peer) override;
    void refuse(int descriptor) noexcept override {
        hub_->count_rejected();
        say_later(descriptor);
    }
    void say_later(int descriptor) const noexcept {
        try {
            std::array<std::byte, 16> frame;
            say_last_word(descriptor, options_.tls ? tls_alert : later(frame));
        } catch (...) {  // then it is closed without a word
        }
    }
    void stopped() noexcept override { close_all(); }
    void closed() noexcept override { close_all(); }
    void close_all() noexcept;

    std::shared_ptr<HubCore> const hub_;
    TcpServerOptions const options_;
    std::shared_ptr<Admission> const admission_;
    std::unordered_map<TcpConnection*, std::weak_ptr<TcpConnection>> connections_;  // not clients
    AcceptedConnection::Handshakes tls_handshakes_;
};

/// One over TLS, from accept until its hands are shaken.
class TcpConnection final : public AcceptedConnection {
public:
    TcpConnection(std::shared_ptr<TcpListener> server, Socket socket, Admission::Ticket ticket)
        : AcceptedConnection{server, std::move(socket)},
          server_{std::move(server)},
          ticket_{std::move(ticket)} {}

    void start() {
        expire_after(server_->options().handshake_deadline);
        shake_hands(*server_->options().tls, {}, server_->tls_handshakes());
    }

private:
    void shaken() override {
        asio::error_code error;
        waiter_.release(error);
        if (error) return close();
        std::unique_ptr<ClientBase> client;
        if (!server_->make_client(std::move(ticket_), std::move(*tls()), client)) {
            std::array<std::byte, 16> frame;
            std::string_view const word = TcpListener::later(frame);
            auto const bytes = std::as_bytes(std::span{word});
            ConstBuffer const buffer{bytes.data(), bytes.size()};
            auto& made = static_cast<Client<Admitted<BasicTcpTransport<TlsSocket>>>&>(*client);
            static_cast<void>(made.transport().write({&buffer, 1}));
        }
        close();
    }
    void go_on() override {}
    void expired() override { close(); }
    void ended() noexcept override {
        ticket_ = {};
        server_->forget(*this);
    }

    std::shared_ptr<TcpListener> const server_;
    Admission::Ticket ticket_;
};

inline void TcpListener::accepted(int descriptor, PeerAddress const& peer) {
    Socket socket{descriptor, options_.socket};
    auto [answer, ticket] = admission_->admit(peer);
    if (answer != Admission::Answer::admitted) return refuse(descriptor);
    if (options_.tls) {
        auto const self = std::static_pointer_cast<TcpListener>(shared_from_this());
        auto const connection =
            std::make_shared<TcpConnection>(self, std::move(socket), std::move(ticket));
        connections_.emplace(connection.get(), connection);
        return connection->start();
    }
    std::unique_ptr<ClientBase> client;
    // Where it is refused, the descriptor is still the client's, which closes it now.
    if (!make_client(std::move(ticket), std::move(socket), client)) say_later(descriptor);
}

inline void TcpListener::close_all() noexcept {
    auto const all = std::move(connections_);
    connections_.clear();
    for (auto const& [_, each] : all) {
        if (auto const connection = each.lock()) connection->close();
    }
}

}  // namespace pumphouse
