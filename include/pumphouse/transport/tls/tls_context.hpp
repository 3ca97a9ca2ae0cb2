// SPDX-License-Identifier: MIT
//
// tls_context: the server's TLS, by OpenSSL 3: protocol versions 1.2 and 1.3, no renegotiation, no
// compression, no early data, and the cipher suites and curves of Mozilla's "intermediate"
// recommendation (https://wiki.mozilla.org/Security/Server_Side_TLS) but for those of
// finite-field Diffie-Hellman, whose handshakes cost a server many times what they cost a peer.
//
//   pumphouse::WebSocketServer server{io, hub, {
//       .port = 8443,
//       .tls = pumphouse::tls_context({.certificate_file = "chain.pem", .key_file = "key.pem"})}};
//
// One context may serve several servers; `reload` is then for all of them. Any thread.
#pragma once

#include <memory>

#include <pumphouse/config.hpp>
#include <pumphouse/transport/socket/tls_engine.hpp>
#include <pumphouse/transport/socket/tls_options.hpp>

namespace pumphouse {

/// Throws std::runtime_error that names the file and what is wrong with it, and
/// std::invalid_argument that names an option.
std::shared_ptr<TlsContext> tls_context(TlsOptions options);

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/tls_context.ipp>
#endif
