// SPDX-License-Identifier: MIT
//
// What the programs have in common that put load on a server: a process with enough descriptors,
// source addresses with enough ports, and an end that says what was wrong.
#pragma once

#include "options.hpp"

#include <sys/resource.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <span>
#include <stdexcept>

namespace pumphouse::bench {

inline void raise_descriptor_limit(std::size_t clients) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < clients + 16) {
        throw std::runtime_error{"the limit of open files (ulimit -Hn) is below --clients"};
    }
}

/// 127.0.0.1 for the first clients, 127.0.0.2 for the next, and so on: ports are 16 bits.
inline std::uint32_t source_address(std::size_t client) {
    constexpr std::size_t clients_per_address = 20'000;
    return 0x7F000001u + static_cast<std::uint32_t>(client / clients_per_address);
}

/// The status that the program ends with.
inline int run_program(const char* name, std::span<char*> arguments,
                       void (*run)(const Options& options)) try {
    run(parse_options(arguments));
    return 0;
} catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "%s: %s\n%s", name, error.what(), usage.data());
    return 2;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return 1;
}

}  // namespace pumphouse::bench
