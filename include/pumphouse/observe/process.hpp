// SPDX-License-Identifier: MIT
//
// ProcessUsage: what this process takes of the machine, as the kernel says. Linux: read from
// /proc/self; what cannot be read is zero. Any thread; takes some 50 µs, for scrapes only.
#pragma once

#include <cstdint>

#include <pumphouse/config.hpp>
#include <pumphouse/observe/metric_sink.hpp>

namespace pumphouse {

struct ProcessUsage {
    double cpu_seconds = 0;  // user and system
    std::uint64_t resident_bytes = 0;
    std::uint64_t virtual_bytes = 0;
    std::uint64_t open_descriptors = 0;
    std::uint64_t max_descriptors = 0;
    std::uint64_t threads = 0;
    double started_at = 0;  // seconds since 1970
};

ProcessUsage process_usage();

/// Under the names that Prometheus' client libraries use: `process_cpu_seconds_total`, ...
void describe(ProcessUsage const& usage, MetricSink& sink);

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/process.ipp>
#endif
