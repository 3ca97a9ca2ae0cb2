// SPDX-License-Identifier: MIT
//
// Sampler: which spans are recorded. A trace that begins here is by its id, so that every program
// with the same ratio decides alike; what has a parent follows it.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include <pumphouse/observe/tracing/trace_context.hpp>

namespace pumphouse {

struct SamplingOptions {
    /// Share of the traces that begin here which is recorded, 0 to 1. Each connection and each
    /// message begins one.
    double ratio = 1;

    /// Whether a span is recorded exactly when its parent is. False: the ratio decides for all; but
    /// below a message that is not recorded there are none.
    bool parent_based = true;
};

class Sampler {
public:
    explicit Sampler(SamplingOptions const& options) noexcept
        : is_parent_based_{options.parent_based},
          bound_{options.ratio >= 1 ? all
                 : options.ratio > 0
                     ? static_cast<std::uint64_t>(std::ldexp(options.ratio, 63))
                     : 0} {}

    bool takes(TraceContext const& context, TraceContext const& parent) const noexcept {
        if (is_parent_based_ && parent.is_valid()) return parent.is_sampled();
        std::uint64_t low = 0;  // the half of the id that is random, whoever made it
        for (std::size_t i = 8; i < 16; ++i) low = low << 8 | context.trace_id[i];
        return low >> 1 < bound_;
    }

private:
    static constexpr std::uint64_t all = std::uint64_t{1} << 63;

    bool const is_parent_based_;
    std::uint64_t const bound_;  // of 63 bits
};

}  // namespace pumphouse
