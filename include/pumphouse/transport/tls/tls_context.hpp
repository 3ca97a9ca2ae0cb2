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
#include <string>

#include <pumphouse/config.hpp>
#include <pumphouse/transport/socket/tls_engine.hpp>

namespace pumphouse {

struct TlsOptions {
    /// PEM: the server's certificate, then the intermediate ones up to, but without, the root.
    std::string certificate_file{};

    /// PEM, not encrypted: the key of the first certificate in that file.
    std::string key_file{};

    /// Lets peers resume a session by a ticket, which spares the server a signature when they
    /// come back. Off, as Mozilla recommends: the tickets' key lives as long as the context, and
    /// whoever gets hold of it can read what TLS 1.2 peers said in resumed sessions. A reload
    /// changes it; tickets of before then lead to a whole handshake.
    bool session_tickets = false;
};

/// Throws std::runtime_error that names the file and what is wrong with it.
std::shared_ptr<TlsContext> tls_context(TlsOptions options);

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/tls_context.ipp>
#endif
