// SPDX-License-Identifier: MIT
//
// Heartbeat: says when to ping and when to give up, and does neither. A state machine without
// IO: it is told of time, of pings written and of life heard, and answers what is due.
//
// A ping's clock starts when its bytes were taken, so that a peer is not blamed for the time a
// ping waited behind a large message. At most one ping is on its way.
#pragma once

#include <chrono>
#include <cstdint>

#include <pumphouse/fwd.hpp>

namespace pumphouse {

struct HeartbeatOptions {
    /// Time between pings. 0: no pings. 54 s, as gorilla/websocket's chat.
    Duration ping_interval = std::chrono::seconds{54};

    /// How long after a ping its pong may take. 0: forever. 60 s, as gorilla/websocket's chat.
    Duration pong_wait = std::chrono::seconds{60};

    /// Whether any whole message proves life, not only a pong.
    bool any_traffic = false;

    /// A client from which nothing whole arrived for this long is closed. 0: no such limit.
    Duration idle_limit = Duration::zero();
};

class Heartbeat {
public:
    enum class Due : std::uint8_t { nothing, ping, no_pong, idle };

    void start(Time now, HeartbeatOptions const& options) noexcept {
        heard_at_ = now;
        schedule_ping(now, options);
    }

    Due due(Time now, HeartbeatOptions const& options) noexcept {
        if (options.idle_limit > Duration::zero() && now - heard_at_ >= options.idle_limit) {
            return Due::idle;
        }
        if (now < next_) return Due::nothing;
        if (state_ == State::ponging) return Due::no_pong;
        if (state_ != State::resting) return Due::nothing;
        state_ = State::pinging;
        next_ = Time::max();
        return Due::ping;
    }

    void ping_taken(Time now, HeartbeatOptions const& options) noexcept {
        state_ = State::ponging;
        next_ = options.pong_wait > Duration::zero() ? now + options.pong_wait : Time::max();
    }

    void pong(Time now, HeartbeatOptions const& options) noexcept {
        heard_at_ = now;
        if (state_ == State::ponging) schedule_ping(now, options);
    }

    void message(Time now, HeartbeatOptions const& options) noexcept {
        if (options.any_traffic) return pong(now, options);
        heard_at_ = now;
    }

    /// When `due` is to be asked next.
    Time deadline(HeartbeatOptions const& options) const noexcept {
        if (options.idle_limit <= Duration::zero()) return next_;
        Time const idle = heard_at_ + options.idle_limit;
        return idle < next_ ? idle : next_;
    }

private:
    enum class State : std::uint8_t { resting, pinging, ponging };

    void schedule_ping(Time now, HeartbeatOptions const& options) noexcept {
        state_ = State::resting;
        next_ = options.ping_interval > Duration::zero() ? now + options.ping_interval
                                                         : Time::max();
    }

    Time heard_at_{};
    Time next_{};  // of the ping, or of giving up on its pong
    State state_ = State::resting;
};

}  // namespace pumphouse
