// SPDX-License-Identifier: MIT
//
// TimerWheel: all deadlines of a shard's clients, one place per client and no object per timer; and
// RoomWheel, the finer one of its rooms. Each is a hashed wheel (Varghese & Lauck, "Hashed and
// hierarchical timing wheels", SOSP 1987) of 1,024 slots of 64 or 4 ms; what is due later than one
// turn of the wheel comes by early and is put back. Setting and clearing are O(1). A timer fires
// at most one slot late, never early.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <pumphouse/room/timer.hpp>

namespace pumphouse {

template <std::int64_t slot_milliseconds>
class BasicTimerWheel {
public:
    static constexpr Duration slot_width = std::chrono::milliseconds{slot_milliseconds};

    void start(Time now) noexcept { tick_ = tick_of(now); }

    void set(Timer& timer, Time due) noexcept {
        clear(timer);
        if (due == Time::max()) return;
        timer.due = due;
        // Rounded up: when the slot comes by, the timer is due.
        std::uint64_t at = tick_of(due + slot_width - Duration{1});
        if (at <= tick_) at = tick_ + 1;
        if (at >= tick_ + slots) at = tick_ + slots - 1;
        link(timer, at % slots);
    }

    void clear(Timer& timer) noexcept {
        timer.due = Time::max();
        if (timer.previous == nullptr) return;
        timer.previous->next = timer.next;
        if (timer.next != nullptr) timer.next->previous = timer.previous;
        timer.next = timer.previous = nullptr;
    }

    /// Calls `fire(timer)` for each that is due by `now`, at most `most` of them; false when more
    /// are due. A fired timer is clear; `fire` may set and clear any.
    bool advance(Time now, std::size_t most, auto&& fire) {
        std::uint64_t const target = tick_of(now);
        while (tick_ < target) {
            std::uint64_t const at = (tick_ + 1) % slots;
            Timer& head = heads_[at];
            while (Timer* const timer = head.next) {
                if (most == 0) return false;
                if (timer->due > now) {
                    postpone(*timer);
                    continue;
                }
                --most;
                clear(*timer);
                fire(*timer);
            }
            used_[at / 64] &= ~(std::uint64_t{1} << at % 64);
            ++tick_;
            if (target - tick_ > slots && is_empty()) tick_ = target;
        }
        return true;
    }

    /// When `advance` has something to do next; max: never, as it stands.
    Time next() const noexcept {
        for (std::uint64_t ahead = 1; ahead <= slots; ++ahead) {
            std::uint64_t const at = (tick_ + ahead) % slots;
            std::uint64_t const word = used_[at / 64] >> at % 64;
            if (word == 0) {
                ahead += 63 - at % 64;
                continue;
            }
            ahead += static_cast<std::uint64_t>(std::countr_zero(word));
            return Time{slot_width * static_cast<std::int64_t>(tick_ + ahead)};
        }
        return Time::max();
    }

private:
    static constexpr std::uint64_t slots = 1024;

    static std::uint64_t tick_of(Time time) noexcept {
        return static_cast<std::uint64_t>(time.time_since_epoch() / slot_width);
    }

    bool is_empty() const noexcept {
        for (auto const word : used_) {
            if (word != 0) return false;
        }
        return true;
    }

    void link(Timer& timer, std::uint64_t at) noexcept {
        Timer& head = heads_[at];
        timer.previous = &head;
        timer.next = head.next;
        if (head.next != nullptr) head.next->previous = &timer;
        head.next = &timer;
        used_[at / 64] |= std::uint64_t{1} << at % 64;
    }

    // A slot came by that this timer only shares because it is more than one turn away.
    void postpone(Timer& timer) noexcept {
        Time const due = timer.due;
        std::uint64_t const tick = tick_++;  // as if this slot were over
        set(timer, due);
        tick_ = tick;
    }

    std::array<Timer, slots> heads_{};
    std::array<std::uint64_t, slots / 64> used_{};
    std::uint64_t tick_ = 0;
};

using TimerWheel = BasicTimerWheel<64>;
using RoomWheel = BasicTimerWheel<4>;

}  // namespace pumphouse
