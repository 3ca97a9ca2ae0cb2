// SPDX-License-Identifier: MIT
//
// Tells the operator when a process may open fewer descriptors than connections are configured.
#pragma once

#include <sys/resource.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace pumphouse {

inline void warn_of_descriptor_limit(std::size_t connections,
                                     std::function<void(std::string_view)> const& on_problem) {
    rlimit limit{};
    if (!on_problem || ::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= connections) return;
    on_problem("the limit of " + std::to_string(limit.rlim_cur) + " descriptors is below the " +
               std::to_string(connections) +
               " connections that are configured: raise it (ulimit -n) or lower max_connections");
}

}  // namespace pumphouse
