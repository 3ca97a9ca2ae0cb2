// SPDX-License-Identifier: MIT
//
// TokenRefresh: a client that stays longer than its token sends a fresh one, in whatever message
// the host has for that; the same verifier checks it, and the client's expiry moves.
//
//   refresh.check(hub.hub(), client, session.user, token, [](auto result) { ... });
//
// In the room protocol `answer_refresh` does it (server/auth/refresh_answer.hpp).
//
// Any thread. Bounded in number as the server's own questions are; their time is the verifier's.
// The hub may end before the answer comes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <pumphouse/hub/hub_base.hpp>
#include <pumphouse/server/auth/pending.hpp>
#include <pumphouse/server/auth/authentication_options.hpp>

namespace pumphouse {

/// From now until a token's date; nothing is left: zero. More than a century is for ever.
inline Duration time_left(Claims const& claims, WallTime now) noexcept {
    constexpr auto century = std::chrono::hours{24 * 365 * 100};
    if (!claims.expires_at || *claims.expires_at > now + century) return Duration::max();
    auto const left = std::chrono::duration_cast<Duration>(*claims.expires_at - now);
    return left > Duration::zero() ? left : Duration::zero();
}

class TokenRefresh {
public:
    enum class Outcome : std::uint8_t {
        extended,    // until the date of the new token, or for good if it has none
        refused,     // it is not valid, or has expired already
        other_user,  // it is somebody else's
        busy,        // too many are being checked, or the hub's inbox is full: try again
        failed,      // it could not be checked
        gone,        // the client has left meanwhile
    };
    struct Result {
        Outcome outcome{};
        Duration left{};  // if it was extended: until the client is closed; the maximum: never
    };
    using Done = std::function<void(Result const&)>;

    /// Of the options those that say what a token is and what checking it may cost.
    explicit TokenRefresh(AuthenticationOptions options)
        : options_{std::move(options)}, pending_{options_.max_pending_authentications} {}

    /// `user` is whose the connection is. `done` is called once, on whatever thread answers.
    void check(HubBase& hub, ClientId client, std::string user, std::string token, Done done) {
        if (!options_.verifier || token.empty() || token.size() > options_.max_token_bytes) {
            return done({Outcome::refused});
        }
        auto place = pending_.take_place();
        if (place == nullptr) return done({Outcome::busy});
        auto answered = [core = hub.core(), client, user = std::move(user), done = std::move(done),
                         at = hub.now(), wall = options_.wall_clock()](Verdict const& verdict) {
            done(result_of(*core, client, user, verdict, at, wall));
        };
        auto const question =
            std::make_shared<Verification::Question>(std::move(answered), std::move(place));
        try {
            options_.verifier.verify(std::move(token), Verification{question});
        } catch (...) {  // the first answer counts
            question->answer(
                AuthenticationError{AuthenticationError::What::unavailable, "the verifier threw"});
        }
    }

    std::size_t pending() const noexcept { return pending_.count(); }

    std::function<WallTime()> const& wall_clock() const noexcept { return options_.wall_clock; }

private:
    static Result result_of(HubCore& core, ClientId client, std::string const& user,
                            Verdict const& verdict, Time at, WallTime wall) {
        if (auto const* const error = std::get_if<AuthenticationError>(&verdict)) {
            bool const is_down = error->what == AuthenticationError::What::unavailable;
            return {is_down ? Outcome::failed : Outcome::refused};
        }
        Claims const& claims = std::get<Claims>(verdict);
        if (claims.user != user) return {Outcome::other_user};
        Duration left = time_left(claims, wall);
        bool const expires = left != Duration::max();
        Time const until = expires ? at + left : Time::max();
        if (expires) left = until - core.clock();  // checking it has taken its time
        if (left <= Duration::zero()) return {Outcome::refused};
        switch (core.set_expiry(client, until)) {
            case Accepted::accepted: return {Outcome::extended, left};
            case Accepted::full: return {Outcome::busy};
            default: return {Outcome::gone};
        }
    }

    AuthenticationOptions const options_;
    PendingAuthentications pending_;
};

}  // namespace pumphouse
