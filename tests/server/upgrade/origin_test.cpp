// SPDX-License-Identifier: MIT
//
// Which pages may open a WebSocket, and the forms in which others try to look like them.
#include <pumphouse/server/upgrade/origin.hpp>

#include "support/catch.hpp"
#include "support/problem_of.hpp"

using pumphouse::Origin;
using pumphouse::OriginCheck;
using pumphouse::OriginOptions;
using pumphouse::Refusal;
using pumphouse::RefusedBecause;

namespace {

bool allows(OriginOptions const& options, std::string_view origin,
            std::string_view host = "example.com", bool is_tls = false) {
    return !OriginCheck{options}.check(origin, true, host, is_tls);
}

bool is_same(std::string_view origin, std::string_view host, bool is_tls = false) {
    return allows({}, origin, host, is_tls);
}

}  // namespace

TEST_CASE("an origin is scheme, host and port, in one spelling") {
    auto const parse = [](std::string_view text) {
        auto const origin = Origin::parse(text);
        return origin ? origin->scheme + ' ' + origin->host + ' ' + std::to_string(origin->port)
                      : "nothing";
    };
    CHECK(parse("https://example.com") == "https example.com 443");
    CHECK(parse("HTTP://Example.COM:8080") == "http example.com 8080");
    CHECK(parse("https://[2001:DB8:0::1]:8443") == "https [2001:db8::1] 8443");
    CHECK(parse("https://xn--bcher-kva.example") == "https xn--bcher-kva.example 443");
    for (char const* const text :
         {"", "null", "NULL", "example.com", "://example.com", "https://", "https:///",
          "https:/example.com", "https://example.com/", "https://example.com/path",
          "https://example.com?x", "https://example.com#x", "https://user@example.com",
          "https://user:secret@example.com", "https://example.com@evil.example",
          "https://example.com\\@evil.example", "https://example.com evil.example",
          "https://example.com, https://example.com", "https://example.com https://b.example",
          "https://example.com:", "https://example.com:0x50", "https://example.com:99999",
          "https://example.com:443:443", "https://example.com:*", "https://*.example.com",
          "https://b\xc3\xbc" "cher.example", "https://example.com\t", "https://exa%6dple.com",
          "https://[::1", "https://[example.com]", "https://::1", "https://[::1]x",
          "ftp://example.com", "wss://example.com", "file://", "chrome-extension://abcdef",
          "javascript:alert(1)", "data:text/html,x"}) {
        CAPTURE(text);
        CHECK(parse(text) == "nothing");
    }
    CHECK(parse(std::string_view{"https://example.com\0.evil.example", 33}) == "nothing");
}

TEST_CASE("by default the server's own origin is allowed and no other") {
    CHECK(is_same("https://example.com", "example.com"));
    CHECK(is_same("http://example.com", "example.com"));
    CHECK(is_same("http://EXAMPLE.com", "Example.Com"));
    CHECK(is_same("http://localhost:8080", "localhost:8080"));
    CHECK(is_same("http://127.0.0.1:8080", "127.0.0.1:8080"));
    CHECK(is_same("http://[::1]:8080", "[0:0::1]:8080"));

    CHECK_FALSE(is_same("https://evil.example", "example.com"));
    CHECK_FALSE(is_same("https://evil-example.com", "example.com"));
    CHECK_FALSE(is_same("https://example.com.evil.example", "example.com"));
    CHECK_FALSE(is_same("https://www.example.com", "example.com"));
    CHECK_FALSE(is_same("https://example.com@evil.example", "example.com"));
    CHECK_FALSE(is_same("https://example.com.", "example.com"));
    CHECK_FALSE(is_same("https://example.comm", "example.com"));
    CHECK_FALSE(is_same("http://[::2]:8080", "[::1]:8080"));
    CHECK_FALSE(is_same("null", "example.com"));
    CHECK_FALSE(is_same("null", "null"));
    CHECK_FALSE(is_same("", "example.com"));
    CHECK_FALSE(is_same("https://example.com, https://example.com", "example.com"));
}

TEST_CASE("the own origin has the own port, which a scheme may imply") {
    CHECK(is_same("https://example.com", "example.com:443"));
    CHECK(is_same("https://example.com:443", "example.com"));
    CHECK(is_same("http://example.com:80", "example.com"));
    CHECK_FALSE(is_same("http://example.com", "example.com:443"));
    CHECK_FALSE(is_same("http://example.com:8080", "example.com"));
    CHECK_FALSE(is_same("http://localhost:3000", "localhost:8080"));
    CHECK_FALSE(is_same("http://localhost", "localhost:"));
}

TEST_CASE("a server that speaks TLS is of no page's origin that came without") {
    CHECK(is_same("https://example.com", "example.com", true));
    CHECK(is_same("https://example.com:8443", "example.com:8443", true));
    CHECK_FALSE(is_same("http://example.com", "example.com", true));
    CHECK_FALSE(is_same("http://example.com:443", "example.com:443", true));
}

TEST_CASE("a listed origin is allowed exactly as it is listed") {
    OriginOptions const options{.allowed_origins = {"https://app.example.com", "Other.example",
                                                    "dev.example:3000", "localhost:*",
                                                    "http://[2001:DB8::1]:8080"}};
    CHECK(allows(options, "https://app.example.com"));
    CHECK(allows(options, "https://APP.example.com:443"));
    CHECK_FALSE(allows(options, "http://app.example.com"));
    CHECK_FALSE(allows(options, "https://app.example.com:8443"));
    CHECK(allows(options, "http://other.example"));
    CHECK(allows(options, "https://other.example"));
    CHECK_FALSE(allows(options, "https://other.example:3000"));
    CHECK(allows(options, "http://dev.example:3000"));
    CHECK_FALSE(allows(options, "http://dev.example"));
    CHECK(allows(options, "http://localhost:5173"));
    CHECK(allows(options, "https://localhost"));
    CHECK(allows(options, "http://[2001:db8:0::1]:8080"));
    CHECK_FALSE(allows(options, "http://[2001:db8::2]:8080"));
    CHECK(allows(options, "https://example.com"));  // its own is allowed besides
    CHECK_FALSE(allows(options, "https://evil.example"));
}

TEST_CASE("a wildcard is what is below a name, not the name, not what ends alike") {
    OriginOptions const options{.allowed_origins = {"https://*.example.com"},
                                .same_origin = false};
    CHECK(allows(options, "https://a.example.com"));
    CHECK(allows(options, "https://a.b.example.com"));
    CHECK_FALSE(allows(options, "https://example.com"));
    CHECK_FALSE(allows(options, "https://.example.com"));
    CHECK_FALSE(allows(options, "https://evil-example.com"));
    CHECK_FALSE(allows(options, "https://evilexample.com"));
    CHECK_FALSE(allows(options, "https://a.example.com.evil.example"));
    CHECK_FALSE(allows(options, "https://a.example.com@evil.example"));
    CHECK_FALSE(allows(options, "https://evil.example/.example.com"));
    CHECK_FALSE(allows(options, "https://evil.example#.example.com"));
    CHECK_FALSE(allows(options, "http://a.example.com"));
    CHECK_FALSE(allows(options, "https://a.example.com:8443"));
}

TEST_CASE("without the own origin the list is all there is") {
    OriginOptions const options{.allowed_origins = {"https://app.example.com"},
                                .same_origin = false};
    CHECK(allows(options, "https://app.example.com"));
    CHECK_FALSE(allows(options, "https://example.com"));
    // A name of the attacker's that points here: Host and Origin agree.
    CHECK_FALSE(allows(options, "http://rebound.example", "rebound.example"));
}

TEST_CASE("any origin is every page, null too") {
    OriginOptions const options{.any_origin = true};
    CHECK(allows(options, "https://evil.example"));
    CHECK(allows(options, "null"));
}

TEST_CASE("programs without an Origin are let in unless one is required") {
    auto const answer = [](OriginOptions const& options) {
        return OriginCheck{options}.check({}, false, "example.com", false).because;
    };
    CHECK(answer({}) == RefusedBecause::nothing);
    CHECK(answer({.require_origin = true}) == RefusedBecause::origin_missing);
    CHECK(answer({.any_origin = true, .require_origin = true}) == RefusedBecause::origin_missing);
}

TEST_CASE("a refusal names the origin and the option, and carries nothing else along") {
    auto const refusal =
        OriginCheck{{}}.check("https://e\"vil\\.example\x01\xff", true, "example.com", false);
    CHECK(refusal.because == RefusedBecause::origin_not_allowed);
    auto const answer = pumphouse::answer_to(refusal);
    CHECK(answer.status == 403);
    CHECK(answer.content_type == "application/json");
    CHECK(answer.body == "{\"error\":\"origin_not_allowed\",\"message\":\"the origin "
                         "https://e\\\"vil\\\\.example\\u0001? is not allowed "
                         "(option allowed_origins)\"}\n");
    auto const longer =
        OriginCheck{{}}.check(std::string(10'000, 'x'), true, "example.com", false);
    CHECK(longer.message.size() < 300);
}

TEST_CASE("an entry that cannot be understood is refused by name") {
    for (char const* const entry :
         {"", "*", "**.example.com", "https://", "https://example.com/", "*.", "a.*.example.com",
          "example.com:x", "ws://example.com", "b\xc3\xbc" "cher.example"}) {
        CAPTURE(entry);
        OriginOptions const options{.allowed_origins = {"https://fine.example", entry}};
        CHECK(support::problem_of([&] { OriginCheck{options}; })
                  .starts_with("allowed_origins: \"" + std::string{entry} + "\""));
    }
}
