// SPDX-License-Identifier: MIT
//
// Who has to show a token, where it is found, what happens while it is checked and when it ends.

#include "server/served.hpp"

#include <atomic>
#include <mutex>

#include <pumphouse/server/auth/verifier_thread.hpp>

#include "support/problem_of.hpp"

using namespace served;
using namespace std::chrono_literals;

namespace {

using What = AuthenticationError::What;

/// Answers `ann`, `bob`, ... at once; the rest as their names say. `later` is answered by the test.
struct Verifier {
    void verify(std::string token, Verification verification) {
        std::scoped_lock const lock{mutex};
        asked.push_back(token);
        if (token == "later") {
            waiting.push_back(std::move(verification));
        } else if (token == "throws") {
            throw std::runtime_error{"no database"};
        } else if (token == "throws a number") {
            throw 7;
        } else if (token == "forbidden") {
            verification.refuse({What::forbidden, "not today"});
        } else if (token == "unavailable") {
            verification.refuse({What::unavailable, "no database"});
        } else if (token == "expired") {
            verification.accept({"ann", WallTime{1s}, {}});
        } else if (token == "brief") {
            verification.accept({"ann", now + 60s, {}});
        } else if (token == "long") {
            verification.accept({std::string(300, 'x'), {}, {}});
        } else if (token.size() == 3) {
            verification.accept({token, {}, "{\"sub\":\"" + token + "\"}"});
        } else if (token != "forgets") {
            verification.refuse();
        }
    }
    std::size_t waiting_count() {
        std::scoped_lock const lock{mutex};
        return waiting.size();
    }
    std::optional<Verification> take() {
        std::scoped_lock const lock{mutex};
        if (waiting.empty()) return std::nullopt;
        auto taken = std::move(waiting.back());
        waiting.pop_back();
        return taken;
    }

    WallTime now{1'000'000s};
    std::mutex mutex;
    std::vector<std::string> asked;
    std::vector<Verification> waiting;
};

/// A clock that a test moves, seen by the threads of a server too.
struct MovedClock {
    inline static std::atomic<Duration::rep> value{Duration{1s}.count()};
    static Time now() noexcept { return Time{Duration{value.load()}}; }
    static void move(Duration by) { value += by.count(); }
};

/// Tells a client how it came.
struct WhoAmI : DefaultPolicy {
    using clock = MovedClock;
    void on_open(auto& hub, ClientId client) {
        auto const& request = hub.request(client);
        std::string told = request.path + " " + request.peer + " user=" + request.user +
                           " claims=" + request.claims + " chosen=" + request.subprotocol;
        for (auto const& [name, value] : request.query) told += " ?" + name + "=" + value;
        for (auto const& [name, value] : request.headers) told += " " + name + ": " + value;
        hub.send(client, text(told));
    }
    void on_message(auto& hub, ClientId client, Message message) { hub.send(client, message); }
};

std::string upgrade_with(std::string_view headers, std::string_view target) {
    return "GET " + std::string{target} +
           " HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
           std::string{headers} + "\r\n";
}

struct Site {
    explicit Site(std::function<void(ServerOptions&)> const& change = {}) {
        ServerOptions options;
        options.authentication.verifier = verifier;
        options.authentication.require_auth = true;
        options.authentication.cookie = "session";
        options.authentication.wall_clock = [] { return WallTime{1'000'000s}; };
        options.on_problem = [this](std::string_view text) {
            std::scoped_lock const lock{verifier->mutex};
            problems += text;
        };
        if (change) change(options);
        HubOptions quiet;
        quiet.heartbeat.ping_interval = Duration::zero();
        server.emplace(options, WhoAmI{}, quiet);
        server->run();
    }
    std::uint16_t port() const { return server->port(); }

    peer::Connection begin(std::string_view headers, std::string_view target = "/ws") {
        peer::Connection client{port()};
        client.send(upgrade_with(headers, target));
        return client;
    }
    peer::Answer refused(std::string_view headers, std::string_view target = "/ws") {
        return peer::ask(port(), upgrade_with(headers, target));
    }
    /// What `on_open` saw.
    std::string open(std::string_view headers, std::string_view target = "/ws") {
        auto client = begin(headers, target);
        head = client.receive_until("\r\n\r\n");
        return head.starts_with("HTTP/1.1 101 ") ? client.hear() : head;
    }
    UpgradeStats stats() const { return server->server.upgrade_stats(); }
    std::uint64_t count(RefusedBecause because) const { return stats().refused_because(because); }

    std::shared_ptr<Verifier> const verifier = std::make_shared<Verifier>();
    std::string head;
    std::string problems;
    std::optional<Server<WhoAmI>> server;
};

std::string bearer(std::string_view token) {
    return "Authorization: Bearer " + std::string{token} + "\r\n";
}

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("without a token it is 401 missing token, with a bad one 401 invalid token") {
    Site site;
    auto const missing = site.refused("");
    CHECK(missing.status == 401);
    CHECK(missing.body == "{\"error\":\"missing_token\",\"message\":\"missing token\"}\n");
    CHECK(missing.has("WWW-Authenticate: Bearer"));
    auto const invalid = site.refused(bearer("nonsense"));
    CHECK(invalid.status == 401);
    CHECK(invalid.body == "{\"error\":\"invalid_token\",\"message\":\"invalid token\"}\n");
    CHECK(invalid.has("WWW-Authenticate: Bearer error=\"invalid_token\""));
    auto const forbidden = site.refused(bearer("forbidden"));
    CHECK(forbidden.status == 403);
    CHECK(holds(forbidden.body, "\"error\":\"forbidden\""));
    CHECK(site.refused(bearer("expired")).status == 401);
    CHECK(holds(site.refused(bearer("long")).body, "max_user_bytes"));
    for (char const* const token : {"unavailable", "throws", "throws a number", "forgets"}) {
        CAPTURE(token);
        auto const answer = site.refused(bearer(token));
        CHECK(answer.status == 503);
        CHECK(answer.has("Retry-After: 5"));
        CHECK(holds(answer.body, "\"error\":\"authentication_failed\""));
    }
    CHECK(holds(site.problems, "a token could not be checked: no database"));
    CHECK(site.count(RefusedBecause::missing_token) == 1);
    CHECK(site.count(RefusedBecause::invalid_token) == 2);
    CHECK(site.count(RefusedBecause::forbidden) == 2);
    CHECK(site.count(RefusedBecause::authentication_failed) == 4);
    CHECK(site.stats().authentications_pending == 0);
}

TEST_CASE("a good token names the user, to the hub and to nobody else") {
    Site site;
    auto const seen = site.open(bearer("ann"));
    CHECK(holds(seen, "/ws 127.0.0.1 user=ann claims={\"sub\":\"ann\"} chosen= "));
    CHECK_FALSE(holds(seen, "Bearer"));
}

TEST_CASE("where none is required a client may come without, but not with a bad one") {
    Site site{[](ServerOptions& options) { options.authentication.require_auth = false; }};
    CHECK(holds(site.open(""), " user= "));
    CHECK(holds(site.open(bearer("ann")), " user=ann "));
    CHECK(site.refused(bearer("nonsense")).status == 401);
    CHECK(site.refused("Authorization: Bearer\r\n").status == 401);
    CHECK(site.refused("", "/ws?token=").status == 401);
    CHECK(holds(site.open("Authorization: Basic YTpi\r\n"), " user= "));
}

TEST_CASE("a token comes by Authorization, subprotocol, cookie or query, in this order") {
    Site site;
    std::string const protocol = "Sec-WebSocket-Protocol: bearer, bob\r\n";
    std::string const cookie = "Cookie: a=b; session=\"cat\"; session=dan\r\n";
    std::string const query = "/ws?x=1&token=eve&token=fay";
    CHECK(holds(site.open(bearer("ann") + protocol + cookie, query), " user=ann "));
    CHECK(holds(site.open(protocol + cookie, query), " user=bob "));
    CHECK(holds(site.open(cookie, query), " user=cat "));
    CHECK(holds(site.open("", query), " user=eve "));
    CHECK(holds(site.open("authorization: bearer  ann\r\n"), " user=ann "));
    // The first place counts, good or bad.
    CHECK(site.refused(bearer("bad!") + protocol).status == 401);
    CHECK(site.refused("Authorization: Bearer ann\r\nAuthorization: Bearer bob\r\n").status == 401);
    CHECK(site.refused("Cookie: session=\r\n", query).status == 401);
}

TEST_CASE("each place can be switched off") {
    Site site{[](ServerOptions& options) {
        auto& places = options.authentication;
        places.from_authorization = false;
        places.from_subprotocol = false;
        places.cookie.clear();
        places.query_field.clear();
    }};
    CHECK(site.refused(bearer("ann")).body.find("missing token") != std::string::npos);
    CHECK(site.refused("Sec-WebSocket-Protocol: bearer, ann\r\n").status == 401);
    CHECK(site.refused("Cookie: session=ann\r\n").status == 401);
    CHECK(site.refused("", "/ws?token=ann").status == 401);
    CHECK(site.count(RefusedBecause::missing_token) == 4);
}

TEST_CASE("a token is handed on and answered nowhere") {
    Site site{[](ServerOptions& options) { options.subprotocols = {"chat.v1", "ann"}; }};
    auto seen = site.open("Sec-WebSocket-Protocol: chat.v1, bearer, ann\r\nX-Kept: yes\r\n",
                          "/ws?token=bob&room=1");
    CHECK(holds(site.head, "\r\nSec-WebSocket-Protocol: chat.v1\r\n"));
    CHECK_FALSE(holds(site.head, "ann"));
    CHECK(holds(seen, " chosen=chat.v1 ?token=[redacted] ?room=1"));
    CHECK(holds(seen, "Sec-WebSocket-Protocol: chat.v1, bearer, [redacted]"));
    CHECK(holds(seen, "X-Kept: yes"));
    CHECK_FALSE(holds(seen, "bob"));
    // A browser that offered `bearer` alone is answered that, or it would give up.
    seen = site.open("Sec-WebSocket-Protocol: bearer, bob\r\nCookie: session=cat\r\n");
    CHECK(holds(site.head, "\r\nSec-WebSocket-Protocol: bearer\r\n"));
    CHECK_FALSE(holds(seen, "cat"));
}

TEST_CASE("a token that is too long is not looked at") {
    Site site{[](ServerOptions& options) { options.authentication.max_token_bytes = 100; }};
    CHECK(site.refused(bearer(std::string(101, 'x'))).status == 401);
    CHECK(site.verifier->asked.empty());
    CHECK(site.refused(bearer(std::string(100, 'x'))).status == 401);
    CHECK(site.verifier->asked.size() == 1);
    CHECK(site.refused(bearer(std::string(1 << 20, 'x'))).status == 431);
}

TEST_CASE("the steps before come first: who is refused there is not authenticated") {
    Site site;
    CHECK(site.refused("Origin: https://evil.example\r\n" + bearer("ann")).status == 403);
    CHECK(site.refused(bearer("ann"), "/elsewhere").status == 404);
    CHECK(site.verifier->asked.empty());
}

TEST_CASE("an answer may come later and from any thread, and holds up nobody meanwhile") {
    Site site;
    auto slow = site.begin(bearer("later"));
    CHECK(peer::eventually([&] { return site.verifier->waiting_count() == 1; }));
    CHECK(site.stats().authentications_pending == 1);
    CHECK(holds(site.open(bearer("bob")), " user=bob "));
    site.verifier->take()->accept({"ann", {}, {}});
    CHECK(slow.receive_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    CHECK(holds(slow.hear(), " user=ann "));
    CHECK(peer::eventually([&] { return site.stats().authentications_pending == 0; }));
}

TEST_CASE("what a client says while it is being checked is not lost") {
    Site site;
    auto eager = site.begin(bearer("later"));
    eager.say("first");
    CHECK(peer::eventually([&] { return site.verifier->waiting_count() == 1; }));
    eager.say(std::string(40'000, 'x'));
    eager.say(std::string(40'000, 'y'));
    eager.say("last");
    CHECK(holds(site.open(bearer("bob")), " user=bob "));  // by now it has been read, or waits
    site.verifier->take()->accept({"ann", {}, {}});
    CHECK(eager.receive_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    CHECK(holds(eager.hear(), " user=ann "));
    CHECK(eager.hear() == "first");
    CHECK(eager.hear().size() == 40'000);
    CHECK(eager.hear().size() == 40'000);
    CHECK(eager.hear() == "last");
}

TEST_CASE("no more than so many are checked at a time") {
    Site site{[](ServerOptions& options) {
        options.authentication.max_pending_authentications = 2;
    }};
    auto first = site.begin(bearer("later"));
    auto second = site.begin(bearer("later"));
    CHECK(peer::eventually([&] { return site.verifier->waiting_count() == 2; }));
    auto const busy = site.refused(bearer("ann"));
    CHECK(busy.status == 503);
    CHECK(busy.has("Retry-After: 5"));
    CHECK(holds(busy.body, "\"error\":\"authentication_busy\""));
    CHECK(site.count(RefusedBecause::too_many_authentications) == 1);
    site.verifier->take()->refuse();
    CHECK(peer::eventually([&] { return holds(site.open(bearer("ann")), " user=ann "); }));
}

TEST_CASE("a client that goes away is asked for no more, but its place is kept for the work") {
    Site site{[](ServerOptions& options) {
        options.authentication.max_pending_authentications = 1;
    }};
    {
        auto const gone = site.begin(bearer("later"));
        CHECK(peer::eventually([&] { return site.verifier->waiting_count() == 1; }));
    }
    CHECK(peer::eventually([&] { return site.stats().authentications_abandoned == 1; }));
    CHECK(peer::eventually([&] { return site.server->server.connection_count() == 0; }));
    auto question = site.verifier->take();
    CHECK(peer::eventually([&] { return !question->is_wanted(); }));
    CHECK(site.refused(bearer("ann")).status == 503);  // the verifier is still at it
    question->accept({"gone", {}, {}});
    question.reset();
    CHECK(holds(site.open(bearer("ann")), " user=ann "));
    CHECK(site.stats().upgraded == 1);
}

TEST_CASE("an answer that does not come is 503 after the deadline") {
    Site site{[](ServerOptions& options) {
        options.authentication.authentication_deadline = 50ms;
    }};
    auto const late = site.refused(bearer("later"));
    CHECK(late.status == 503);
    CHECK(holds(late.body, "\"error\":\"authentication_late\""));
    auto question = site.verifier->take();
    CHECK_FALSE(question->is_wanted());
    question->accept({"ann", {}, {}});
    CHECK(site.count(RefusedBecause::authentication_late) == 1);
    CHECK(site.stats().upgraded == 0);
}

TEST_CASE("a server and its io_context may end while a token is checked") {
    auto const verifier = std::make_shared<Verifier>();
    ServerOptions options;
    options.authentication.verifier = verifier;
    options.authentication.authentication_deadline = Duration::zero();
    {
        Hub<Echo> hub;
        auto io = std::make_unique<asio::io_context>();
        auto server = std::make_unique<WebSocketServer>(*io, hub, on_any_port(options));
        peer::Connection client{server->port()};
        client.send(upgrade_with(bearer("later"), "/ws"));
        while (verifier->waiting_count() == 0) io->run_for(10ms);
        SECTION("the server first") {
            server.reset();
            CHECK_FALSE(verifier->waiting.front().is_wanted());
            CHECK(client.has_ended());
        }
        SECTION("the io_context first") {
            io.reset();
            CHECK_FALSE(verifier->waiting.front().is_wanted());
            CHECK(client.has_ended());
            server.reset();
        }
        SECTION("an answer in between") { verifier->take()->accept({"ann", {}, {}}); }
    }
    verifier->waiting.clear();
}

TEST_CASE("a user has so many clients, on whatever addresses") {
    Site site{[](ServerOptions& options) { options.authentication.max_clients_per_user = 1; }};
    auto first = std::make_unique<peer::Connection>(site.begin(bearer("ann")));
    CHECK(first->receive_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    auto const second = site.refused(bearer("ann"));
    CHECK(second.status == 503);
    CHECK(holds(second.body, "\"error\":\"user_full\""));
    CHECK(holds(site.open(bearer("bob")), " user=bob "));
    first.reset();
    CHECK(peer::eventually([&] { return holds(site.open(bearer("ann")), " user=ann "); }));
}

TEST_CASE("a client is closed with 3005 when its token expires, and a fresh one extends it") {
    Site site;
    auto stays = site.begin(bearer("brief"));
    auto goes = site.begin(bearer("brief"));
    for (auto* const each : {&stays, &goes}) {
        CHECK(each->receive_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
        CHECK(holds(each->hear(), " user=ann "));
    }
    auto& hub = site.server->hub;
    AuthenticationOptions options;
    options.verifier = site.verifier;
    options.wall_clock = [] { return WallTime{1'000'000s}; };
    TokenRefresh refresh{options};
    auto const check = [&](ClientId client, std::string token) {
        std::optional<TokenRefresh::Outcome> told;
        refresh.check(hub, client, "ann", std::move(token),
                      [&](auto const& result) { told = result.outcome; });
        return told.value();
    };
    using Outcome = TokenRefresh::Outcome;
    ClientId const first{0, 1};
    MovedClock::move(50s);
    CHECK(check(first, "bob") == Outcome::other_user);
    CHECK(check(first, "nonsense") == Outcome::refused);
    CHECK(check(first, "expired") == Outcome::refused);
    CHECK(check(first, "unavailable") == Outcome::failed);
    CHECK(check(first, "") == Outcome::refused);
    CHECK(check(ClientId{7, 1}, "ann") == Outcome::gone);
    CHECK(check(first, "brief") == Outcome::extended);  // for 60 s from now on
    CHECK(refresh.pending() == 0);
    stays.say("before");
    CHECK(stays.hear() == "before");
    MovedClock::move(20s);
    stays.say("after");  // wakes the hub, which finds its clock moved
    CHECK(stays.hear() == "after");
    auto const frame = goes.receive_frame();
    CHECK(frame.opcode() == 8);
    CHECK(frame.close_code() == 3005);
    CHECK(frame.payload.substr(2) == "token expired");
}

TEST_CASE("options of authentication that make no sense are refused by name") {
    Hub<Echo> hub;
    asio::io_context io;
    auto const problem = [&](ServerOptions const& options) {
        return support::problem_of([&] { WebSocketServer{io, hub, on_any_port(options)}; });
    };
    ServerOptions options;
    options.authentication.require_auth = true;
    CHECK(problem(options) == "require_auth: needs a verifier");
    options = {};
    options.authentication.wall_clock = nullptr;
    CHECK(problem(options) == "wall_clock: must not be empty");
    options = {};
    options.authentication.verifier = std::make_shared<NoVerifier>();
    CHECK(problem(options).empty());
}

TEST_CASE("a verifier that blocks has threads of its own, and skips whom nobody waits for") {
    std::atomic<int> calls{0};
    std::atomic<bool> may_go_on{false};
    using Thread = VerifierThread;
    auto const verifier = std::make_shared<Thread>([&](std::string const& token) -> Verdict {
        ++calls;
        while (!may_go_on) ::poll(nullptr, 0, 1);
        if (token == "throws") throw std::runtime_error{"no database"};
        if (token == "bad") return AuthenticationError{};
        return Claims{token, {}, {}};
    });
    Site site{[&](ServerOptions& options) { options.authentication.verifier = verifier; }};
    auto first = site.begin(bearer("ann"));
    CHECK(peer::eventually([&] { return calls == 1; }));
    auto second = site.begin(bearer("bob"));
    CHECK(peer::eventually([&] { return site.stats().authentications_pending == 2; }));
    { auto const gone = site.begin(bearer("cat")); }
    CHECK(peer::eventually([&] { return site.stats().authentications_abandoned == 1; }));
    CHECK(peer::eventually([&] { return site.stats().handshakes == 2; }));  // and asks no more
    may_go_on = true;
    for (auto* const each : {&first, &second}) {
        CHECK(each->receive_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    }
    CHECK(calls == 2);
    CHECK(site.refused(bearer("bad")).status == 401);
    CHECK(site.refused(bearer("throws")).status == 503);
    CHECK(holds(site.problems, "no database"));
}
