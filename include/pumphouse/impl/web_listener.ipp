// SPDX-License-Identifier: MIT
// Bodies of server/web_listener.hpp.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <pumphouse/server/last_word.hpp>
#include <pumphouse/server/web_listener.hpp>

namespace pumphouse {

PUMPHOUSE_DECL WebListener::WebListener(asio::io_context& io, ServerOptions const& options)
    : Listener{io,
               {.address = options.address,
                .port = options.port,
                .backlog = options.backlog,
                .on_problem = options.on_problem}},
      options_{options},
      pipeline_{options_},
      forwarded_{options.proxy},
      authentications_{options.authentication.max_pending_authentications},
      admission_{std::make_shared<Admission>(AdmissionCaps{
          .all = options.max_connections,
          .per_address = options.max_clients_per_address,
          .per_user = options.authentication.max_clients_per_user})},
      ramp_{options.storm},
      tls_handshakes_{options.max_tls_handshakes} {
    if (options_.health_path.empty()) return;
    // The routes end with this object, and handlers run while it is there.
    routes_.add("GET", options_.health_path,
                [this](HttpRequest const&) { return health_answer(); });
}

PUMPHOUSE_DECL void WebListener::add_hub(std::string_view path, std::shared_ptr<HubCore> hub) {
    if (path != "*" && !path.starts_with('/')) {
        throw std::invalid_argument{"a hub's path begins with /, or is *"};
    }
    std::scoped_lock const lock{places_mutex_};
    auto const has_path = [&](Place const& each) { return each.path == path; };
    if (std::any_of(places_.begin(), places_.end(), has_path)) {
        throw std::invalid_argument{"there is a hub at " + std::string{path} + " already"};
    }
    if (places_.empty()) first_hub_ = hub;
    auto const is_it = [&](Place const& each) { return each.hub == hub; };
    if (std::none_of(places_.begin(), places_.end(), is_it)) {
        watched_.push_back({std::string{path}, HubPulse{hub}});
    }
    places_.push_back({std::string{path}, std::move(hub)});
}

PUMPHOUSE_DECL std::shared_ptr<HubCore> WebListener::hub_at(std::string_view path) const {
    std::scoped_lock const lock{places_mutex_};
    std::shared_ptr<HubCore> everywhere;
    for (Place const& each : places_) {
        if (each.path == path) return each.hub;
        if (each.path == "*") everywhere = each.hub;
    }
    return everywhere;
}

PUMPHOUSE_DECL bool WebListener::is_draining() const {
    if (drains_) return true;
    std::scoped_lock const lock{places_mutex_};
    return std::any_of(places_.begin(), places_.end(), [](Place const& each) {
        return each.hub->is_shutting_down();
    });
}

PUMPHOUSE_DECL HttpResponse WebListener::health_answer() {
    HealthReport report = health_.report();
    report.add(check_hubs());
    bool const drains = is_draining();
    HttpResponse answer{drains || !report.is_healthy ? 503 : 200, "application/json"};
    answer.headers = {{"Cache-Control", "no-store"}};
    auto const now = std::chrono::system_clock::now();
    answer.body = to_json(report, drains, std::chrono::floor<std::chrono::milliseconds>(now));
    return answer;
}

// The server's own check, of all its hubs.
PUMPHOUSE_DECL CheckReport WebListener::check_hubs() {
    CheckReport check{.name = "websocket", .result = {}};
    std::size_t clients = 0;
    std::scoped_lock const lock{places_mutex_};
    for (Watched& each : watched_) {
        clients += each.pulse.hub().slots.live();
        auto const seen = each.pulse.look();
        auto const took = std::chrono::duration_cast<std::chrono::microseconds>(seen.took);
        check.duration = std::max(check.duration, took);
        if (!seen.is_waiting || took <= CheckOptions{}.deadline) continue;
        check.result.is_healthy = false;
        check.result.error = "the hub at " + each.path + " takes no turns";
    }
    check.result.metadata = {{"clients", std::to_string(clients)}};
    return check;
}

// Who has got his answer and does not close holds a place for nothing: the first to go.
PUMPHOUSE_DECL bool WebListener::make_room() noexcept {
    while (!answered_.empty()) {
        if (auto const first = answered_.front().lock()) return first->close(), true;
        answered_.pop_front();  // lost, where memory has run out
    }
    return false;
}

PUMPHOUSE_DECL void WebListener::accepted(int descriptor, PeerAddress const& peer) {
    constexpr std::size_t max_refused_at_a_time = 64;
    Socket socket{descriptor, options_.socket};
    // Whose connection a proxy has made, its request will tell.
    PeerAddress const counted = forwarded_.is_proxy(peer) ? PeerAddress{} : peer;
    auto [answer, ticket] = admission_->admit(counted);
    if (answer == Admission::Answer::too_many && make_room()) {
        std::tie(answer, ticket) = admission_->admit(counted);
    }
    std::size_t const most = options_.storm.max_handshakes;
    bool const is_busy = most != 0 && handshakes() >= most;
    std::shared_ptr<HttpConnection> connection;
    try {
        auto const self = std::static_pointer_cast<WebListener>(shared_from_this());
        connection =
            std::make_shared<HttpConnection>(self, std::move(socket), std::move(ticket), peer);
        connections_.insert_or_assign(connection.get(), connection);
    } catch (...) {
        return;
    }
    if (answer == Admission::Answer::admitted && !is_busy) {
        connection->start();
        return count_handshakes();
    }
    Refusal refusal{RefusedBecause::too_many_handshakes};
    if (answer == Admission::Answer::too_many) refusal.because = RefusedBecause::server_full;
    if (answer == Admission::Answer::too_many_from_address) {
        refusal.because = RefusedBecause::address_full;
    }
    // Over TLS an answer would cost a handshake, which is more than it is worth.
    if (!options_.tls && refused_ < max_refused_at_a_time) {
        ++refused_;
        return connection->turn_away(refusal);
    }
    count_refused(refusal.because, first_hub());
    say_refused(descriptor, refusal);
    connection->close();
}

PUMPHOUSE_DECL void WebListener::refuse(int descriptor) noexcept {
    count_refused(RefusedBecause::out_of_descriptors, first_hub());
    say_refused(descriptor, {RefusedBecause::out_of_descriptors});
}

PUMPHOUSE_DECL void WebListener::count_refused(RefusedBecause because, HubCore* hub) noexcept {
    counters_.count(because);
    if (hub != nullptr) hub->count_rejected();
}

PUMPHOUSE_DECL void WebListener::say_refused(int descriptor,
                                             Refusal const& refusal) const noexcept {
    try {
        HttpResponse const answer = answer_to(refusal);
        std::string const plain = options_.tls ? std::string{} : head_of(answer) + answer.body;
        say_last_word(descriptor, options_.tls ? tls_alert : plain);
    } catch (...) {  // then it is closed without a word
    }
}

PUMPHOUSE_DECL void WebListener::forget(HttpConnection& connection) noexcept {
    connections_.erase(&connection);
    if (connection.answered_place()) answered_.erase(*connection.answered_place());
    if (connection.is_refused()) --refused_;
    count_handshakes();
}

// Browsers keep connections in reserve that have not said a word, and answered ones may linger;
// neither is to hold up the end of the server.
PUMPHOUSE_DECL void WebListener::stopped() noexcept {
    auto const all = connections_;
    for (auto const& [_, each] : all) {
        auto const connection = each.lock();
        if (connection && connection->is_idle()) connection->close();
    }
}

PUMPHOUSE_DECL void WebListener::closed() noexcept {
    auto const all = std::move(connections_);
    connections_.clear();
    for (auto const& [_, each] : all) {
        if (auto const connection = each.lock()) connection->close();
    }
}

}  // namespace pumphouse
