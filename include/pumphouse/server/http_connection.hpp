// SPDX-License-Identifier: MIT
//
// HttpConnection: one connection from accept to the end of its answer, or until it is handed to a
// hub as a WebSocket. One request each. It reads, asks (Admission before it is made, RequestHead,
// UpgradePipeline) and answers; docs/server.md has the steps in their order.
//
// Bytes go through a stream, plain or TLS, which the hub's client takes over; Asio only tells when
// to go on. Runs on its server's strand, behind its gate; owned by its handlers, or by the line of
// those who wait to shake hands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <pumphouse/config.hpp>
#include <pumphouse/fwd.hpp>
#include <pumphouse/client/client_extra.hpp>
#include <pumphouse/server/admission.hpp>
#include <pumphouse/server/auth/token_verifier.hpp>
#include <pumphouse/server/request_head.hpp>
#include <pumphouse/server/upgrade/upgrade_trace.hpp>
#include <pumphouse/transport/socket/socket.hpp>
#include <pumphouse/transport/socket/tls_socket.hpp>

namespace pumphouse {

class HubCore;
class WebListener;

class HttpConnection;

/// Those that have got their answer and do not close, the oldest first.
using AnsweredConnections = std::list<HttpConnection*>;

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
public:
    HttpConnection(std::shared_ptr<WebListener> server, Socket socket, Admission::Ticket ticket,
                   PeerAddress const& peer);
    HttpConnection(HttpConnection const&) = delete;
    HttpConnection& operator=(HttpConnection const&) = delete;
    ~HttpConnection();

    /// Reads a request and answers it.
    void start();

    /// Its turn to shake hands has come.
    void come_in();

    /// Answers without reading: it was not admitted.
    void turn_away(Refusal const& refusal);

    /// Nothing of a request has come, or its answer has gone.
    bool is_idle() const noexcept {
        return phase_ == Phase::hello || phase_ == Phase::linger ||
               (phase_ == Phase::head && input_.empty());
    }
    bool is_refused() const noexcept { return is_refused_; }

    /// Where its server has it among those, while it does.
    std::optional<AnsweredConnections::iterator> answered_place() const noexcept {
        return answered_place_;
    }

    /// The socket is closed when it returns.
    void close() noexcept;

private:
    enum class Phase { hello, head, body, authenticate, answer, linger, over };
    enum class Turn { none, waits, inside };  // of the TLS handshake

    void wait_to_read();
    void go_on();
    void ask_for_turn();
    void shake_hands();
    void leave_turnstile() noexcept;
    void read();
    bool receive(std::size_t at_most);
    void lost();
    void look_for_head(std::size_t from);
    bool can_become_head(std::size_t from) const;
    void head_is_there(std::size_t end);
    void look_for_body();
    void serve();
    Refusal check_head(std::string_view text);
    void answer();
    void refuse(Refusal const& refusal, std::string_view allow = {});
    void upgrade();
    void authenticate();
    void ask(std::string token);
    void overhear();
    void decided(Verdict verdict);
    void stop_asking() noexcept;
    void accept(Claims claims);
    void hand_over(std::unique_ptr<ClientExtra> extra);
    PeerTrace peer_trace() const;
    void trace_refused(int status, std::string_view problem);
    void respond(HttpResponse const& response);
    void send(std::string bytes);
    void write_on();
    void linger();
    void discard();
    void expire_after(Duration time);
    void expired();

    template <typename Verb>
    auto on_stream(Verb&& verb) {
        return std::visit(verb, stream_);
    }
    TlsSocket* tls() noexcept { return std::get_if<TlsSocket>(&stream_); }

    std::shared_ptr<WebListener> const server_;
    std::variant<Socket, TlsSocket> stream_;
    asio::ip::tcp::socket waiter_;  // the stream's descriptor, borrowed
    asio::steady_timer timer_;
    Admission::Ticket ticket_;
    PeerAddress peer_;
    std::shared_ptr<HubCore> hub_;                       // that it is to be a client of
    std::shared_ptr<Verification::Question> question_;  // while its token is being checked
    Time const begun_;
    Phase phase_ = Phase::head;
    Turn turn_ = Turn::none;
    std::uint64_t turn_number_ = 0;  // while it waits
    bool is_refused_ = false;
    bool is_authenticated_ = false;
    std::optional<AnsweredConnections::iterator> answered_place_;
    unsigned deadline_ = 0;  // which one counts; those before may still fire
    std::string input_;
    std::string output_;
    std::size_t written_ = 0;  // of it
    RequestHead head_;
    std::size_t discarded_ = 0;
};

}  // namespace pumphouse

// The bodies need WebListener whole, which includes this: they come with it.
