// SPDX-License-Identifier: MIT
//
// ConditionDriver: runs one shard on the thread that calls `run`, waiting on a condition variable
// while there is nothing to do. A waker takes its lock once per burst, not per message.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>

#include <pumphouse/hub/hub_base.hpp>

namespace pumphouse {

class ConditionWaker final : public Waker {
public:
    void wake() noexcept override {
        {
            std::scoped_lock const lock{mutex_};
            is_awake_ = true;
        }
        condition_.notify_one();
    }

    /// Until woken, or for this long; Duration::max(): until woken.
    void wait(Duration most) {
        std::unique_lock lock{mutex_};
        auto const is_awake = [this] { return is_awake_; };
        if (most == Duration::max()) {
            condition_.wait(lock, is_awake);
        } else {
            condition_.wait_for(lock, most, is_awake);
        }
        is_awake_ = false;
    }

private:
    std::mutex mutex_;
    std::condition_variable condition_;
    bool is_awake_ = false;
};

class ConditionDriver {
public:
    ConditionDriver(HubBase& hub, std::size_t shard)
        : hub_{hub}, index_{shard}, waker_{std::make_shared<ConditionWaker>()} {
        hub_.core()->set_waker(index_, waker_);
    }
    ConditionDriver(ConditionDriver const&) = delete;
    ConditionDriver& operator=(ConditionDriver const&) = delete;
    ~ConditionDriver() { hub_.core()->set_waker(index_, nullptr); }

    /// Until the hub has been shut down and the shard's clients are gone.
    void run() {
        Shard& shard = hub_.shard(index_);
        for (;;) {
            TurnResult const result = shard.turn(hub_.now(), {});
            if (result.finished && !result.more) return;
            if (result.more || !shard.sleep()) continue;
            bool const is_forever = result.next_deadline == Time::max();
            waker_->wait(is_forever ? Duration::max() : result.next_deadline - hub_.now());
        }
    }

private:
    HubBase& hub_;
    std::size_t const index_;
    std::shared_ptr<ConditionWaker> const waker_;
};

}  // namespace pumphouse
