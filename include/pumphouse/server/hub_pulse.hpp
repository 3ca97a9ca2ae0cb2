// SPDX-License-Identifier: MIT
//
// HubPulse: whether all shards of a hub still take turns. Each look says what became of the
// question before and, when that was answered, puts a new one to every shard. So nobody waits, and
// nothing runs between two looks: a balancer learns of a hub that stands still at its second look
// from then on, and that it goes on at the first one after.
//
// One thread at a time; the shards answer from theirs.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <pumphouse/hub/hub_core.hpp>

namespace pumphouse {

class HubPulse {
public:
    using Clock = std::chrono::steady_clock;

    explicit HubPulse(std::shared_ptr<HubCore> hub) : hub_{std::move(hub)} {}

    struct Seen {
        Duration took{};          // the last question, so far if it waits; at the first look zero
        bool is_waiting = false;  // for an answer
    };

    Seen look() {
        if (beat_ != nullptr && !beat_->is_answered) return {Clock::now() - beat_->at, true};
        Duration const took = beat_ != nullptr ? beat_->took : Duration::zero();
        ask();
        return {took};
    }

    HubCore const& hub() const noexcept { return *hub_; }

private:
    struct Beat {
        explicit Beat(std::size_t shards) noexcept : shards_left{shards} {}
        Clock::time_point const at = Clock::now();
        std::atomic<std::size_t> shards_left;
        Duration took{};
        std::atomic<bool> is_answered{false};  // and `took` is good
    };

    // Its end is the answer: a hub that is over ends it at once.
    struct Question final : Command {
        explicit Question(std::shared_ptr<Beat> whose) noexcept : beat{std::move(whose)} {}
        ~Question() override {
            if (--beat->shards_left != 0) return;
            beat->took = Clock::now() - beat->at;
            beat->is_answered = true;
        }
        void run(Shard&) override {}
        std::shared_ptr<Beat> const beat;
    };

    void ask() {
        auto const beat = std::make_shared<Beat>(hub_->shard_count());
        std::vector<std::unique_ptr<Question>> questions;  // all or none, if memory runs out
        for (std::size_t i = 0; i < hub_->shard_count(); ++i) {
            questions.push_back(std::make_unique<Question>(beat));
        }
        beat_ = beat;
        for (std::size_t i = 0; i < questions.size(); ++i) {
            static_cast<void>(hub_->post(i, questions[i].release()));
        }
    }

    std::shared_ptr<HubCore> const hub_;
    std::shared_ptr<Beat> beat_;
};

}  // namespace pumphouse
