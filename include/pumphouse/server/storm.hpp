// SPDX-License-Identifier: MIT
//
// Storm control: what a server does when everybody comes at once, as after its restart. Clients
// are let in at a rate that rises, and whoever comes too early is told when his turn is, so that
// those who were refused do not come back together. What a handshake, an authentication and a
// replay may cost at a time has limits of its own; docs/server.md, "Storms", names them all.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <functional>
#include <stdexcept>

#include <pumphouse/fwd.hpp>

namespace pumphouse {

struct StormOptions {
    /// Upgrades per second that a server lets through when it has just started; in the next second
    /// as many more, and so on. Others are answered 503, with a Retry-After of their own. What is
    /// no upgrade is not counted. 0: no ramp.
    std::size_t ramp_per_second = 0;

    /// How long after its start a server counts them. With 100 per second all that time lets
    /// 48,000 in.
    Duration ramp_time = std::chrono::seconds{30};

    /// The longest Retry-After that is answered. Whole seconds, at least one.
    Duration max_retry_after = std::chrono::minutes{2};

    /// Connections at a time that are neither clients nor answered, from accept on: those that
    /// have not said all of their head, shake hands over TLS, or whose token is checked. More are
    /// answered 503. 0: no limit.
    std::size_t max_handshakes = 0;

    /// What the ramp measures by.
    std::function<Time()> clock = [] { return std::chrono::steady_clock::now(); };
};

/// A bucket that holds a second's worth of upgrades, and is filled at a rate that rises by
/// `ramp_per_second` every second. Used on one strand.
class AcceptRamp {
public:
    /// Throws std::invalid_argument that names an option.
    explicit AcceptRamp(StormOptions const& options)
        : first_{static_cast<double>(options.ramp_per_second)},
          most_{std::max(1.0, std::floor(seconds(options.max_retry_after)))},
          length_{seconds(options.ramp_time)},
          clock_{options.clock},
          tokens_{first_} {
        if (!options.clock) throw std::invalid_argument{"storm.clock: must not be empty"};
        if (options.ramp_time < Duration::zero()) {
            throw std::invalid_argument{"storm.ramp_time: must not be negative"};
        }
        if (options.max_retry_after < std::chrono::seconds{1}) {
            throw std::invalid_argument{"storm.max_retry_after: must be a second or more"};
        }
        if (first_ != 0) start_ = clock_();
    }

    /// Zero: one more may come in. Else when that one's turn is, from now: each who is refused
    /// is given a place behind those who were refused before him.
    std::chrono::seconds ask() {
        if (first_ == 0) return std::chrono::seconds::zero();
        double const now = seconds(clock_() - start_);
        if (now >= length_) return std::chrono::seconds::zero();
        fill_until(now);
        if (tokens_ >= 1) {
            tokens_ -= 1;
            return std::chrono::seconds::zero();
        }
        promised_ += 1;
        double const turn = std::clamp(std::ceil(until_there_are(promised_, now)), 1.0, most_);
        return std::chrono::seconds{static_cast<std::chrono::seconds::rep>(turn)};
    }

private:
    static double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }
    double rate_at(double time) const noexcept { return first_ * (1 + time); }

    // Whose turn has come may be on his way; he is not promised anything any more.
    void fill_until(double now) noexcept {
        double const passed = now - filled_at_;
        double const fresh = passed * (rate_at(filled_at_) + rate_at(now)) / 2;
        tokens_ = std::min(tokens_ + fresh, rate_at(now));
        promised_ = std::max(0.0, promised_ - fresh);
        filled_at_ = now;
    }

    // The time t in which so many come at a rate that rises: rate t + first t^2 / 2 = count.
    double until_there_are(double count, double now) const noexcept {
        double const rate = rate_at(now);
        return (std::sqrt(rate * rate + 2 * first_ * count) - rate) / first_;
    }

    double const first_;  // of the first second
    double const most_;
    double const length_;
    std::function<Time()> const clock_;
    Time start_{};
    double filled_at_ = 0;  // seconds after the start
    double tokens_;
    double promised_ = 0;  // turns given and not come yet
};

}  // namespace pumphouse
