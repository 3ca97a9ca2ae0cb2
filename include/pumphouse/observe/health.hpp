// SPDX-License-Identifier: MIT
//
// Health: named checks that say whether a server can do its work, and the report that a load
// balancer asks for. Each check runs on a thread of its own, now and then, so a report never waits:
// it says what was found last. A check that is late, or has not answered yet, is unhealthy.
//
// Any thread. Checks are added and removed at any time.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pumphouse/config.hpp>
#include <pumphouse/message/timestamp.hpp>

namespace pumphouse {

/// What a check found. `metadata` is shown with it.
struct CheckResult {
    bool is_healthy = true;
    std::string error{};  // a sentence, when it is not
    std::vector<std::pair<std::string, std::string>> metadata{};
};

struct CheckOptions {
    /// How long a run may take before the check counts as unhealthy; at least 1 ms.
    std::chrono::milliseconds deadline{1000};

    /// From the end of one run to the beginning of the next; at least 1 ms. 5 s, so that a load
    /// balancer which asks every 10 s hears nothing stale.
    std::chrono::milliseconds interval{5000};
};

struct CheckReport {
    std::string name;
    CheckResult result;
    std::chrono::microseconds duration{0};  // of its last run, or of the present one so far
};

struct HealthReport {
    bool is_healthy = true;  // every check is
    std::vector<CheckReport> checks;  // by name

    /// One more, unless there is one of that name already.
    void add(CheckReport check);
};

/// {"status":…,"timestamp":…,"duration":…,"checks":{name:{"status":…,"error":…,"duration":…,
/// "metadata":{…}}},"system":{"uptime":…,"memory":…,"threads":…,"version":…}}. The status is
/// "draining", "unhealthy" or "healthy", in this order. Durations and uptime are in seconds,
/// memory is resident bytes.
std::string to_json(HealthReport const& report, bool is_draining, Timestamp now);

class Health {
public:
    using Check = std::function<CheckResult()>;

    Health();
    Health(Health const&) = delete;
    Health& operator=(Health const&) = delete;
    ~Health();  // waits for checks that are running, as `remove` does

    /// Runs the check at once for the first time. Replaces one of the same name. What it throws is
    /// an unhealthy answer. Throws std::invalid_argument for options that are out of range, and for
    /// a name of more than letters, digits and `_.-`.
    void add(std::string name, Check check, CheckOptions options = {});

    /// False when there is none of this name. The check is not running any more when it returns.
    bool remove(std::string_view name);

    HealthReport report() const;

private:
    class Runner;

    mutable std::mutex mutex_;
    std::map<std::string, std::unique_ptr<Runner>, std::less<>> runners_;
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/health.ipp>
#endif
