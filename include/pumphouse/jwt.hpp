// SPDX-License-Identifier: MIT
//
// JSON Web Tokens for a server's clients, by libjwt:
//
//   options.authentication.verifier = std::make_shared<pumphouse::JwtVerifier>(
//       pumphouse::JwtOptions{.keys = {{pumphouse::JwtAlgorithm::rs256, pem}}, .issuer = "..."});
#pragma once

#include <pumphouse/server/auth/jwt_file.hpp>
#include <pumphouse/server/auth/jwt_verifier.hpp>
