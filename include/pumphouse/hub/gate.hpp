// SPDX-License-Identifier: MIT
//
// Gate: between handlers that may still be queued somewhere and an object that is going away.
// A handler enters before it touches the object and leaves after; `close` returns when nobody is
// inside, and nobody enters any more. One handler at a time (they share a strand); `close` from
// any thread, once. Entering and leaving are one compare-and-swap each.
//
// A handler that closes its own gate is not waited for: it must not touch the object afterwards.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace pumphouse {

class Gate {
public:
    /// Held while inside; false when the gate is closed.
    class Pass {
    public:
        explicit Pass(Gate& gate) noexcept : gate_{gate.enter() ? &gate : nullptr} {}
        Pass(Pass const&) = delete;
        Pass& operator=(Pass const&) = delete;
        ~Pass() {
            if (gate_ != nullptr) gate_->leave();
        }
        explicit operator bool() const noexcept { return gate_ != nullptr; }

    private:
        Gate* gate_;
    };

    void close() noexcept {
        if (state_.exchange(State::closed) != State::inside) return;
        if (inside_.load() == std::this_thread::get_id()) return;
        state_.wait(State::closed);
    }

    bool is_closed() const noexcept { return state_.load() >= State::closed; }

private:
    enum class State : std::uint32_t { open, inside, closed, left };

    bool enter() noexcept {
        State expected = State::open;
        if (!state_.compare_exchange_strong(expected, State::inside)) return false;
        inside_.store(std::this_thread::get_id());
        return true;
    }

    void leave() noexcept {
        State expected = State::inside;
        if (state_.compare_exchange_strong(expected, State::open)) return;
        state_.store(State::left);
        state_.notify_all();
    }

    std::atomic<State> state_{State::open};
    std::atomic<std::thread::id> inside_{};
};

}  // namespace pumphouse
