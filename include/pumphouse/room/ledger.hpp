// SPDX-License-Identifier: MIT
//
// Ledger: what became of every record that was due to somebody. The sum of it holds always:
//
//   due = delivered + excluded + skipped + conflated + in_flight + pending + discarded
//
// for one membership as for a whole shard. *Delivered* means that the transport took the last
// byte of the frame; it is not a receipt. Each record is counted once, when a cursor passes it
// or is ended before it.
#pragma once

#include <cstdint>

namespace pumphouse {

struct Ledger {
    std::uint64_t due = 0;
    std::uint64_t delivered = 0;
    std::uint64_t excluded = 0;   // left out by `except`
    std::uint64_t skipped = 0;    // jumped over by `Overflow::skip`
    std::uint64_t conflated = 0;  // superseded by a newer value of its key
    std::uint64_t in_flight = 0;  // the transport took a part of the frame
    std::uint64_t pending = 0;    // not offered yet
    std::uint64_t discarded_leave = 0;  // the member left with these pending
    std::uint64_t discarded_close = 0;  // its connection ended with these pending
    std::uint64_t discarded_unsubscribe = 0;  // taken out by `Overflow::unsubscribe` with these

    constexpr std::uint64_t accounted() const noexcept {
        return delivered + excluded + skipped + conflated + in_flight + pending +
               discarded_leave + discarded_close + discarded_unsubscribe;
    }
    constexpr bool balances() const noexcept { return due == accounted(); }

    friend constexpr bool operator==(Ledger const&, Ledger const&) = default;
};

}  // namespace pumphouse
