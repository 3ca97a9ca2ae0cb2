// SPDX-License-Identifier: MIT
//
// The bodies of the JWT part, for the one translation unit that compiles them when
// PUMPHOUSE_SEPARATE_COMPILATION is defined for all.
#pragma once

#include <pumphouse/jwt.hpp>

#include <pumphouse/impl/jwt_verifier.ipp>
