// SPDX-License-Identifier: MIT
//
// What a JwtVerifier needs, from a program's settings and the file that they name:
//
//   if (jwt.is_wanted()) {
//       verifier = std::make_shared<pumphouse::JwtVerifier>(pumphouse::jwt_options(jwt));
//   }
//   ...
//   verifier->reload(pumphouse::jwt_keys(jwt));  // at SIGHUP
#pragma once

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <pumphouse/server/auth/jwt_verifier.hpp>
#include <pumphouse/server/auth/token_key.hpp>

namespace pumphouse {

/// Reads the file. It is text: a line break at its end, as editors put it there, is no part of a
/// secret.
/// Throws std::invalid_argument that names the file.
inline std::vector<JwtKey> jwt_keys(JwtFileOptions const& options) {
    std::string key;
    errno = 0;
    try {
        std::ifstream file;
        file.exceptions(std::ios::failbit | std::ios::badbit);
        file.open(options.key_file, std::ios::binary);
        key.assign(std::istreambuf_iterator<char>{file}, {});
    } catch (std::ios_base::failure const&) {
        throw std::invalid_argument{"jwt_key_file: cannot read " + options.key_file + ": " +
                                    std::strerror(errno)};
    }
    std::size_t const line_break = key.ends_with("\r\n") ? 2 : key.ends_with('\n') ? 1 : 0;
    key.resize(key.size() - line_break);
    if (key.empty()) throw std::invalid_argument{"jwt_key_file: " + options.key_file + " is empty"};
    return {{.algorithm = options.algorithm, .key = std::move(key)}};
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
