// SPDX-License-Identifier: MIT
// Bodies of server/http_connection.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <new>
#include <span>
#include <string_view>
#include <utility>

#include <pumphouse/server/web_listener.hpp>

namespace pumphouse {

namespace detail {

// Writes a text to a stream or a transport.
struct Say {
    std::string_view text;
    template <typename S>
    WriteResult operator()(S& stream) const noexcept {
        ConstBuffer const buffer{reinterpret_cast<std::byte const*>(text.data()), text.size()};
        return stream.write({&buffer, 1});
    }
};

}  // namespace detail

PUMPHOUSE_DECL HttpConnection::HttpConnection(std::shared_ptr<WebListener> server, Socket socket,
                                              Admission::Ticket ticket, PeerAddress const& peer)
    : AcceptedConnection{server, std::move(socket)},
      server_{std::move(server)},
      ticket_{std::move(ticket)},
      peer_{peer},
      begun_{std::chrono::steady_clock::now()} {}

PUMPHOUSE_DECL HttpConnection::~HttpConnection() { stop_asking(); }

PUMPHOUSE_DECL std::weak_ptr<HttpConnection> HttpConnection::weak_from_this() {
    return std::static_pointer_cast<HttpConnection>(shared_from_this());
}

PUMPHOUSE_DECL void HttpConnection::start() {
    auto const& options = server_->options();
    expire_after(options.handshake_deadline);
    if (!options.tls) return go_on_later();
    shake_hands(*options.tls, "http/1.1", server_->tls_handshakes());
}

PUMPHOUSE_DECL void HttpConnection::turn_away(Refusal const& refusal) {
    is_refused_ = true;
    refuse(refusal);
}

PUMPHOUSE_DECL void HttpConnection::ended() noexcept {
    phase_ = Phase::over;
    ticket_ = {};
    stop_asking();
    server_->forget(*this);
}

PUMPHOUSE_DECL void HttpConnection::shaken() { read(); }

// Who speaks plain HTTP is told so, in its own language.
PUMPHOUSE_DECL void HttpConnection::unshaken() {
    if (!tls()->engine().has_met_http()) return close();
    Socket socket = std::move(*tls()).release();
    stream_.emplace<Socket>(std::move(socket));
    refuse({RefusedBecause::malformed, "this port speaks TLS: https and wss"});
}

// --- reading ----------------------------------------------------------------------------------

PUMPHOUSE_DECL void HttpConnection::go_on() {
    if (phase_ == Phase::answer) return write_on();
    // What TLS has to say of its own comes before what answers it.
    if (tls() != nullptr && tls()->held_bytes() != 0) {
        WriteResult const flushed = tls()->write({});
        if (flushed.failed) return close();
        if (flushed.blocked) return wait_to_read();
    }
    if (phase_ == Phase::authenticate) return overhear();
    phase_ == Phase::linger ? discard() : read();
}

PUMPHOUSE_DECL void HttpConnection::read() {
    auto const& options = server_->options();
    if (phase_ == Phase::head) {
        std::size_t const before = input_.size();
        if (receive(options.max_head_bytes - before)) look_for_head(before);
    } else if (phase_ == Phase::body) {
        if (receive(head_.body_bytes - head_.request.body.size())) look_for_body();
    }
}

// True when there is something new; else it waits, or has closed.
PUMPHOUSE_DECL bool HttpConnection::receive(std::size_t at_most) {
    std::array<char, 16384> bytes;
    std::span const into = std::span{bytes}.first(std::min(at_most, bytes.size()));
    Socket::ReadCount const got = into.empty() ? Socket::ReadCount{Socket::Read::ended}
                                               : on_stream([&](auto& stream) {
                                                     return stream.read(into);
                                                 });
    if (got.what == Socket::Read::would_block) {
        wait_to_read();
        return false;
    }
    if (got.what != Socket::Read::bytes) {
        close();
        return false;
    }
    std::string& into_text = phase_ == Phase::head ? input_ : head_.request.body;
    into_text.append(bytes.data(), got.bytes);
    return true;
}

PUMPHOUSE_DECL void HttpConnection::look_for_head(std::size_t from) {
    std::size_t const end = input_.find("\r\n\r\n", from < 3 ? 0 : from - 3);
    if (end != std::string::npos) return head_is_there(end + 4);
    if (!can_become_head(from)) return refuse({RefusedBecause::malformed});
    if (input_.size() >= server_->options().max_head_bytes) {
        return refuse({RefusedBecause::head_too_large});
    }
    wait_to_read();
}

// What cannot become a request any more (TLS, lines without a carriage return) is not waited for.
PUMPHOUSE_DECL bool HttpConnection::can_become_head(std::size_t from) const {
    constexpr std::size_t longest_method = 32;
    std::size_t const method = std::min(input_.find(' '), input_.size());
    if (method > longest_method) return false;
    bool const is_text =
        std::all_of(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(method),
                    [](char c) { return c > ' ' && c < 0x7f; });
    for (std::size_t i = input_.find('\n', from); i < input_.size(); i = input_.find('\n', i + 1)) {
        if (i == 0 || input_[i - 1] != '\r') return false;
    }
    return is_text;
}

PUMPHOUSE_DECL void HttpConnection::head_is_there(std::size_t end) {
    auto const& options = server_->options();
    Refusal const refusal = check_head(std::string_view{input_}.substr(0, end));
    if (refusal) return refuse(refusal);
    input_.erase(0, end);
    if (head_.wants_websocket()) return upgrade();

    phase_ = Phase::body;
    head_.request.body = input_.substr(0, head_.body_bytes);
    input_.clear();
    if (head_.waits_for_continue() && head_.request.body.empty()) {
        // Nothing was sent before: so few bytes always fit.
        static_cast<void>(on_stream(detail::Say{"HTTP/1.1 100 Continue\r\n\r\n"}));
    }
    Duration const used = std::chrono::steady_clock::now() - begun_;
    bool const is_timed = options.http_read > Duration::zero();
    expire_after(is_timed ? std::max(options.http_read - used, Duration{1}) : Duration::zero());
    look_for_body();
}

// With the head it is known whose connection a proxy has made.
PUMPHOUSE_DECL Refusal HttpConnection::check_head(std::string_view text) {
    if (Refusal const refusal = head_.parse(text)) return refusal;
    auto const& forwarded = server_->forwarded();
    peer_ = forwarded.client_of(peer_, head_.request);
    head_.request.peer = peer_.text();
    if (!forwarded.is_proxy(peer_) && !ticket_.name_address(peer_)) {
        if (head_.wants_websocket()) hub_ = server_->hub_at(head_.request.path);
        return {RefusedBecause::address_full};
    }
    return head_.check_body(server_->options().max_body_bytes);
}

PUMPHOUSE_DECL void HttpConnection::look_for_body() {
    if (head_.request.body.size() < head_.body_bytes) return wait_to_read();
    serve();
}

// --- answering --------------------------------------------------------------------------------

PUMPHOUSE_DECL void HttpConnection::serve() {
    try {
        answer();
    } catch (std::exception const& problem) {
        server_->report("the handler of " + head_.request.path + " threw: " + problem.what());
        respond({500, "text/plain; charset=utf-8", "Internal Server Error\n"});
    } catch (...) {
        server_->report("the handler of " + head_.request.path + " threw");
        respond({500, "text/plain; charset=utf-8", "Internal Server Error\n"});
    }
}

PUMPHOUSE_DECL void HttpConnection::answer() {
    HttpRequest const& request = head_.request;
    Routes::Found const found = server_->routes().find(request.method, request.path);
    if (found.handler) return respond((*found.handler)(request));
    bool const is_hub = server_->hub_at(request.path) != nullptr;
    if (is_hub && found.allow.empty() && request.method == "GET") {
        return refuse({RefusedBecause::not_websocket});
    }
    if (!is_hub && found.allow.empty()) return refuse({RefusedBecause::not_found});
    refuse({RefusedBecause::method}, found.allow);
}

PUMPHOUSE_DECL void HttpConnection::refuse(Refusal const& refusal, std::string_view allow) {
    server_->count_refused(refusal.because, is_refused_ ? server_->first_hub() : hub_.get());
    if (hub_) trace_refused(refusal.status(), row_of(refusal.because).code);
    HttpResponse answer = answer_to(refusal);
    if (!allow.empty()) answer.headers = {{"Allow", std::string{allow}}};
    respond(answer);
}

PUMPHOUSE_DECL void HttpConnection::respond(HttpResponse const& response) {
    std::string bytes = head_of(response);
    bool const has_body = response.status != 204 && response.status != 304;
    if (has_body && head_.request.method != "HEAD") bytes += response.body;
    send(std::move(bytes));
}

PUMPHOUSE_DECL void HttpConnection::send(std::string bytes) {
    phase_ = Phase::answer;
    output_ = std::move(bytes);
    expire_after(server_->options().http_write);
    write_on();
}

// So much at a time, that a peer that reads fast does not keep the strand to itself.
PUMPHOUSE_DECL void HttpConnection::write_on() {
    constexpr std::size_t at_a_time = std::size_t{256} << 10;
    std::string_view const rest = std::string_view{output_}.substr(written_, at_a_time);
    WriteResult const wrote = on_stream(detail::Say{rest});
    if (wrote.failed) return close();
    written_ += wrote.taken;
    if (!wrote.blocked && written_ == output_.size()) return linger();
    wrote.blocked ? wait_to_write() : go_on_later();
}

// A socket closed with unread bytes resets the connection, and the peer may lose the answer: so
// what still comes is read and thrown away until the peer closes.
PUMPHOUSE_DECL void HttpConnection::linger() {
    phase_ = Phase::linger;
    output_ = {};
    if (!is_refused_) answered_place_ = server_->has_answered(weak_from_this());
    on_stream([](auto& stream) { stream.end_output(); });
    if (server_->options().http_idle == Duration::zero()) return close();
    expire_after(server_->options().http_idle);
    discard();
}

PUMPHOUSE_DECL void HttpConnection::discard() {
    constexpr std::size_t enough = std::size_t{1} << 20;
    constexpr std::size_t at_a_time = std::size_t{64} << 10;  // then others have their turn
    std::array<char, 16384> bytes;
    for (std::size_t const before = discarded_; discarded_ < enough;) {
        if (discarded_ - before >= at_a_time) return go_on_later();
        auto const got = on_stream([&](auto& stream) { return stream.read(bytes); });
        if (got.what == Socket::Read::would_block) return wait_to_read();
        if (got.what != Socket::Read::bytes) break;
        discarded_ += got.bytes;
    }
    close();
}

PUMPHOUSE_DECL void HttpConnection::expired() {
    bool const has_begun = !input_.empty() || phase_ == Phase::body;
    if (phase_ == Phase::head && !has_begun) return close();
    if (phase_ == Phase::head || phase_ == Phase::body) return refuse({RefusedBecause::too_slow});
    if (phase_ == Phase::authenticate) {
        stop_asking();
        return refuse({RefusedBecause::authentication_late});
    }
    close();
}

}  // namespace pumphouse
