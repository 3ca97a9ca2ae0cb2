// SPDX-License-Identifier: MIT
// Bodies of observe/health.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <condition_variable>
#include <exception>
#include <optional>
#include <stdexcept>
#include <thread>

#include <pumphouse/message/object_writer.hpp>
#include <pumphouse/observe/health.hpp>
#include <pumphouse/observe/process.hpp>
#include <pumphouse/version.hpp>

namespace pumphouse {

/// One check and the thread that runs it.
class Health::Runner {
public:
    Runner(Check check, CheckOptions options)
        : check_{std::move(check)},
          options_{options},
          thread_{[this](std::stop_token const& stop) { run(stop); }} {}

    CheckReport report(std::string name) const {
        std::scoped_lock const lock{mutex_};
        CheckReport report{std::move(name), {}, last_duration_};
        if (began_) {
            auto const so_far = Clock::now() - *began_;
            if (so_far >= options_.deadline) {
                report.duration = std::chrono::duration_cast<std::chrono::microseconds>(so_far);
                report.result = {false, "no answer within " +
                                            std::to_string(options_.deadline.count()) + " ms"};
                return report;
            }
        }
        report.result = last_ ? *last_ : CheckResult{false, "has not answered yet"};
        return report;
    }

private:
    using Clock = std::chrono::steady_clock;

    void run(std::stop_token const& stop) {
        while (!stop.stop_requested()) {
            set_began(Clock::now());
            CheckResult result = run_once();
            std::unique_lock lock{mutex_};
            last_duration_ =
                std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - *began_);
            began_.reset();
            if (last_duration_ >= options_.deadline) {
                result.is_healthy = false;
                if (result.error.empty()) result.error = "the answer came too late";
            }
            last_ = std::move(result);
            wake_.wait_for(lock, stop, options_.interval, [] { return false; });
        }
    }

    void set_began(Clock::time_point now) {
        std::scoped_lock const lock{mutex_};
        began_ = now;
    }

    CheckResult run_once() {
        try {
            return check_();
        } catch (std::exception const& problem) {
            return {false, problem.what()};
        } catch (...) {
            return {false, "the check threw"};
        }
    }

    Check const check_;
    CheckOptions const options_;
    mutable std::mutex mutex_;
    std::condition_variable_any wake_;
    std::optional<Clock::time_point> began_;  // of the run that is going on
    std::optional<CheckResult> last_;
    std::chrono::microseconds last_duration_{0};
    std::jthread thread_;  // last: it uses the others
};

PUMPHOUSE_DECL Health::Health() = default;
PUMPHOUSE_DECL Health::~Health() = default;

PUMPHOUSE_DECL void Health::add(std::string name, Check check, CheckOptions options) {
    constexpr std::chrono::milliseconds least{1};
    if (options.deadline < least) throw std::invalid_argument{"deadline: must be at least 1 ms"};
    if (options.interval < least) throw std::invalid_argument{"interval: must be at least 1 ms"};
    constexpr std::string_view plain{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789_.-"};
    if (name.empty() || name.find_first_not_of(plain) != std::string::npos) {
        throw std::invalid_argument{"a check's name has letters, digits, and _ . - only"};
    }
    auto runner = std::make_unique<Runner>(std::move(check), options);
    std::unique_lock const lock{mutex_};
    runners_[std::move(name)].swap(runner);
    // The one that was there, if any, ends behind the lock: its check may be slow.
}

PUMPHOUSE_DECL bool Health::remove(std::string_view name) {
    std::unique_ptr<Runner> gone;  // ends behind the lock
    std::scoped_lock const lock{mutex_};
    auto const found = runners_.find(name);
    if (found == runners_.end()) return false;
    gone = std::move(found->second);
    runners_.erase(found);
    return true;
}

PUMPHOUSE_DECL HealthReport Health::report() const {
    HealthReport report;
    std::scoped_lock const lock{mutex_};
    for (auto const& [name, runner] : runners_) {
        report.checks.push_back(runner->report(name));
        report.is_healthy &= report.checks.back().result.is_healthy;
    }
    return report;
}

namespace detail {

inline std::string seconds_text(double value) {
    std::array<char, 32> text;
    auto const end = std::to_chars(text.data(), text.data() + text.size(), value,
                                   std::chars_format::fixed, 6);
    return std::string{text.data(), end.ptr};
}

inline std::string seconds_text(std::chrono::microseconds time) {
    return seconds_text(std::chrono::duration<double>(time).count());
}

inline std::string_view health_word(bool is_healthy) noexcept {
    return is_healthy ? "healthy" : "unhealthy";
}

inline void write_check(ObjectWriter& out, CheckReport const& check) {
    out.text("status", health_word(check.result.is_healthy));
    out.text_if("error", check.result.error);
    out.raw("duration", seconds_text(check.duration));
    if (check.result.metadata.empty()) return;
    std::string metadata;  // its keys are the host's, and may need escapes
    for (auto const& [key, value] : check.result.metadata) {
        metadata += metadata.empty() ? '{' : ',';
        append_string(metadata, key);
        metadata += ':';
        append_string(metadata, value);
    }
    out.raw("metadata", metadata + '}');
}

inline void write_system(ObjectWriter& out, Timestamp now) {
    ProcessUsage const usage = process_usage();
    double const at = std::chrono::duration<double>(now.time_since_epoch()).count();
    out.raw("uptime", seconds_text(std::max(0.0, at - usage.started_at)));
    out.number("memory", usage.resident_bytes);
    out.number("threads", usage.threads);
    out.text("version", version);
}

}  // namespace detail

PUMPHOUSE_DECL void HealthReport::add(CheckReport check) {
    auto const place = std::lower_bound(
        checks.begin(), checks.end(), check.name,
        [](CheckReport const& one, std::string const& name) { return one.name < name; });
    if (place != checks.end() && place->name == check.name) return;
    is_healthy = is_healthy && check.result.is_healthy;
    checks.insert(place, std::move(check));
}

PUMPHOUSE_DECL std::string to_json(HealthReport const& report, bool is_draining, Timestamp now) {
    std::chrono::microseconds longest{0};
    for (CheckReport const& each : report.checks) longest = std::max(longest, each.duration);
    std::string json;
    {
        ObjectWriter out{json};
        out.text("status", is_draining ? "draining" : detail::health_word(report.is_healthy));
        out.text("timestamp", to_text(now));
        out.raw("duration", detail::seconds_text(longest));
        out.object("checks", [&](ObjectWriter& checks) {
            for (CheckReport const& each : report.checks) {
                checks.object(each.name,
                              [&](ObjectWriter& one) { detail::write_check(one, each); });
            }
        });
        out.object("system", [&](ObjectWriter& system) { detail::write_system(system, now); });
    }
    return json;
}

}  // namespace pumphouse
