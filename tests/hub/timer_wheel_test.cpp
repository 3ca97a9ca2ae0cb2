// SPDX-License-Identifier: MIT
//
// What hub/timer_wheel.hpp guarantees: never early, at most one slot late, however far away.
#include <deque>
#include <map>
#include <vector>

#include <pumphouse/hub/timer_wheel.hpp>

#include <pumphouse/testing/simulation/random.hpp>
#include "support/catch.hpp"

using namespace pumphouse;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t any = ~std::size_t{0};
Time const begin{100s};

}  // namespace

TEST_CASE("timer wheel: a timer fires once, not early and at most one slot late") {
    for (auto const delay : {Duration{1}, Duration{1ms}, Duration{63ms}, Duration{64ms},
                             Duration{65ms}, Duration{10s}, Duration{65s}, Duration{66s},
                             Duration{2h}}) {
        TimerWheel wheel;
        wheel.start(begin);
        Timer timer;
        wheel.set(timer, begin + delay);
        Time fired{};
        int times = 0;
        Duration const step = delay > 100s ? Duration{61ms} : Duration{7ms};
        for (Time now = begin; now <= begin + delay + 200ms; now += step) {
            wheel.advance(now, any, [&](Timer&) { fired = now, ++times; });
        }
        CHECK(times == 1);
        CHECK(fired >= begin + delay);
        CHECK(fired <= begin + delay + TimerWheel::slot_width + step);
    }
}

TEST_CASE("timer wheel: a jump of time fires everything that is due and nothing else") {
    for (auto const jump : {Duration{1s}, Duration{65s}, Duration{66s}, Duration{1h}}) {
        TimerWheel wheel;
        wheel.start(begin);
        std::vector<Timer> timers(2000);
        for (std::size_t i = 0; i < timers.size(); ++i) {
            wheel.set(timers[i], begin + 97ms * static_cast<std::int64_t>(i));
        }
        std::size_t fired = 0;
        bool is_early = false;
        Time const now = begin + jump;
        wheel.advance(now, any, [&](Timer& timer) {
            ++fired;
            is_early |= begin + 97ms * (&timer - &timers[0]) > now;
        });
        std::size_t due = 0;
        for (std::size_t i = 0; i < timers.size(); ++i) {
            due += begin + 97ms * static_cast<std::int64_t>(i) + TimerWheel::slot_width <= now;
        }
        CHECK_FALSE(is_early);
        CHECK(fired >= due);
        CHECK(fired <= due + 1);
        // What is left still fires.
        wheel.advance(begin + 2h, any, [&](Timer&) { ++fired; });
        CHECK(fired == timers.size());
    }
}

TEST_CASE("timer wheel: a cleared timer does not fire, and one set again fires for its last time") {
    TimerWheel wheel;
    wheel.start(begin);
    Timer cleared;
    Timer moved;
    wheel.set(cleared, begin + 1s);
    wheel.set(moved, begin + 1s);
    wheel.clear(cleared);
    wheel.clear(cleared);
    CHECK(cleared.due == Time::max());
    wheel.set(moved, begin + 5s);
    int fired = 0;
    wheel.advance(begin + 4s, any, [&](Timer&) { ++fired; });
    CHECK(fired == 0);
    wheel.advance(begin + 6s, any, [&](Timer& timer) { fired += &timer == &moved; });
    CHECK(fired == 1);
    wheel.set(moved, Time::max());
    wheel.advance(begin + 9h, any, [&](Timer&) { ++fired; });
    CHECK(fired == 1);
}

TEST_CASE("timer wheel: no more fire than asked for, and the rest fire next") {
    TimerWheel wheel;
    wheel.start(begin);
    std::deque<Timer> timers(100);
    for (auto& each : timers) wheel.set(each, begin + 10ms);
    int fired = 0;
    auto const fire = [&](Timer&) { ++fired; };
    CHECK_FALSE(wheel.advance(begin + 1s, 30, fire));
    CHECK(fired == 30);
    CHECK_FALSE(wheel.advance(begin + 1s, 30, fire));
    CHECK(wheel.advance(begin + 1s, 40, fire));
    CHECK(fired == 100);
}

TEST_CASE("timer wheel: what fires may set and clear any timer") {
    TimerWheel wheel;
    wheel.start(begin);
    Timer first;
    Timer victim;
    Timer last;
    std::map<Timer*, int> fired;
    wheel.set(first, begin + 10ms);
    wheel.set(victim, begin + 20ms);
    auto const fire = [&](Timer& timer) {
        ++fired[&timer];
        if (fired.size() > 1) return;
        wheel.clear(victim);
        wheel.set(first, begin + 100ms);
        wheel.set(last, begin);  // long due
    };
    // Whichever of the two fires first clears or keeps the other.
    wheel.advance(begin + 500ms, any, fire);
    wheel.advance(begin + 1s, any, fire);
    CHECK(fired[&last] == 1);
    CHECK(fired[&victim] <= 1);
    CHECK(fired[&first] >= 1);
}

TEST_CASE("timer wheel: next never is after the first deadline by more than a slot") {
    TimerWheel wheel;
    wheel.start(begin);
    CHECK(wheel.next() == Time::max());
    for (auto const delay : {Duration{1ms}, Duration{5s}, Duration{64s}, Duration{1h}}) {
        Timer timer;
        wheel.set(timer, begin + delay);
        CHECK(wheel.next() > begin);
        CHECK(wheel.next() <= begin + delay + TimerWheel::slot_width);
        wheel.clear(timer);
    }
}

TEST_CASE("timer wheel: a host that waits for next and no longer sees every timer in time") {
    pumphouse::simulation::Random random{7};
    TimerWheel wheel;
    wheel.start(begin);
    std::deque<Timer> timers(200);
    std::map<Timer*, Time> due;
    Time now = begin;
    int late = 0;
    int early = 0;
    int fired = 0;
    auto const set = [&](Timer& timer) {
        Time const at = now + Duration{1ms} * static_cast<std::int64_t>(random.below(200'000));
        wheel.set(timer, at);
        due[&timer] = at;
    };
    for (auto& each : timers) set(each);
    while (fired < 5000) {
        now = std::max(now, wheel.next());
        wheel.advance(now, any, [&](Timer& timer) {
            ++fired;
            early += now < due[&timer];
            late += now > due[&timer] + TimerWheel::slot_width;
            set(timer);
        });
    }
    CHECK(early == 0);
    CHECK(late == 0);
}
