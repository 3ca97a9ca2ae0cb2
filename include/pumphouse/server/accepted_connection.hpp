// SPDX-License-Identifier: MIT
//
// AcceptedConnection: what a server's connections share from accept until they are clients or
// closed: the stream, plain or TLS; the handshake of TLS, which waits for the peer's first byte and
// then for its turn; waiting; one deadline.
//
// Runs on its listener's strand, in turn with the others there, behind its gate; owned by its
// handlers, so that it ends with the io_context.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <variant>

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <pumphouse/config.hpp>
#include <pumphouse/fwd.hpp>
#include <pumphouse/server/listener.hpp>
#include <pumphouse/server/turnstile.hpp>
#include <pumphouse/transport/socket/socket.hpp>
#include <pumphouse/transport/socket/tls_socket.hpp>

namespace pumphouse {

class AcceptedConnection : public TurnTaker,
                           public std::enable_shared_from_this<AcceptedConnection> {
public:
    using Handshakes = Turnstile<AcceptedConnection>;

    AcceptedConnection(AcceptedConnection const&) = delete;
    AcceptedConnection& operator=(AcceptedConnection const&) = delete;
    virtual ~AcceptedConnection();

    /// Its turn to shake hands has come.
    void come_in();

    /// The socket is closed when it returns.
    void close() noexcept;

protected:
    AcceptedConnection(std::shared_ptr<Listener> listener, Socket socket);

    /// Once, before anything is read. `protocol` is for ALPN. Both must outlive the listener.
    void shake_hands(TlsContext& context, std::string_view protocol, Handshakes& handshakes);

    /// Hands are shaken.
    virtual void shaken() = 0;

    /// They cannot be: closes.
    virtual void unshaken() { close(); }

    /// What was waited for is there, or was.
    virtual void go_on() = 0;

    /// The deadline has passed.
    virtual void expired() = 0;

    /// It is closed; told once.
    virtual void ended() noexcept = 0;

    /// Until there is something to read, or, where TLS holds back bytes, until they can be written.
    void wait();
    void wait_to_write() { wait_for(asio::ip::tcp::socket::wait_write); }

    /// Lets others of the strand have their turn.
    void go_on_later();

    /// Zero: never.
    void expire_after(Duration time);

    /// For whoever waits for nothing else: the deadline that owns it.
    static constexpr std::chrono::hours a_century{24 * 365 * 100};

    template <typename Verb>
    auto on_stream(Verb&& verb) {
        return std::visit(verb, stream_);
    }
    TlsSocket* tls() noexcept { return std::get_if<TlsSocket>(&stream_); }

    std::variant<Socket, TlsSocket> stream_;
    asio::ip::tcp::socket waiter_;  // the stream's descriptor, borrowed

private:
    struct Shake {
        TlsContext& context;
        std::string_view protocol;
        Handshakes& handshakes;
        enum class Turn { none, waits, inside } turn = Turn::none;
        std::uint64_t number = 0;  // while it waits
    };

    void wait_for(asio::ip::tcp::socket::wait_type what);
    void take_turn() override;
    void turn_failed() noexcept override { close(); }
    void ask_for_turn();
    void begin_handshake();
    void go_on_shaking();
    void leave_turnstile() noexcept;

    std::shared_ptr<Listener> const listener_;
    asio::steady_timer timer_;
    std::unique_ptr<Shake> shake_;  // until hands are shaken
    unsigned deadline_ = 0;         // which one counts; those before may still fire
    bool has_deadline_ = false;
    bool is_over_ = false;
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/accepted_connection.ipp>
#endif
