// SPDX-License-Identifier: MIT
//
// ShutdownOptions: how a hub sees its clients off. Those in HubOptions are what `hub.shutdown()`
// means; `hub.shutdown(options)` says it for this time.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include <pumphouse/fwd.hpp>

namespace pumphouse {

struct ShutdownOptions {
    /// How long clients may take what was accepted before they are ended. 0: they are ended at
    /// once.
    Duration deadline = std::chrono::seconds{30};

    /// Clients of a shard that are closed at a time, so that they do not all come back at the same
    /// moment. 0: all at once.
    std::size_t batch_clients = 256;

    /// Between two batches. 0: all at once. 100 ms: 10,000 clients in 4 s.
    Duration batch_interval = std::chrono::milliseconds{100};

    /// Over how long the hints of `on_shutdown` spread the clients' reconnecting. 0: no wait.
    Duration reconnect_spread = std::chrono::seconds{10};
};

/// Empty when the options make sense, else a sentence that names the first one that does not.
constexpr std::string_view problem_with(ShutdownOptions const& options) noexcept {
    constexpr auto zero = Duration::zero();
    if (options.deadline < zero) return "shutdown.deadline: must not be negative";
    if (options.batch_interval < zero) return "shutdown.batch_interval: must not be negative";
    if (options.reconnect_spread < zero) return "shutdown.reconnect_spread: must not be negative";
    return {};
}

}  // namespace pumphouse
