// SPDX-License-Identifier: MIT
//
// What the load generator is asked to do, from its command line. Every option is a flag or a
// number, so one table of names is the whole parser; an unknown name or a senseless number ends it.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pumphouse::bench {

struct Options {
    std::size_t port = 0;
    std::size_t clients = 500;
    std::size_t size = 64;      // payload bytes, 16 of them message number and send time
    std::size_t window = 32;    // messages in flight
    std::size_t senders = 0;    // the first so many living clients send, in turn; 0: all of them
    std::size_t dead = 0;       // of the clients: never read
    std::size_t warmup = 1;     // seconds, not measured
    std::size_t seconds = 4;    // measured
    std::size_t messages = 0;   // measured instead of seconds, when not 0
    std::size_t pid = 0;        // the server, for CPU time and memory; 0: not measured
    bool idle = false;          // only connect, and measure memory
    bool tls = false;           // a server that speaks it
    bool protocol = false;      // speak the JSON room protocol
    bool source_addresses = false;  // several, for servers that limit clients by address
};

constexpr std::string_view usage =
    "usage: load --port N [--clients N] [--size BYTES] [--window N] [--senders N] [--dead N]\n"
    "            [--warmup SECONDS] [--seconds SECONDS | --messages N] [--pid SERVER]\n"
    "            [--idle] [--protocol] [--tls] [--source-addresses]\n";

inline std::size_t number_of(std::string_view name, std::string_view text) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw std::invalid_argument{std::string{name} + " needs a number"};
    }
    return number;
}

inline void check(const Options& options) {
    const auto require = [](bool holds, const char* what) {
        if (!holds) throw std::invalid_argument{what};
    };
    require(options.port > 0 && options.port < 65536, "--port is needed, 1 to 65535");
    require(options.size >= 16 && options.size <= 512 * 1024, "--size is 16 to 524288");
    require(options.window > 0 && options.window <= 65536, "--window is 1 to 65536");
    require(options.clients > options.dead, "--clients must leave somebody alive");
    require(options.senders <= options.clients - options.dead, "--senders must be living clients");
}

inline Options parse_options(std::span<char*> arguments) {
    Options options;
    struct Named { std::string_view name; std::size_t* value; };
    const Named numbers[] = {
        {"--port", &options.port},       {"--clients", &options.clients},
        {"--size", &options.size},       {"--window", &options.window},
        {"--senders", &options.senders}, {"--dead", &options.dead},
        {"--warmup", &options.warmup},   {"--seconds", &options.seconds},
        {"--messages", &options.messages}, {"--pid", &options.pid},
    };
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view name = arguments[i];
        if (name == "--idle") { options.idle = true; continue; }
        if (name == "--tls") { options.tls = true; continue; }
        if (name == "--protocol") { options.protocol = true; continue; }
        if (name == "--source-addresses") { options.source_addresses = true; continue; }
        bool known = false;
        for (const Named& named : numbers) {
            if (named.name != name || i + 1 == arguments.size()) continue;
            *named.value = number_of(name, arguments[++i]);
            known = true;
            break;
        }
        if (!known) throw std::invalid_argument{"unknown or without value: " + std::string{name}};
    }
    check(options);
    return options;
}

}  // namespace pumphouse::bench
