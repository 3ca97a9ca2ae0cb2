// SPDX-License-Identifier: MIT
//
// What a server costs, read from outside: its CPU time and its resident memory, out of /proc. The
// total CPU time is the scheduler's own, in nanoseconds and summed over threads; the split in user
// and system comes from stat, whose ticks are 10 ms: measure for some seconds. Without a process
// everything is zero.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace pumphouse::bench {

struct CpuTime {
    double user_us = 0, system_us = 0, scheduled_us = 0;

    CpuTime operator-(const CpuTime& start) const {
        return {user_us - start.user_us, system_us - start.system_us,
                scheduled_us - start.scheduled_us};
    }
    double total() const { return scheduled_us > 0 ? scheduled_us : user_us + system_us; }
    double user() const { return user_us > 0 ? total() * user_us / (user_us + system_us) : 0; }
    double system() const { return total() - user(); }
};

class ServerProcess {
public:
    explicit ServerProcess(int pid) : known_{pid > 0}, folder_{"/proc/" + std::to_string(pid)} {
        if (known_ && !exists(folder_)) throw std::runtime_error{"no such process: --pid"};
    }

    CpuTime cpu_time() const {
        if (!known_) return {};
        const double tick_us = 1e6 / static_cast<double>(sysconf(_SC_CLK_TCK));
        std::istringstream fields{after_name(read("stat"))};
        std::string skipped;
        for (int i = 0; i < 11; ++i) fields >> skipped;  // state to cmajflt: fields 3 to 13
        double user = 0, system = 0;
        fields >> user >> system;
        return {user * tick_us, system * tick_us, scheduled_us()};
    }

    std::uint64_t resident_bytes() const {
        if (!known_) return 0;
        std::ifstream rollup{folder_ / "smaps_rollup"};  // statm counts in batches of pages
        for (std::string line; std::getline(rollup, line);) {
            if (line.starts_with("Rss:")) return std::stoull(line.substr(4)) * 1024;
        }
        throw std::runtime_error{"cannot read the server's smaps_rollup; is it still running?"};
    }

private:
    std::string read(const char* name) const {
        std::ifstream file{folder_ / name};
        std::string line;
        if (!std::getline(file, line)) throw std::runtime_error{"the server is gone"};
        return line;
    }

    /// The name of the program is in parentheses and may hold anything.
    static std::string after_name(const std::string& stat) {
        return stat.substr(stat.rfind(')') + 1);
    }

    double scheduled_us() const {
        double nanoseconds = 0;
        for (const auto& thread : std::filesystem::directory_iterator{folder_ / "task"}) {
            double running = 0;
            std::ifstream{thread.path() / "schedstat"} >> running;
            nanoseconds += running;
        }
        return nanoseconds / 1000;
    }

    bool known_;
    std::filesystem::path folder_;
};

}  // namespace pumphouse::bench
