// SPDX-License-Identifier: MIT
//
// What a client hears that sends the room protocol's refresh_token: at once, later, and in which
// words.
#include <pumphouse/server/auth/refresh_answer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "protocol/test_server.hpp"
#include "support/catch.hpp"

using namespace pumphouse;
using namespace std::chrono_literals;
using support::member;
using Strings = std::vector<std::string>;

namespace {

WallTime const today{1'000'000s};

/// Keeps each question; the test answers.
struct Patient {
    void verify(std::string token, Verification verification) {
        if (throws) throw std::runtime_error{"no connection is left"};
        tokens.push_back(std::move(token));
        waiting = std::move(verification);
    }
    std::vector<std::string> tokens;
    std::optional<Verification> waiting;
    bool throws = false;
};

struct Host : protocol::RoomProtocol<Host> {
    using clock = support::SteadyClock;

    explicit Host(std::shared_ptr<Patient> verifier = {})
        : refresh{std::make_unique<TokenRefresh>(AuthenticationOptions{
              .verifier = std::move(verifier),
              .max_pending_authentications = 1,
              .wall_clock = [] { return today; }})} {}

    void on_client(auto& hub, ClientId client) { hub.identify(client, "ada"); }
    void on_refresh_token(auto& hub, ClientId client, std::string token,
                          std::string const& request_id) {
        protocol::answer_refresh(*refresh, hub.hub(), client, std::string{hub.user_of(client)},
                                 std::move(token), request_id);
    }

    std::unique_ptr<TokenRefresh> refresh;
};

constexpr std::string_view fresh = R"({"type":"refresh_token","token":"abc","request_id":"7"})";

struct Site {
    Site() : server{Host::options, Host{verifier}} { server.connect("ada"); }

    /// What the only client hears when the verifier says this.
    std::string heard_of(Verdict const& verdict) {
        server.say("ada", fresh);
        auto verification = *std::exchange(verifier->waiting, std::nullopt);
        if (auto const* const claims = std::get_if<Claims>(&verdict)) {
            verification.accept(*claims);
        } else {
            verification.refuse(std::get<AuthenticationError>(verdict));
        }
        server.settle();
        std::string const heard = server.hear("ada");
        CHECK(member(heard, "request_id") == "7");
        server.hear_nothing("ada");
        return member(heard, "type") == "error" ? member(heard, "code") : heard;
    }

    std::shared_ptr<Patient> verifier = std::make_shared<Patient>();
    support::TestServer<Host> server;
};

using What = AuthenticationError::What;

}  // namespace

TEST_CASE("refresh_token is answered with the time until the fresh token expires") {
    Site site;
    std::string const hour = site.heard_of(Claims{"ada", today + 1h, {}});
    CHECK(member(hour, "type") == "token_refreshed");
    CHECK(member(hour, "expires_in_ms") == "3600000");
    CHECK(member(hour, "timestamp") == "1970-01-12T13:46:40.000Z");
    CHECK(site.verifier->tokens == Strings{"abc"});
    site.server.pass(59min);
    CHECK(site.server.hub.client_count() == 1);
    site.server.pass(2min);
    site.server.hear_nothing("ada");
    CHECK(site.server.people.at("ada")->closed() == CloseCode::token_expired);
}

TEST_CASE("refresh_token whose check has taken its time leaves so much less") {
    Site site;
    auto const after = [&](Duration time, Duration good_for) {
        site.server.say("ada", fresh);
        auto verification = *std::exchange(site.verifier->waiting, std::nullopt);
        site.server.pass(time);
        verification.accept({"ada", today + good_for, {}});
        site.server.settle();
        return site.server.hear("ada");
    };
    CHECK(member(after(5s, 8s), "expires_in_ms") == "3000");
    CHECK(member(after(2s, 1h), "expires_in_ms") == "3598000");
    CHECK(member(after(5s, 5s), "code") == "invalid_token");
    CHECK(site.server.hub.client_count() == 1);
}

TEST_CASE("refresh_token is unavailable when the verifier throws") {
    Site site;
    site.verifier->throws = true;
    site.server.say("ada", fresh);
    CHECK(member(site.server.hear("ada"), "code") == "unavailable");
    site.server.hear_nothing("ada");
    CHECK(site.server.hub.client_count() == 1);
}

TEST_CASE("refresh_token with one that does not expire is answered without a time") {
    Site site;
    std::string const ever = site.heard_of(Claims{"ada", {}, {}});
    CHECK(member(ever, "type") == "token_refreshed");
    CHECK(ever.find("expires_in_ms") == std::string::npos);
}

TEST_CASE("refresh_token is refused without a reason, and the client stays") {
    Site site;
    CHECK(site.heard_of(AuthenticationError{What::invalid, "its signature"}) == "invalid_token");
    CHECK(site.heard_of(AuthenticationError{What::forbidden, "not today"}) == "invalid_token");
    CHECK(site.heard_of(Claims{"bob", today + 1h, {}}) == "invalid_token");
    CHECK(site.heard_of(Claims{"ada", today - 1s, {}}) == "invalid_token");
    CHECK(site.heard_of(AuthenticationError{What::unavailable, "no database"}) == "unavailable");
    CHECK(site.server.hub.client_count() == 1);
}

TEST_CASE("refresh_token while another is checked is unavailable") {
    Site site;
    site.server.say("ada", fresh);
    site.server.say("ada", R"({"type":"refresh_token","token":"def","request_id":"8"})");
    std::string const busy = site.server.hear("ada");
    CHECK(member(busy, "code") == "unavailable");
    CHECK(member(busy, "request_id") == "8");
    CHECK(site.verifier->tokens == Strings{"abc"});
}

TEST_CASE("refresh_token whose answer comes when its client has gone tells nobody") {
    Site site;
    site.server.say("ada", fresh);
    auto verification = *std::exchange(site.verifier->waiting, std::nullopt);
    ClientId const gone = site.server.ids.at("ada");
    site.server.vanish("ada");
    site.server.connect("ada");
    REQUIRE(site.server.ids.at("ada").slot == gone.slot);  // another in the same place
    REQUIRE_FALSE(site.server.ids.at("ada") == gone);
    verification.accept({"ada", today + 1s, {}});
    site.server.settle();
    site.server.hear_nothing("ada");
    site.server.pass(2s);
    CHECK(site.server.hub.client_count() == 1);
}

TEST_CASE("refresh_token whose answer comes when the hub has ended tells nobody") {
    std::optional<Site> site{std::in_place};
    site->server.say("ada", fresh);
    auto verification = *std::exchange(site->verifier->waiting, std::nullopt);
    SECTION("for its clients") {
        site->server.hub.shutdown();
        site->server.settle();
        site->server.hear_all("ada");
        verification.accept({"ada", today + 1h, {}});
        site->server.settle();
        site->server.hear_nothing("ada");
    }
    SECTION("for good") {
        site.reset();
        CHECK(verification.is_wanted());
        verification.accept({"ada", today + 1h, {}});
        CHECK_FALSE(verification.is_wanted());
    }
}
