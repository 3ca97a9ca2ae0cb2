// SPDX-License-Identifier: MIT
//
// SpotChecks: which of a shard's messages are measured: the first, and then one of about 16, at
// distances of 1 to 32 without a rhythm. So each type is measured as often as it comes, also where
// a peer says its types in turn. What is measured counts for those that were not.
#pragma once

#include <cstdint>
#include <utility>

namespace pumphouse {

class SpotChecks {
public:
    /// Once for each message.
    bool is_due() noexcept { return --left_ == 0; }

    /// For how many messages the one that is due counts: itself, and those since the last one.
    std::uint32_t take() noexcept {
        // A linear congruential generator (W. Press et al., "Numerical Recipes in C", 1992, 7.1);
        // its high bits are the good ones.
        state_ = state_ * 1'664'525U + 1'013'904'223U;
        left_ = 1 + (state_ >> 27);
        return std::exchange(distance_, left_);
    }

private:
    std::uint32_t left_ = 1;
    std::uint32_t distance_ = 1;
    std::uint32_t state_ = 0;
};

}  // namespace pumphouse
