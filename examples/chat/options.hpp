// SPDX-License-Identifier: MIT
// The command line: --port N, --database FILE, --help.
#pragma once

#include "result.hpp"

#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace chat {

inline constexpr std::string_view usage =
    "usage: chat [--port N] [--database FILE]\n"
    "\n"
    "A chat server with a page for browsers, on this machine only.\n"
    "\n"
    "  --port N         the port to listen on; 0: any that is free (default 8080)\n"
    "  --database FILE  the SQLite file that keeps what is said (default chat.db)\n"
    "  --help           this text\n";

struct Options {
    std::uint16_t port = 8080;
    std::string database = "chat.db";
    bool wants_help = false;
};

// The arguments behind the program's name, or an error "usage" that says what is wrong with them.
inline Result<Options> read_options(std::span<char* const> arguments) {
    Options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view name = arguments[i];
        if (name == "--help" || name == "-h") {
            options.wants_help = true;
            return options;
        }
        if (name != "--port" && name != "--database") {
            return Error{"usage", "There is no option \"" + std::string{name} + "\"."};
        }
        if (++i == arguments.size()) {
            return Error{"usage", std::string{name} + " wants a value."};
        }
        const std::string_view value = arguments[i];
        if (name == "--database") {
            options.database = value;
            continue;
        }
        const char* end = value.data() + value.size();
        const auto [stop, error] = std::from_chars(value.data(), end, options.port);
        if (error != std::errc{} || stop != end) {
            return Error{"usage", "The port is not a number from 0 to 65535."};
        }
    }
    return options;
}

}  // namespace chat
