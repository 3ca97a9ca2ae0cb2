// SPDX-License-Identifier: MIT
// Bodies of server/accepted_connection.hpp.
#pragma once

#include <utility>

#include <asio/post.hpp>

#include <pumphouse/server/accepted_connection.hpp>

namespace pumphouse {

PUMPHOUSE_DECL AcceptedConnection::AcceptedConnection(std::shared_ptr<Listener> listener,
                                                      Socket socket)
    : stream_{std::move(socket)},
      waiter_{listener->strand(), asio::ip::tcp::v6(), std::get<Socket>(stream_).descriptor()},
      listener_{std::move(listener)},
      timer_{listener_->strand()} {}

PUMPHOUSE_DECL AcceptedConnection::~AcceptedConnection() {
    asio::error_code ignored;
    waiter_.release(ignored);  // the stream closes it
}

PUMPHOUSE_DECL void AcceptedConnection::close() noexcept {
    if (std::exchange(is_over_, true)) return;
    asio::error_code ignored;
    waiter_.release(ignored);
    on_stream([](auto& stream) { stream.close(CloseHow::gently); });
    try {
        timer_.cancel();
    } catch (...) {  // then it fires, and finds that all is over
    }
    leave_turnstile();
    ended();
}

// --- shaking hands over TLS -------------------------------------------------------------------

// Only who has said something takes a turn: silence holds up nobody.
PUMPHOUSE_DECL void AcceptedConnection::shake_hands(TlsContext& context, std::string_view protocol,
                                                    Handshakes& handshakes) {
    shake_ = std::make_unique<Shake>(Shake{context, protocol, handshakes});
    wait_for(asio::ip::tcp::socket::wait_read);
}

PUMPHOUSE_DECL void AcceptedConnection::ask_for_turn() {
    shake_->number = shake_->handshakes.enter(shared_from_this());
    shake_->turn = shake_->number == 0 ? Shake::Turn::inside : Shake::Turn::waits;
    if (shake_->turn == Shake::Turn::inside) return begin_handshake();
    if (!has_deadline_) expire_after(a_century);  // it keeps it alive
}

PUMPHOUSE_DECL void AcceptedConnection::come_in() {
    shake_->turn = Shake::Turn::inside;
    asio::post(listener_->strand(), [self = shared_from_this()] {
        Gate::Pass const pass{self->listener_->gate()};
        if (pass && !self->is_over_) self->begin_handshake();
    });
}

PUMPHOUSE_DECL void AcceptedConnection::begin_handshake() try {
    auto engine = shake_->context.accept(shake_->protocol);
    Socket socket = std::get<Socket>(std::move(stream_));
    stream_.emplace<TlsSocket>(std::move(socket), std::move(engine));
    go_on_shaking();
} catch (...) {  // no memory
    close();
}

PUMPHOUSE_DECL void AcceptedConnection::go_on_shaking() try {
    using Waiter = asio::ip::tcp::socket;
    switch (tls()->shake_hands()) {
        case TlsSocket::Handshake::waits_for_peer: return wait_for(Waiter::wait_read);
        case TlsSocket::Handshake::waits_for_kernel: return wait_for(Waiter::wait_write);
        case TlsSocket::Handshake::done:
            leave_turnstile();
            return shaken();
        case TlsSocket::Handshake::failed:
            leave_turnstile();
            return unshaken();
    }
} catch (...) {  // no memory
    close();
}

PUMPHOUSE_DECL void AcceptedConnection::leave_turnstile() noexcept {
    auto const shake = std::move(shake_);
    if (!shake) return;
    if (shake->turn == Shake::Turn::waits) shake->handshakes.give_up(shake->number);
    if (shake->turn != Shake::Turn::inside) return;
    while (auto const next = shake->handshakes.leave()) {
        try {
            return next->come_in();
        } catch (...) {  // no memory: the place is the one's after it
            next->shake_.reset();
            next->close();
        }
    }
}

// --- waiting ----------------------------------------------------------------------------------

PUMPHOUSE_DECL void AcceptedConnection::wait_for(asio::ip::tcp::socket::wait_type what) {
    waiter_.async_wait(what, [self = shared_from_this()](asio::error_code error) {
        Gate::Pass const pass{self->listener_->gate()};
        if (!pass || self->is_over_) return;
        try {
            error ? self->close() : self->go_on_later();
        } catch (...) {  // no memory to wait for a turn
            self->close();
        }
    });
}

PUMPHOUSE_DECL void AcceptedConnection::take_turn() {
    if (is_over_) return;
    if (!shake_) return go_on();
    tls() == nullptr ? ask_for_turn() : go_on_shaking();
}

PUMPHOUSE_DECL void AcceptedConnection::wait() {
    bool const is_there = on_stream([](auto const& stream) { return stream.has_unread(); });
    if (is_there) return go_on_later();
    bool const holds = tls() != nullptr && tls()->held_bytes() != 0;
    using Waiter = asio::ip::tcp::socket;
    wait_for(holds ? Waiter::wait_write : Waiter::wait_read);
}

PUMPHOUSE_DECL void AcceptedConnection::go_on_later() {
    listener_->line_up(shared_from_this());
}

PUMPHOUSE_DECL void AcceptedConnection::expire_after(Duration time) {
    unsigned const mine = ++deadline_;
    has_deadline_ = time != Duration::zero();
    if (time == Duration::zero()) return static_cast<void>(timer_.cancel());
    timer_.expires_after(time);
    timer_.async_wait([self = shared_from_this(), mine](asio::error_code error) {
        if (error) return;
        Gate::Pass const pass{self->listener_->gate()};
        if (pass && !self->is_over_ && self->deadline_ == mine) self->expired();
    });
}

}  // namespace pumphouse
