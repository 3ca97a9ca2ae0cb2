// SPDX-License-Identifier: MIT
//
// add_settings(settings, ServerOptions&): every option of a WebSocketServer that can be said in a
// file; not the objects and functions of the host (`authentication.verifier`, `tls`, `on_problem`,
// the clocks). The same of a TcpServer, whose keys begin with `tcp.`. docs/limits.md says
// more about each.
#pragma once

#include <string>

#include <pumphouse/server/auth/jwt_file_options.hpp>
#include <pumphouse/server/server_options.hpp>
#include <pumphouse/server/settings/port_settings.hpp>
#include <pumphouse/server/settings/settings.hpp>
#include <pumphouse/server/tcp_server_options.hpp>
#include <pumphouse/transport/socket/tls_options.hpp>

namespace pumphouse {

namespace detail {

inline void add_http_settings(Settings& settings, ServerOptions& options) {
    settings.add("server.health_path", options.health_path, "Health reports; empty: none");
    settings.add("server.max_head_bytes", options.max_head_bytes, "A request's head");
    settings.add("server.max_body_bytes", options.max_body_bytes, "A request's body; 0: none");
    settings.add("server.handshake_deadline", options.handshake_deadline,
                 "From accept to the head; 0: for ever");
    settings.add("server.http_read", options.http_read, "From accept to the body; 0: for ever");
    settings.add("server.http_write", options.http_write, "For an answer; 0: for ever");
    settings.add("server.http_idle", options.http_idle,
                 "From an answer to the peer's close; 0: not waited for");
}

inline void add_storm_settings(Settings& settings, StormOptions& options) {
    settings.add("server.ramp_per_second", options.ramp_per_second,
                 "Upgrades per second after the start, as many more every second; 0: no ramp");
    settings.add("server.ramp_time", options.ramp_time, "How long after the start");
    settings.add("server.max_retry_after", options.max_retry_after,
                 "The longest Retry-After of the ramp");
    settings.add("server.max_handshakes", options.max_handshakes,
                 "Connections that are not answered yet; 0: no limit");
}

// `part`: "server" or "tcp".
inline void add_socket_settings(Settings& settings, SocketOptions& options,
                                std::string const& part) {
    settings.add(part + ".send_buffer_bytes", options.send_buffer_bytes,
                 "Of each socket in the kernel; 0: the kernel's own");
    settings.add(part + ".receive_buffer_bytes", options.receive_buffer_bytes,
                 "Of each socket in the kernel; 0: the kernel's own");
    settings.add(part + ".no_delay", options.no_delay, "Small writes go out at once");
}

inline void add_security_settings(Settings& settings, ServerOptions& options) {
    OriginOptions& origin = options.origin;
    settings.add("security.allowed_origins", origin.allowed_origins,
                 "Whose pages may connect besides the server's own: https://example.com");
    settings.add("security.same_origin", origin.same_origin, "The server's own pages may");
    settings.add("security.any_origin", origin.any_origin, "Every page may");
    settings.add("security.trust_trace_context", options.trust_trace_context,
                 "Peers without a token may say which trace they are of");
    settings.add("security.require_origin", origin.require_origin,
                 "Programs, which send no Origin, are refused");
    settings.add("security.trusted_proxies", options.proxy.trusted_proxies,
                 "Networks whose word about addresses counts: 10.0.0.0/8");
    settings.add("security.proxy_header", options.proxy.header, "The header that they write",
                 {{"x_forwarded_for", ProxyOptions::Header::x_forwarded_for},
                  {"forwarded", ProxyOptions::Header::forwarded}});
}

}  // namespace detail

/// What there is to say about tokens, for a program that has a verifier.
inline void add_settings(Settings& settings, AuthenticationOptions& options) {
    settings.add("security.require_auth", options.require_auth, "Nobody gets in without a token");
    settings.add("security.from_authorization", options.from_authorization,
                 "Tokens come in Authorization: Bearer");
    settings.add("security.from_subprotocol", options.from_subprotocol,
                 "Tokens come as subprotocol bearer");
    settings.add("security.cookie", options.cookie, "Tokens come in this cookie; empty: in none");
    settings.add("security.query_field", options.query_field,
                 "Tokens come in this field of the query; empty: in none");
    settings.add("security.max_token_bytes", options.max_token_bytes, "A token");
    settings.add("security.max_pending_authentications", options.max_pending_authentications,
                 "Tokens that are checked at a time; 0: no limit");
    settings.add("security.authentication_deadline", options.authentication_deadline,
                 "For checking one; 0: for ever");
    settings.add("security.max_clients_per_user", options.max_clients_per_user,
                 "Clients of one user; 0: no limit");
}

/// For a program that makes a verifier of them: `if (jwt.is_wanted()) options.authentication
/// .verifier = std::make_shared<JwtVerifier>(jwt_options(jwt));`.
inline void add_settings(Settings& settings, JwtFileOptions& options) {
    settings.add("security.jwt_key_file", options.key_file,
                 "The secret of HS256, or the public key in PEM; empty: tokens are not looked for, "
                 "and there may be neither issuer nor audience");
    settings.add("security.jwt_algorithm", options.algorithm, "Others are refused",
                 {{"HS256", JwtAlgorithm::hs256},
                  {"RS256", JwtAlgorithm::rs256},
                  {"ES256", JwtAlgorithm::es256}});
    settings.add("security.jwt_issuer", options.issuer, "What iss must be; empty: anything");
    settings.add("security.jwt_audience", options.audience,
                 "What aud must be or have; empty: there must be none");
    settings.add("security.jwt_leeway", options.leeway, "How far others' clocks may be wrong");
    settings.add("security.jwt_require_expiry", options.require_expiry,
                 "Tokens without exp are refused");
    settings.add("security.jwt_user_claim", options.user_claim, "The claim that names the user");
}

/// For a program that makes a context of them: `if (tls.is_wanted()) options.tls =
/// tls_context(tls);`.
inline void add_settings(Settings& settings, TlsOptions& options) {
    settings.add("security.tls_certificate", options.certificate_file,
                 "PEM, with its chain: the port then speaks TLS only; empty: it speaks none");
    settings.add("security.tls_key", options.key_file, "PEM, not encrypted");
    settings.add("security.tls_min_version", options.min_version, "Older ones are refused",
                 {{"1.2", TlsVersion::tls_1_2}, {"1.3", TlsVersion::tls_1_3}});
    settings.add("security.tls_session_tickets", options.session_tickets,
                 "Peers resume a session without a whole handshake");
}

inline void add_settings(Settings& settings, ServerOptions& options) {
    settings.add("server.host", options.address, "Name or number to listen on; empty: all");
    settings.add("server.port", options.port, "0: any that is free");
    detail::add_port_settings(settings, options, "server");
    settings.add("monitoring.admin_port", options.admin_port,
                 "For metrics and the like; 0: the server's own port");
    settings.add("monitoring.admin_address", options.admin_address,
                 "Name or number that one listens on; empty: all");
    detail::add_http_settings(settings, options);
    detail::add_storm_settings(settings, options.storm);
    detail::add_socket_settings(settings, options.socket, "server");
    settings.add("websocket.path", options.path, "Where clients connect; *: everywhere");
    settings.add("websocket.subprotocols", options.subprotocols, "Those spoken, the dearest first");
    settings.add("websocket.require_subprotocol", options.require_subprotocol,
                 "Who offers none of them is refused");
    detail::add_security_settings(settings, options);
    if (options.authentication.verifier) add_settings(settings, options.authentication);
}

/// Of a TcpServer, which has a port of its own beside the WebSocketServer's.
inline void add_settings(Settings& settings, TcpServerOptions& options) {
    settings.add("tcp.host", options.address, "Name or number to listen on; empty: all");
    settings.add("tcp.port", options.port, "Length-prefixed frames over TCP; 0: any that is free");
    detail::add_port_settings(settings, options, "tcp");
    settings.add("tcp.handshake_deadline", options.handshake_deadline,
                 "From accept until hands are shaken, with TLS; 0: for ever");
    detail::add_socket_settings(settings, options.socket, "tcp");
}

}  // namespace pumphouse
