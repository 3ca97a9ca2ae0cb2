// SPDX-License-Identifier: MIT
//
// answer_refresh: the room protocol's `refresh_token`, checked and answered. A host's hook:
//
//   void on_refresh_token(auto& hub, ClientId client, std::string token,
//                         std::string const& request_id) {
//       auto const& user = hub.session(client)->user;
//       protocol::answer_refresh(refresh_, hub.hub(), client, user, std::move(token), request_id);
//   }
//
// It needs RapidJSON, as all of the protocol; CMake: pumphouse::protocol.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include <pumphouse/protocol/error.hpp>
#include <pumphouse/protocol/write.hpp>
#include <pumphouse/server/auth/token_refresh.hpp>

namespace pumphouse::protocol {

/// The client hears `token_refreshed`, with the time until it is closed (a JwtVerifier's leeway is
/// in it); or `invalid_token`, also if the token is somebody else's; or `unavailable`: try again.
/// From whatever thread the verifier answers on. A hub whose inbox is full, or that has ended, says
/// nothing. `refresh` is needed during the call only.
/// `user` is whose the connection is, as its own token said; empty, and a token may name nobody.
inline void answer_refresh(TokenRefresh& refresh, HubBase& hub, ClientId client, std::string user,
                           std::string token, std::string request_id) {
    auto answer = [core = hub.core(), client, id = std::move(request_id)](auto what) {
        what.request_id = id;
        static_cast<void>(core->send(client, text(written(what))));
    };
    using Outcome = TokenRefresh::Outcome;
    refresh.check(hub, client, std::move(user), std::move(token),
                  [answer = std::move(answer),
                   wall_time = refresh.wall_clock()](TokenRefresh::Result const& result) {
        switch (result.outcome) {
            case Outcome::extended: {
                auto const now = std::chrono::floor<Milliseconds>(wall_time());
                TokenRefreshed refreshed{.timestamp = now};
                if (result.left != Duration::max()) {
                    refreshed.expires_in = std::chrono::floor<Milliseconds>(result.left);
                }
                return answer(refreshed);
            }
            case Outcome::refused:
            case Outcome::other_user: return answer(Error{ErrorCode::invalid_token});
            case Outcome::busy:
            case Outcome::failed: return answer(Error{ErrorCode::unavailable});
            case Outcome::gone: return;
        }
    });
}

}  // namespace pumphouse::protocol
