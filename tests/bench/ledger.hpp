// SPDX-License-Identifier: MIT
//
// What has been sent and who has received it, and the judge of both. A hub promises that every
// member sees the same messages in the same order, each once, and each sender's in the order they
// were sent. The ledger holds every delivery to that: whoever is first at a position fixes which
// message belongs there, everybody after must find the same one. A measurement of a server that
// loses, repeats or reorders messages is worth nothing, so the first breach throws.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace pumphouse::bench {

class Ledger {
public:
    /// Message n is sent by sender n % senders; at most `window` messages are incomplete.
    Ledger(std::size_t receivers, std::size_t senders, std::size_t window)
        : receivers_{receivers}, window_{window},
          places_(std::bit_ceil(window)), next_of_(senders) {
        std::iota(next_of_.begin(), next_of_.end(), std::uint64_t{0});
    }

    bool may_send() const { return sent_ - completed_ < window_; }
    std::uint64_t send() { return sent_++; }

    /// One delivery: the message that a client got as its `position`-th.
    void receive(std::uint64_t position, std::uint64_t message) {
        Place& place = places_[position & (places_.size() - 1)];
        if (position == ordered_) {
            order(message);
            place = {message, 0};
        } else if (place.message != message) {
            breach("others got message " + std::to_string(place.message) + " here", message);
        }
        if (++place.receipts == receivers_) ++completed_;
    }

    std::uint64_t completed() const { return completed_; }
    bool all_completed() const { return completed_ == sent_; }

private:
    struct Place {
        std::uint64_t message = 0;
        std::size_t receipts = 0;
    };

    /// The next place in the common order is taken by `message`.
    void order(std::uint64_t message) {
        if (message >= sent_) breach("it was never sent", message);
        std::uint64_t& next = next_of_[message % next_of_.size()];
        if (message != next) breach("its sender's turn was " + std::to_string(next), message);
        next += next_of_.size();
        ++ordered_;
    }

    [[noreturn]] static void breach(const std::string& why, std::uint64_t message) {
        throw std::runtime_error{"wrong delivery: message " + std::to_string(message) +
                                 ", but " + why};
    }

    std::size_t receivers_;
    std::size_t window_;
    std::uint64_t sent_ = 0;
    std::uint64_t ordered_ = 0;    // places whose message is known
    std::uint64_t completed_ = 0;  // places that everybody has passed
    std::vector<Place> places_;    // a ring over the incomplete ones
    std::vector<std::uint64_t> next_of_;
};

}  // namespace pumphouse::bench
