// SPDX-License-Identifier: MIT
// Bodies of observe/process.hpp.
#pragma once

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <pumphouse/observe/process.hpp>

namespace pumphouse {

namespace detail {

inline std::uint64_t count_open_descriptors() {
    DIR* const folder = ::opendir("/proc/self/fd");
    if (folder == nullptr) return 0;
    std::uint64_t count = 0;
    while (::readdir(folder) != nullptr) ++count;
    ::closedir(folder);
    return count < 3 ? 0 : count - 3;  // ".", ".." and the folder itself
}

inline double boot_time() {
    std::ifstream file{"/proc/stat"};
    for (std::string word; file >> word;) {
        double value = 0;
        if (word == "btime" && file >> value) return value;
    }
    return 0;
}

}  // namespace detail

PUMPHOUSE_DECL ProcessUsage process_usage() {
    ProcessUsage usage;
    std::ifstream file{"/proc/self/stat"};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    // The second field is the program's name in brackets, and may hold anything.
    std::istringstream fields{text.substr(std::min(text.rfind(')') + 1, text.size()))};
    std::string ignored;
    auto const skip = [&](int count) {
        while (count-- > 0) fields >> ignored;
    };
    // proc(5): 3 state .. 14 utime, 15 stime, 20 num_threads, 22 starttime, 23 vsize, 24 rss
    double user = 0, system = 0, started = 0;
    std::uint64_t pages = 0;
    skip(11);
    fields >> user >> system;
    skip(4);
    fields >> usage.threads >> ignored >> started >> usage.virtual_bytes >> pages;
    auto const ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    usage.cpu_seconds = (user + system) / ticks;
    usage.resident_bytes = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    usage.started_at = detail::boot_time() + started / ticks;
    usage.open_descriptors = detail::count_open_descriptors();
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) usage.max_descriptors = limit.rlim_cur;
    return usage;
}

PUMPHOUSE_DECL void describe(ProcessUsage const& usage, MetricSink& sink) {
    auto const gauge = [&](std::string_view name, std::string_view help, double value) {
        sink.gauge({name, help}, {}, value);
    };
    sink.counter({"process_cpu_seconds_total", "User and system CPU time spent."}, {},
                 usage.cpu_seconds);
    gauge("process_resident_memory_bytes", "Resident memory.",
          static_cast<double>(usage.resident_bytes));
    gauge("process_virtual_memory_bytes", "Virtual memory.",
          static_cast<double>(usage.virtual_bytes));
    gauge("process_open_fds", "Open file descriptors.",
          static_cast<double>(usage.open_descriptors));
    gauge("process_max_fds", "Limit of open file descriptors.",
          static_cast<double>(usage.max_descriptors));
    gauge("process_threads", "Threads.", static_cast<double>(usage.threads));
    gauge("process_start_time_seconds", "When the process started, since 1970.",
          usage.started_at);
}

}  // namespace pumphouse
