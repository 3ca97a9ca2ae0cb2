// SPDX-License-Identifier: MIT
//
// HttpConnection: one connection from accept to the end of its answer, or until it is handed to a
// hub as a WebSocket. One request each. It reads, asks (Admission before it is made, RequestHead,
// UpgradePipeline) and answers; docs/server.md has the steps in their order.
//
// Bytes go through a stream, plain or TLS, which the hub's client takes over; Asio only tells when
// to go on.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <pumphouse/config.hpp>
#include <pumphouse/fwd.hpp>
#include <pumphouse/client/client_extra.hpp>
#include <pumphouse/server/accepted_connection.hpp>
#include <pumphouse/server/admission.hpp>
#include <pumphouse/server/auth/token_verifier.hpp>
#include <pumphouse/server/request_head.hpp>
#include <pumphouse/server/upgrade/upgrade_trace.hpp>
#include <pumphouse/transport/websocket/compression.hpp>

namespace pumphouse {

class HubCore;
struct Registered;
class WebListener;

class HttpConnection;

/// Those that have got their answer and do not close, the oldest first.
using AnsweredConnections = std::list<std::weak_ptr<HttpConnection>>;

class HttpConnection final : public AcceptedConnection {
public:
    HttpConnection(std::shared_ptr<WebListener> server, Socket socket, Admission::Ticket ticket,
                   PeerAddress const& peer);
    ~HttpConnection() override;

    /// Reads a request and answers it.
    void start();

    /// Answers without reading: it was not admitted.
    void turn_away(Refusal const& refusal);

    /// Nothing of a request has come, or its answer has gone.
    bool is_idle() const noexcept {
        return phase_ == Phase::linger || (phase_ == Phase::head && input_.empty());
    }
    bool is_refused() const noexcept { return is_refused_; }

    /// Where its server has it among those, while it does.
    std::optional<AnsweredConnections::iterator> answered_place() const noexcept {
        return answered_place_;
    }

private:
    enum class Phase { head, body, authenticate, answer, linger, over };

    std::weak_ptr<HttpConnection> weak_from_this();
    void shaken() override;
    void unshaken() override;
    void go_on() override;
    void expired() override;
    void ended() noexcept override;
    void wait_to_read() { wait(); }
    void read();
    bool receive(std::size_t at_most);
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
    void hand_over(std::unique_ptr<ClientExtra> extra, CompressionTerms const& terms);
    template <typename WebSocket, typename Stream, typename... Terms>
    Registered make_client(Stream& stream, std::unique_ptr<ClientExtra> extra,
                           Terms const&... terms);
    bool is_shutting_down() const noexcept;
    PeerTrace peer_trace() const;
    void trace_refused(int status, std::string_view problem);
    void respond(HttpResponse const& response);
    void send(std::string bytes);
    void write_on();
    void linger();
    void discard();

    std::shared_ptr<WebListener> const server_;
    Admission::Ticket ticket_;
    PeerAddress peer_;
    std::shared_ptr<HubCore> hub_;                       // that it is to be a client of
    std::shared_ptr<Verification::Question> question_;  // while its token is being checked
    Time const begun_;
    Phase phase_ = Phase::head;
    bool is_refused_ = false;
    bool is_authenticated_ = false;
    std::optional<AnsweredConnections::iterator> answered_place_;
    std::string input_;
    std::string output_;
    std::size_t written_ = 0;  // of it
    RequestHead head_;
    std::size_t discarded_ = 0;
};

}  // namespace pumphouse

// The bodies need WebListener whole, which includes this: they come with it.
