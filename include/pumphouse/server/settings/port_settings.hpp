// SPDX-License-Identifier: MIT
//
// detail::add_port_settings(settings, options, part): what a WebSocketServer and a TcpServer both
// say of the port that they listen on. `part` is what their keys begin with: `server` or `tcp`.
#pragma once

#include <string>

#include <pumphouse/server/settings/settings.hpp>

namespace pumphouse::detail {

template <typename Options>
void add_port_settings(Settings& settings, Options& options, std::string const& part) {
    settings.add(part + ".backlog", options.backlog, "Connections that the kernel holds ready");
    settings.add(part + ".max_connections", options.max_connections,
                 "Connections at a time; 0: no limit but the clients'");
    settings.add(part + ".max_clients_per_address", options.max_clients_per_address,
                 "Of one address, or of one IPv6 network /64; 0: no limit");
    settings.add(part + ".max_tls_handshakes", options.max_tls_handshakes,
                 "TLS handshakes at a time; 0: no limit");
}

}  // namespace pumphouse::detail
