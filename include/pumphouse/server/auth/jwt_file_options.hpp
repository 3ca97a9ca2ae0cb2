// SPDX-License-Identifier: MIT
//
// JwtFileOptions: what a program's settings say about JSON Web Tokens. The key stands in a file,
// for what stands on a command line or in the environment is read by others. Names no library;
// `jwt_options` (<pumphouse/jwt.hpp>) makes of them what a JwtVerifier takes.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <pumphouse/fwd.hpp>

namespace pumphouse {

enum class JwtAlgorithm : std::uint8_t { hs256, rs256, es256 };

struct JwtFileOptions {
    /// HS256: the secret, 32 bytes or more of text. RS256 and ES256: the public key in PEM. Empty:
    /// tokens are not looked for, and there may be neither issuer nor audience.
    std::string key_file{};

    /// Of all tokens. A token that names another is refused.
    JwtAlgorithm algorithm = JwtAlgorithm::rs256;

    /// What `iss` must be. Empty: it is not looked at.
    std::string issuer{};

    /// What `aud` must be, or have among its values. Empty: a token with an `aud` is refused.
    std::string audience{};

    /// How far the clocks of those who sign may be wrong, both ways. Whole seconds.
    Duration leeway = std::chrono::seconds{30};

    /// Whether a token without `exp` is refused.
    bool require_expiry = true;

    /// The claim that names the user.
    std::string user_claim = "sub";

    /// Whether a key, an issuer or an audience is named; a key has to be: see `jwt_keys`.
    bool is_wanted() const noexcept {
        return !key_file.empty() || !issuer.empty() || !audience.empty();
    }
};

}  // namespace pumphouse
