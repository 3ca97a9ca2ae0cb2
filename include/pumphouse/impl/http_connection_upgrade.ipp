// SPDX-License-Identifier: MIT
// Bodies of server/http_connection.hpp: from a request that wants to become a WebSocket to the
// hub's client.
#pragma once

#include <array>
#include <chrono>
#include <exception>
#include <utility>

#include <asio/post.hpp>

#include <pumphouse/client/client.hpp>
#include <pumphouse/impl/http_connection.ipp>
#include <pumphouse/server/admitted.hpp>
#include <pumphouse/server/web_listener.hpp>
#include <pumphouse/transport/websocket/handshake.hpp>
#include <pumphouse/transport/websocket/permessage_deflate.hpp>
#include <pumphouse/transport/websocket/websocket_transport.hpp>

namespace pumphouse {
namespace detail {

// Between the answer and the hub: that has begun to end, or others have got the last place (or,
// with transports of the host's, the last wire format).
inline RefusedBecause why_not(HubCore const& hub) noexcept {
    return hub.is_shutting_down() ? RefusedBecause::shutting_down : RefusedBecause::hub_full;
}

}  // namespace detail

PUMPHOUSE_DECL void HttpConnection::upgrade() {
    hub_ = server_->hub_at(head_.request.path);
    UpgradeFacts facts;
    facts.has_hub = hub_ != nullptr;
    facts.is_tls = server_->options().tls != nullptr;
    if (hub_) {
        std::size_t const most = hub_->options.max_clients;
        facts.is_full = most != 0 && hub_->slots.live() >= most;
        facts.is_shutting_down = is_shutting_down();
    }
    if (Refusal const refusal = server_->pipeline().check_request(head_, facts)) {
        return refuse(refusal);
    }
    auto const turn = server_->ramp().ask();
    if (turn != turn.zero()) return refuse({RefusedBecause::starting, {}, turn});
    authenticate();
}

PUMPHOUSE_DECL bool HttpConnection::is_shutting_down() const noexcept {
    return !server_->takes_clients() || hub_->is_shutting_down();
}

PUMPHOUSE_DECL void HttpConnection::authenticate() {
    Credentials found;
    if (Refusal const refusal = server_->pipeline().check_token(head_, found)) {
        return refuse(refusal);
    }
    found.is_present ? ask(std::move(found.token)) : accept({});
}

// The answer may come at once, later, or never, from any thread; it is looked at on the strand.
PUMPHOUSE_DECL void HttpConnection::ask(std::string token) {
    auto const& options = server_->options().authentication;
    auto place = server_->authentications().take_place();
    if (place == nullptr) return refuse({RefusedBecause::too_many_authentications});
    auto answered = [weak = weak_from_this(), strand = server_->strand()](Verdict verdict) {
        asio::post(strand, [weak, verdict = std::move(verdict)]() mutable {
            auto const self = weak.lock();
            if (!self) return;
            Gate::Pass const pass{self->server_->gate()};
            if (pass && self->phase_ == Phase::authenticate) self->decided(std::move(verdict));
        });
    };
    question_ = std::make_shared<Verification::Question>(std::move(answered), std::move(place));
    phase_ = Phase::authenticate;
    bool const is_bounded = options.authentication_deadline > Duration::zero();
    expire_after(is_bounded ? options.authentication_deadline : a_century);  // and keeps it alive
    wait_to_read();
    try {
        options.verifier.verify(std::move(token), Verification{question_});
    } catch (std::exception const& problem) {
        decided(AuthenticationError{AuthenticationError::What::unavailable, problem.what()});
    } catch (...) {
        decided(AuthenticationError{AuthenticationError::What::unavailable, "the verifier threw"});
    }
}

// Meanwhile: whoever goes away is asked for no more. What he says is for the hub, later.
PUMPHOUSE_DECL void HttpConnection::overhear() {
    constexpr std::size_t enough = std::size_t{64} << 10;
    std::array<char, 16384> bytes;
    auto const got = on_stream([&](auto& stream) { return stream.read(bytes); });
    if (got.what == Socket::Read::would_block) return wait_to_read();
    if (got.what != Socket::Read::bytes) {
        server_->counters().count_abandoned();
        trace_refused(0, "abandoned");
        return close();
    }
    input_.append(bytes.data(), got.bytes);
    if (input_.size() < enough) wait_to_read();
}

PUMPHOUSE_DECL void HttpConnection::stop_asking() noexcept {
    if (question_) std::exchange(question_, nullptr)->cancel();
}

PUMPHOUSE_DECL void HttpConnection::decided(Verdict verdict) {
    stop_asking();
    auto const* const error = std::get_if<AuthenticationError>(&verdict);
    if (error != nullptr && error->what == AuthenticationError::What::unavailable) {
        server_->report("a token could not be checked: " + error->why);
    }
    if (Refusal const refusal = server_->pipeline().check_verdict(verdict)) return refuse(refusal);
    is_authenticated_ = true;
    Claims claims = std::get<Claims>(std::move(verdict));
    if (!claims.user.empty() && !hub_->is_user(claims.user)) {
        return refuse({RefusedBecause::forbidden, "the user's id is longer than max_user_bytes"});
    }
    if (!claims.user.empty() && !ticket_.name_user(claims.user)) {
        return refuse({RefusedBecause::user_full});
    }
    if (is_shutting_down()) return refuse({RefusedBecause::shutting_down});
    accept(std::move(claims));
}

PUMPHOUSE_DECL void HttpConnection::accept(Claims claims) {
    auto const& pipeline = server_->pipeline();
    std::string_view subprotocol;
    Refusal const refusal = pipeline.check_subprotocol(pipeline.offered(head_), subprotocol);
    if (refusal) return refuse(refusal);
    DeflateAgreement agreed;
    if (Compression const* const compression = server_->options().compression) {
        auto const offers = head_.request.header("Sec-WebSocket-Extensions");
        agreed = agree_on_deflate(offers, *compression);
    }
    std::string const answer = handshake_answer(head_.parsed, subprotocol, agreed.answer);
    auto const& options = server_->options().authentication;
    auto extra = std::make_unique<ClientExtra>();
    extra->expires_in = time_left(claims, options.wall_clock());
    extra->request =
        std::make_unique<ClientRequest>(without_secrets(head_.request, options));
    extra->request->subprotocol = subprotocol;
    extra->request->user = std::move(claims.user);
    extra->request->claims = std::move(claims.raw);

    // Nothing was sent before, so the kernel takes it whole; and it is out before the hub can
    // send the first message.
    WriteResult const sent = on_stream(detail::Say{answer});
    if (sent.blocked || sent.taken != answer.size()) return close();
    hand_over(std::move(extra), agreed.terms);
}

PUMPHOUSE_DECL PeerTrace HttpConnection::peer_trace() const {
    bool const is_known = is_authenticated_ || server_->options().trust_trace_context;
    return is_known ? PeerTrace::parent : PeerTrace::linked;
}

PUMPHOUSE_DECL void HttpConnection::trace_refused(int status, std::string_view problem) {
    Tracer* const tracer = hub_->options.tracer;
    if (tracer == nullptr) return;
    PeerTrace const peer = peer_trace() == PeerTrace::parent ? PeerTrace::parent
                                                             : PeerTrace::ignored;
    Span span = begin_upgrade(*tracer, head_.request, peer, begun_);
    end_upgrade(span, head_.request, server_->options().authentication,
                {status, problem, {}, std::chrono::steady_clock::now()});
}

PUMPHOUSE_DECL void HttpConnection::hand_over(std::unique_ptr<ClientExtra> extra,
                                              CompressionTerms const& terms) {
    Span span;
    if (Tracer* const tracer = hub_->options.tracer) {
        span = begin_upgrade(*tracer, head_.request, peer_trace(), begun_);
        extra->trace = std::make_unique<ClientTrace>();
        extra->trace->upgrade = span.context();
        extra->trace->is_trusted = peer_trace() == PeerTrace::parent;
    }
    asio::error_code error;
    waiter_.release(error);
    if (error) return close();
    Registered registered;
    on_stream([&]<typename Stream>(Stream& stream) {
        registered = terms.compression == nullptr
                         ? make_client<BasicWebSocketTransport<Stream>>(stream, std::move(extra))
                         : make_client<DeflateTransport<Stream>>(stream, std::move(extra), terms);
    });
    std::string_view const problem = registered ? "" : row_of(detail::why_not(*hub_)).code;
    end_upgrade(span, head_.request, server_->options().authentication,
                {101, problem, registered.id, std::chrono::steady_clock::now()});
    close();
}

template <typename WebSocket, typename Stream, typename... Terms>
Registered HttpConnection::make_client(Stream& stream, std::unique_ptr<ClientExtra> extra,
                                 Terms const&... terms) {
    auto made = std::make_unique<Client<Admitted<WebSocket>>>(
        std::move(ticket_), std::move(stream), WebSocketLimits{hub_->options.max_message_bytes},
        std::move(input_), terms...);
    made->extra = std::move(extra);
    auto& transport = made->transport();
    std::unique_ptr<ClientBase> client = std::move(made);
    Registered const registered = hub_->register_client(client);
    if (registered) {
        server_->counters().count_upgraded();
        return registered;
    }
    RefusedBecause const because = detail::why_not(*hub_);
    server_->counters().count(because);
    std::string_view const going_away{"\x88\x02\x03\xe9", 4};   // 1001
    std::string_view const try_again_later{"\x88\x02\x03\xf5", 4};  // 1013
    detail::Say const last_word{because == RefusedBecause::shutting_down ? going_away
                                                                        : try_again_later};
    static_cast<void>(last_word(transport));
    return registered;
}

}  // namespace pumphouse
