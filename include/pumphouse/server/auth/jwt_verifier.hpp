// SPDX-License-Identifier: MIT
//
// JwtVerifier: a TokenVerifier of JSON Web Tokens (RFC 7519), signed with HS256, RS256 or ES256,
// by libjwt. A token is good when its form is exact, a key of ours with the very algorithm it
// names has signed it, and its dates, issuer and audience are what the options say.
//
// Each key has one algorithm, so the keys are the list of algorithms that are allowed, and a token
// cannot make a public key into a secret by naming another (RFC 8725 section 3.1). `none` is the
// algorithm of no key.
//
// Any thread. It computes and never waits; a signature of RS256 or ES256 is checked in tens of
// microseconds.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <pumphouse/config.hpp>
#include <pumphouse/server/auth/jwt_file_options.hpp>
#include <pumphouse/server/auth/token_verifier.hpp>

namespace pumphouse {

struct JwtKey {
    JwtAlgorithm algorithm = JwtAlgorithm::hs256;

    /// HS256: the secret's bytes, 32 or more (RFC 7518 section 3.2). RS256 and ES256: the public
    /// key as PEM, RSA of 2,048 bits or more, or on the curve P-256.
    std::string key{};

    /// Which tokens it is for, those with the same `kid`. Empty: any. A token without `kid` is
    /// tried with every key of its algorithm.
    std::string id{};
};

struct JwtOptions {
    /// At least one, at most 16.
    std::vector<JwtKey> keys{};

    /// What `iss` must be. Empty: it is not looked at.
    std::string issuer{};

    /// What `aud` must be, or have among its values. Empty: a token that is for somebody (that has
    /// an `aud`) is for somebody else, and refused (RFC 7519 section 4.1.3).
    std::string audience{};

    /// How far the clocks of those who sign may be wrong, both ways. A client is closed so much
    /// later than its token says.
    std::chrono::seconds leeway{30};

    /// Bytes of a token.
    std::size_t max_token_bytes = std::size_t{8} << 10;

    /// Whether a token without `exp`, which is good for ever, is refused.
    bool require_expiry = true;

    /// The claim that names the user, a text. A token without it is of no user.
    std::string user_claim = "sub";

    /// The calendar, which `exp` and `nbf` are compared with.
    std::function<WallTime()> wall_clock = [] { return std::chrono::system_clock::now(); };
};

class JwtVerifier {
public:
    /// Throws std::invalid_argument that names the option, or the key and what is wrong with it.
    explicit JwtVerifier(JwtOptions options);

    void verify(std::string const& token, Verification verification) const;

    /// The same, at once.
    Verdict check(std::string const& token) const;

    /// For tokens from now on. Throws as the constructor; then the keys in use stay.
    void reload(std::vector<JwtKey> keys);

private:
    using Keys = std::vector<JwtKey>;

    static std::shared_ptr<Keys const> checked(Keys keys);
    std::shared_ptr<Keys const> keys() const;
    bool is_signed(std::string const& token, std::string& claims) const;
    Verdict judge(std::string claims) const;

    JwtOptions const options_;  // its keys are those it began with
    std::mutex mutable mutex_;
    std::shared_ptr<Keys const> keys_;
};
static_assert(TokenVerifier<JwtVerifier>);

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/jwt_verifier.ipp>
#endif
