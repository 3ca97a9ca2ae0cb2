// SPDX-License-Identifier: MIT
//
// Rates: what clients say is held against buckets of the simulation's own, which are counted in
// tokens and not in time.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "../world.hpp"

namespace simulation {

class Rates final : public Feature {
public:
    using Feature::Feature;

    static void draw(pumphouse::HubOptions& options, Random& random) {
        using pumphouse::RateAction;
        auto const draw_one = [&](pumphouse::RateOptions& rate) {
            rate.messages = {.per_second = random.one_in(2) ? 0.5 : 2.0,
                             .burst = static_cast<double>(random.between(1, 3))};
            rate.action = random.one_in(3)   ? RateAction::disconnect
                          : random.one_in(2) ? RateAction::error
                                             : RateAction::drop;
        };
        if (random.one_in(3)) draw_one(options.rate);
        if (random.one_in(3)) draw_one(options.user_rate);
    }

    void heard(Person& person) override {
        auto const& options = world.hub().core()->options;
        bool const is_within = of_clients_[person.serial].take(options.rate.messages);
        bool const is_users = person.user.empty() ||
                              of_users_[person.user].take(options.user_rate.messages);
        world.require(is_within && is_users, "somebody said more than the rate lets");
    }

    void limited(Person& person) override {
        using pumphouse::RateAction;
        auto const& options = world.hub().core()->options;
        world.require(options.rate.is_set() || options.user_rate.is_set(),
                      "a limit held that there is not");
        ++world.seen.limited;
        if (options.user_rate.is_set()) return;  // whose fault it was is not told
        auto& last = told_at_[person.serial];
        bool const is_rare = last == 0 || virtual_now - last >= 1'000'000'000;
        last = virtual_now;
        world.require(is_rare || options.rate.action != RateAction::drop, "told more than needed");
        bool const has_tokens = of_clients_[person.serial].has_one(options.rate.messages);
        world.require(!has_tokens, "somebody was limited who had said little");
    }

    void closed(Person& person, pumphouse::CloseReason const& reason) override {
        using pumphouse::RateAction;
        auto const& options = world.hub().core()->options;
        if (reason.code == pumphouse::CloseCode::rate) {
            bool const is_asked_for = options.rate.action == RateAction::disconnect ||
                                      options.user_rate.action == RateAction::disconnect;
            world.require(is_asked_for, "somebody was closed for a rate who was to be told");
        }
        // The last device takes the user's bucket with it.
        for (Person const* each : world.living()) {
            if (each != &person && each->user == person.user) return;
        }
        of_users_.erase(person.user);
    }

private:
    struct Bucket {
        static constexpr double nearly = 1e-6;  // of a token, for what rounding does

        bool has_one(pumphouse::RateLimit const& limit) {
            if (!limit.is_set()) return true;
            if (!is_made) tokens = limit.burst;
            is_made = true;
            double const passed = static_cast<double>(virtual_now - at) * 1e-9;
            tokens = std::min(limit.burst, tokens + passed * limit.per_second);
            at = virtual_now;
            return tokens + nearly >= 1;
        }
        bool take(pumphouse::RateLimit const& limit) {
            if (!limit.is_set()) return true;
            if (!has_one(limit)) return false;
            tokens -= 1;
            return true;
        }

        double tokens = 0;
        std::int64_t at = 0;
        bool is_made = false;
    };

    std::map<std::uint32_t, Bucket> of_clients_;
    std::map<std::string, Bucket> of_users_;
    std::map<std::uint32_t, std::int64_t> told_at_;
};

}  // namespace simulation
