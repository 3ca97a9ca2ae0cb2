// SPDX-License-Identifier: MIT
//
// TLS for Pumphouse's servers, by OpenSSL 3: `tls_context(options)` is what a server's option `tls`
// takes.
#pragma once

#include <pumphouse/pumphouse.hpp>

#include <pumphouse/transport/tls/tls_context.hpp>
