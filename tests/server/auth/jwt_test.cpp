// SPDX-License-Identifier: MIT
//
// Which JSON Web Tokens are good. They are made by make_tokens.py, with another library.
#include <pumphouse/jwt.hpp>

#include <array>
#include <cstdio>
#include <map>

#include "support/catch.hpp"
#include "support/problem_of.hpp"

using namespace pumphouse;
using namespace std::chrono_literals;

namespace {

std::string from_hex(std::string_view hex) {
    std::string out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        out += static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16));
    }
    return out;
}

std::map<std::string, std::string> run_signer() {
    std::map<std::string, std::string> all;
    std::FILE* const pipe = ::popen(PUMPHOUSE_PYTHON " " PUMPHOUSE_MAKE_TOKENS, "r");
    REQUIRE(pipe != nullptr);
    std::string output;
    std::array<char, 4096> bytes;
    while (auto const got = std::fread(bytes.data(), 1, bytes.size(), pipe)) {
        output.append(bytes.data(), got);
    }
    REQUIRE(::pclose(pipe) == 0);
    while (!output.empty()) {
        std::size_t const end = output.find('\n');
        std::size_t const blank = output.find(' ');
        all[output.substr(0, blank)] = from_hex(output.substr(blank + 1, end - blank - 1));
        output.erase(0, end + 1);
    }
    return all;
}

std::string const& made(std::string const& name) {
    static std::map<std::string, std::string> const all = run_signer();
    INFO(name);
    REQUIRE(all.count(name) == 1);
    return all.at(name);
}

JwtKey secret(std::string id = {}) { return {JwtAlgorithm::hs256, made("secret"), std::move(id)}; }
JwtKey rsa() { return {JwtAlgorithm::rs256, made("rsa")}; }
JwtKey p256() { return {JwtAlgorithm::es256, made("p256")}; }

JwtOptions with(std::vector<JwtKey> keys) {
    JwtOptions options;
    options.keys = std::move(keys);
    options.issuer = "https://issuer.example";
    options.audience = "chat";
    options.wall_clock = [] { return WallTime{1'700'000'000s}; };
    return options;
}

/// "ok", or why it is not good.
std::string said(JwtVerifier const& verifier, std::string const& token) {
    Verdict const verdict = verifier.check(token);
    if (std::holds_alternative<Claims>(verdict)) return "ok";
    auto const& error = std::get<AuthenticationError>(verdict);
    CHECK(error.what == AuthenticationError::What::invalid);
    return error.why;
}

std::string said(JwtOptions const& options, std::string const& name) {
    return said(JwtVerifier{options}, made(name));
}

std::string said(std::string const& name) { return said(with({secret()}), name); }

std::string const unsigned_ = "signed by no key that is known";

}  // namespace

TEST_CASE("jwt: a token of each algorithm is good with its key, and with no other") {
    JwtVerifier const all{with({secret(), rsa(), p256()})};
    CHECK(said(all, made("good_HS256")) == "ok");
    CHECK(said(all, made("good_RS256")) == "ok");
    CHECK(said(all, made("good_ES256")) == "ok");
    CHECK(said(with({secret()}), "good_RS256") == unsigned_);
    CHECK(said(with({rsa()}), "good_ES256") == unsigned_);
    CHECK(said(with({p256()}), "good_HS256") == unsigned_);
    CHECK(said(with({rsa()}), "rs_of_another") == unsigned_);
    CHECK(said(all, made("rs512")) == unsigned_);
    CHECK(said(all, made("es384")) == unsigned_);
}

TEST_CASE("jwt: a good one names its user, its end and all its claims") {
    Verdict const verdict = JwtVerifier{with({secret()})}.check(made("good_HS256"));
    Claims const& claims = std::get<Claims>(verdict);
    CHECK(claims.user == "ann");
    CHECK(claims.expires_at == WallTime{1'700'003'600s + 30s});  // its leeway belongs to it
    CHECK(claims.raw.find("\"iss\":\"https://issuer.example\"") != std::string::npos);
    JwtOptions by_name = with({secret()});
    by_name.user_claim = "name";
    Verdict const named = JwtVerifier{by_name}.check(made("other_claim"));
    CHECK(std::get<Claims>(named).user == "bob");
    Verdict const nobody = JwtVerifier{with({secret()})}.check(made("no_user"));
    CHECK(std::get<Claims>(nobody).user.empty());
    CHECK(said("number_user") == "the user is no text");
}

TEST_CASE("jwt: dates hold, give or take the leeway") {
    CHECK(said("expired") == "expired");
    CHECK(said("at_leeway") == "expired");
    CHECK(said("just_expired") == "ok");
    CHECK(said("negative_exp") == "expired");
    CHECK(said("fraction_exp") == "ok");
    CHECK(said("far_exp") == "ok");
    CHECK(said("huge_exp") == "ok");
    CHECK(said("text_exp") == "exp is no number");
    CHECK(said("null_exp") == "exp is no number");
    CHECK(said("not_yet") == "not valid yet");
    CHECK(said("just_now") == "ok");
    CHECK(said("text_nbf") == "nbf is no number");
    CHECK(said("no_exp") == "it has no exp");
    JwtOptions forever = with({secret()});
    forever.require_expiry = false;
    CHECK(said(forever, "no_exp") == "ok");
    CHECK_FALSE(std::get<Claims>(JwtVerifier{forever}.check(made("no_exp"))).expires_at);
    JwtOptions strict = with({secret()});
    strict.leeway = 0s;
    CHECK(said(strict, "just_expired") == "expired");
    CHECK(said(strict, "just_now") == "not valid yet");
}

TEST_CASE("jwt: issuer and audience are the options'") {
    CHECK(said("other_issuer") == "of another issuer");
    CHECK(said("no_issuer") == "of another issuer");
    CHECK(said("other_audience") == "for another audience");
    CHECK(said("no_audience") == "for another audience");
    CHECK(said("audiences") == "ok");
    CHECK(said("other_audiences") == "for another audience");
    JwtOptions any = with({secret()});
    any.issuer.clear();
    any.audience.clear();
    CHECK(said(any, "no_issuer") == "for another audience");  // it is for somebody
    CHECK(said(any, "no_audience") == "ok");
}

TEST_CASE("jwt: none is the algorithm of no key, in whatever case") {
    JwtVerifier const all{with({secret(), rsa(), p256()})};
    for (std::string const spelling : {"none", "None", "NONE", "nOnE", "empty"}) {
        CAPTURE(spelling);
        CHECK(said(all, made("alg_" + spelling)) == "not three parts in base64url");
        CHECK(said(all, made("alg_" + spelling) + "AAAA") == unsigned_);
        CHECK(said(all, made("alg_" + spelling + "_signed")) == unsigned_);
    }
    for (char const* const name : {"alg_missing", "alg_number", "alg_lower", "alg_hs384"}) {
        CAPTURE(name);
        CHECK(said(all, made(name)) == unsigned_);
    }
}

TEST_CASE("jwt: a public key is no secret, whatever a token says") {
    JwtVerifier const keys{with({rsa(), p256()})};
    JwtVerifier const all{with({secret(), rsa(), p256()})};
    for (char const* const name : {"hs_with_rsa_key", "hs_with_rsa_key_stripped",
                                   "hs_with_p256_key", "hs_with_no_key", "rs_says_es"}) {
        CAPTURE(name);
        CHECK(said(keys, made(name)) == unsigned_);
        CHECK(said(all, made(name)) == unsigned_);
    }
    CHECK(said(all, made("key_in_header")) == unsigned_);
}

TEST_CASE("jwt: keys are chosen by kid, and tried where there is none") {
    JwtKey const other{JwtAlgorithm::hs256, std::string(32, 'x'), "two"};
    JwtVerifier const both{with({other, secret("one")})};
    CHECK(said(both, made("kid_one")) == "ok");
    CHECK(said(both, made("kid_two")) == unsigned_);
    CHECK(said(both, made("kid_path")) == unsigned_);
    CHECK(said(both, made("number_kid")) == unsigned_);
    CHECK(said(both, made("good_HS256")) == "ok");
    CHECK(said("kid_path") == "ok");  // a key without id is for any
}

TEST_CASE("jwt: keys are exchanged while tokens are checked, and a bad set changes nothing") {
    JwtVerifier verifier{with({secret()})};
    CHECK(said(verifier, made("good_RS256")) == unsigned_);
    verifier.reload({rsa()});
    CHECK(said(verifier, made("good_RS256")) == "ok");
    CHECK(said(verifier, made("good_HS256")) == unsigned_);
    CHECK_THROWS_AS(verifier.reload({}), std::invalid_argument);
    CHECK_THROWS_AS(verifier.reload({{JwtAlgorithm::rs256, "no key"}}), std::invalid_argument);
    CHECK(said(verifier, made("good_RS256")) == "ok");
}

TEST_CASE("jwt: what was changed, cut or bloated is not good") {
    for (char const* const name : {"other_claims", "other_signature", "critical", "no_json",
                                   "list_claims", "nul_user", "bad_utf8", "deep", "deep_header"}) {
        CAPTURE(name);
        CHECK(said(name) != "ok");
    }
    CHECK(said("no_signature") == "not three parts in base64url");
    JwtVerifier const verifier{with({secret()})};
    for (char const* const text : {"", ".", "..", "...", "a.b.c", "eyJ.eyJ.eyJ", "Bearer x.y.z"}) {
        CAPTURE(text);
        CHECK(said(verifier, text) != "ok");
    }
    CHECK(said(verifier, std::string(1 << 20, 'A')) == "too long");
    JwtOptions large = with({secret()});
    large.max_token_bytes = 2 << 20;
    CHECK(said(JwtVerifier{large}, std::string(1 << 20, 'A')) != "ok");
    CHECK(said(JwtVerifier{large}, made("deep")) != "ok");
}

TEST_CASE("jwt: no byte of a token can be changed, added or left out") {
    JwtVerifier const verifier{with({secret(), p256()})};
    for (char const* const name : {"good_HS256", "good_ES256"}) {
        std::string const good = made(name);
        for (std::size_t i = 0; i < good.size(); ++i) {
            CAPTURE(name, i);
            for (char const c : {'A', 'B', '_', '.', '=', '+', '\0', '\n'}) {
                std::string changed = good;
                changed[i] = c;
                if (changed != good) CHECK(said(verifier, changed) != "ok");
            }
            CHECK(said(verifier, good.substr(0, i)) != "ok");
            CHECK(said(verifier, std::string{good}.insert(i, "A")) != "ok");
        }
        // The last character has bits that mean nothing: only one spelling of it is good.
        int spellings = 0;
        for (int c = 1; c < 128; ++c) {
            std::string changed = good;
            changed.back() = static_cast<char>(c);
            spellings += std::holds_alternative<Claims>(verifier.check(changed));
        }
        CHECK(spellings == 1);
        for (char const* const end : {"=", "==", ".", ".A", " ", "\n"}) {
            CHECK(said(verifier, good + end) != "ok");
        }
    }
}

TEST_CASE("jwt: a key that is not what it is used for is refused by number and reason") {
    auto const problem = [](JwtKey key) {
        JwtOptions const options = with({secret(), std::move(key)});
        return support::problem_of([&] { JwtVerifier{options}; });
    };
    CHECK(problem({JwtAlgorithm::hs256, made("rsa")}) ==
          "keys: number 2 (HS256) is PEM, which is no secret: HS256 would let everybody sign");
    CHECK(problem({JwtAlgorithm::hs256, std::string(31, 'x')}) ==
          "keys: number 2 (HS256) is shorter than 32 bytes");
    CHECK(problem({JwtAlgorithm::rs256, made("weak_rsa")}) ==
          "keys: number 2 (RS256) has less than 2048 bits");
    CHECK(problem({JwtAlgorithm::rs256, made("p256")}) == "keys: number 2 (RS256) is no RSA key");
    CHECK(problem({JwtAlgorithm::es256, made("rsa")}) ==
          "keys: number 2 (ES256) is not on the curve P-256");
    CHECK(problem({JwtAlgorithm::es256, made("p384")}) ==
          "keys: number 2 (ES256) is not on the curve P-256");
    for (std::string const& text : {std::string{}, std::string{"secret"}, made("rsa_private")}) {
        CHECK(problem({JwtAlgorithm::rs256, text}) ==
              "keys: number 2 (RS256) is no public key in PEM (-----BEGIN PUBLIC KEY-----)");
    }
    CHECK(support::problem_of([] { JwtVerifier{JwtOptions{}}; }) == "keys: there must be 1 to 16");
    JwtOptions options = with({secret()});
    options.leeway = -1s;
    CHECK(support::problem_of([&] { JwtVerifier{options}; }) == "leeway: must not be negative");
}
