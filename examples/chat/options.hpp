// SPDX-License-Identifier: MIT
// What an operator may decide: from the command line, the environment or a file. --help lists it.
#pragma once

#include <pumphouse/settings.hpp>

#include <optional>
#include <string>

#include "chat_policy.hpp"

namespace chat {

struct Options {
    std::string database = "chat.db";
    std::string metrics_path = "/metrics";
    pumphouse::ServerOptions server;
    pumphouse::HubOptions hub = ChatPolicy::options;
    bool compresses = false;
    pumphouse::TlsOptions tls{};
    pumphouse::JwtFileOptions jwt{};
    pumphouse::TraceFileOptions traces{};
};

// Nothing: go on. Else the program ends with this status; what is to be said about it was said.
inline std::optional<int> read_options(Options& options, int argc, const char* const* argv) {
    pumphouse::Settings settings{"chat", "A chat server with a page for browsers."};
    settings.add("database", options.database, "The SQLite file that keeps what is said");
    settings.add("monitoring.metrics_path", options.metrics_path, "For Prometheus; empty: none");
    settings.add("websocket.compression", options.compresses,
                 "For clients that offer permessage-deflate");
    settings.add_short_name("server.port", "port");
    add_settings(settings, options.server);
    add_settings(settings, options.hub);
    add_settings(settings, options.tls);
    add_settings(settings, options.server.authentication);
    add_settings(settings, options.jwt);
    add_settings(settings, options.traces);
    return settings.read(argc, argv);
}

}  // namespace chat
