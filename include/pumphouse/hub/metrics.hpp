// SPDX-License-Identifier: MIT
//
// The metrics of a hub: names, labels and units of what HubStats holds. They are the names that
// guides for WebSocket servers use; where a hub counts more than those, the names are its own.
#pragma once

#include <string_view>

#include <pumphouse/config.hpp>
#include <pumphouse/hub/stats.hpp>
#include <pumphouse/observe/metric_sink.hpp>

namespace pumphouse {

/// Any thread. `hub` labels every value where a process has several.
void describe(HubStats const& stats, MetricSink& sink, std::string_view hub = "default");

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/metrics.ipp>
#endif
