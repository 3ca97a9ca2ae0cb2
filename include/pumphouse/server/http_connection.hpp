// SPDX-License-Identifier: MIT
//
// HttpConnection: one connection from accept to the end of its answer, or until it is handed to a
// hub as a WebSocket. One request each. Its checks, in order: admission (before it is made), the
// head's size, its form, its path, the hub's room, the handshake; whoever fails is answered.
//
// Runs on its server's strand, behind its gate; owned by its handlers.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <pumphouse/config.hpp>
#include <pumphouse/fwd.hpp>
#include <pumphouse/server/admission.hpp>
#include <pumphouse/server/request_head.hpp>

namespace pumphouse {

class HubCore;
class WebListener;

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
public:
    HttpConnection(std::shared_ptr<WebListener> server, int descriptor, Admission::Ticket ticket);
    HttpConnection(HttpConnection const&) = delete;
    HttpConnection& operator=(HttpConnection const&) = delete;

    /// Reads a request and answers it.
    void start();

    /// Answers without reading: it was not admitted.
    void refuse(HttpResponse const& answer);
    /// Nothing of a request has come, or its answer has gone.
    bool is_idle() const noexcept {
        return phase_ == Phase::linger || (phase_ == Phase::head && input_.empty());
    }
    bool is_refused() const noexcept { return is_refused_; }

    /// The socket is closed when it returns.
    void close() noexcept;

private:
    enum class Phase { head, body, answer, linger, over };

    void wait_to_read();
    void read();
    bool receive(std::size_t at_most);
    void look_for_head(std::size_t from);
    bool can_become_head(std::size_t from) const;
    void head_is_there(std::size_t end);
    void look_for_body();
    void serve();
    HttpResponse answer();
    void upgrade();
    void hand_over(HubCore& hub);
    void respond(HttpResponse const& response);
    void send(std::string bytes);
    void linger();
    void discard();
    void expire_after(Duration time);
    void expired();

    std::shared_ptr<WebListener> const server_;
    asio::ip::tcp::socket socket_;
    asio::steady_timer timer_;
    Admission::Ticket ticket_;
    Time const begun_;
    Phase phase_ = Phase::head;
    bool is_refused_ = false;
    unsigned deadline_ = 0;  // which one counts; those before may still fire
    std::string input_;
    std::string output_;
    RequestHead head_;
    std::size_t discarded_ = 0;
};

}  // namespace pumphouse

// The bodies need WebListener whole, which includes this: they come with it.
