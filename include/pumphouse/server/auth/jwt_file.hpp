// SPDX-License-Identifier: MIT
//
// What a JwtVerifier needs, from a program's settings and the file that they name:
//
//   if (jwt.is_wanted()) {
//       verifier = std::make_shared<pumphouse::JwtVerifier>(pumphouse::jwt_options(jwt));
//   }
//   ...
//   if (auto const problem = reload_keys(*verifier, jwt)) say(*problem);  // at SIGHUP
#pragma once

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <pumphouse/server/auth/jwt_verifier.hpp>
#include <pumphouse/server/auth/jwt_file_options.hpp>

namespace pumphouse {

/// Reads the file, 64 KiB at most. It is text: a line break at its end, as editors put it there, is
/// no part of a secret.
/// Throws std::invalid_argument that names the file and what is wrong.
inline std::vector<JwtKey> jwt_keys(JwtFileOptions const& options) {
    constexpr std::size_t max_bytes = std::size_t{64} << 10;
    auto const refuse = [](std::string const& why) {
        throw std::invalid_argument{"jwt_key_file: " + why};
    };
    if (options.key_file.empty()) refuse("needed with an issuer or an audience");
    std::string key(max_bytes + 1, '\0');
    errno = 0;
    try {
        std::ifstream file;
        file.exceptions(std::ios::failbit | std::ios::badbit);
        file.open(options.key_file, std::ios::binary);
        file.exceptions(std::ios::badbit);  // it may end early
        file.read(key.data(), static_cast<std::streamsize>(key.size()));
        key.resize(static_cast<std::size_t>(file.gcount()));
    } catch (std::ios_base::failure const&) {
        refuse("cannot read " + options.key_file + ": " + std::strerror(errno));
    }
    if (key.size() > max_bytes) refuse(options.key_file + " is longer than 64 KiB");
    std::size_t const line_break = key.ends_with("\r\n") ? 2 : key.ends_with('\n') ? 1 : 0;
    key.resize(key.size() - line_break);
    if (key.empty()) refuse(options.key_file + " is empty");
    return {{.algorithm = options.algorithm, .key = std::move(key)}};
}

/// Takes the keys that are in the file now. What is wrong with them, if anything is: then the ones
/// in use stay. Any thread.
[[nodiscard]] inline std::optional<std::string> reload_keys(JwtVerifier& verifier,
                                                            JwtFileOptions const& options) try {
    verifier.reload(jwt_keys(options));
    return std::nullopt;
} catch (std::invalid_argument const& problem) {
    return problem.what();
}

/// `max_token_bytes`: AuthenticationOptions', so that it bounds tokens alone. Throws as `jwt_keys`;
/// the JwtVerifier says what is wrong with a key.
inline JwtOptions jwt_options(JwtFileOptions const& options,
                              std::size_t max_token_bytes = JwtOptions{}.max_token_bytes) {
    return {.keys = jwt_keys(options),
            .issuer = options.issuer,
            .audience = options.audience,
            .leeway = std::chrono::ceil<std::chrono::seconds>(options.leeway),
            .max_token_bytes = max_token_bytes,
            .require_expiry = options.require_expiry,
            .user_claim = options.user_claim};
}

}  // namespace pumphouse
