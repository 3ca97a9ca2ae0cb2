// SPDX-License-Identifier: MIT
//
// The bodies of TLS by OpenSSL, beside those of src.hpp, for the one translation unit that compiles
// them when PUMPHOUSE_SEPARATE_COMPILATION is defined for all.
#pragma once

#include <pumphouse/src.hpp>
#include <pumphouse/tls.hpp>

#include <pumphouse/impl/openssl_engine.ipp>
#include <pumphouse/impl/tls_context.ipp>
