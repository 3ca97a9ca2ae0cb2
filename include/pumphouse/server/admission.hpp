// SPDX-License-Identifier: MIT
//
// Admission: counts a server's connections, all together and per peer address, from accept to
// close: while they shake hands and while they are clients of a hub. Whoever is admitted holds a
// Ticket; its end makes room again.
//
// Any thread. Counting all is one atomic; the table of addresses has a lock, taken twice in a
// connection's life and only when `max_per_address` is set.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace pumphouse {

/// A peer as the limits see it: an IPv4 address, or the first 64 bits of an IPv6 one (what a
/// single customer of a provider has).
struct PeerAddress {
    std::array<std::uint8_t, 9> bytes{};  // the first one: 4 or 6
    friend auto operator<=>(PeerAddress const&, PeerAddress const&) = default;
};

class Admission : public std::enable_shared_from_this<Admission> {
public:
    enum class Answer : std::uint8_t { admitted, too_many, too_many_from_address };

    class Ticket {
    public:
        Ticket() = default;
        Ticket(Ticket&& other) noexcept = default;
        Ticket& operator=(Ticket&& other) noexcept {
            std::swap(admission_, other.admission_);
            std::swap(address_, other.address_);
            return *this;
        }
        ~Ticket() {
            if (admission_) admission_->leave(address_);
        }

    private:
        friend class Admission;
        Ticket(std::shared_ptr<Admission> admission, PeerAddress address) noexcept
            : admission_{std::move(admission)}, address_{address} {}
        std::shared_ptr<Admission> admission_;
        PeerAddress address_;
    };

    /// 0: no limit.
    Admission(std::size_t max_connections, std::size_t max_per_address) noexcept
        : max_{max_connections}, max_per_address_{max_per_address} {}

    std::pair<Answer, Ticket> admit(PeerAddress const& address) {
        if (count_.fetch_add(1) >= max_ && max_ != 0) {
            --count_;
            return {Answer::too_many, Ticket{}};
        }
        if (!enter(address)) {
            --count_;
            return {Answer::too_many_from_address, Ticket{}};
        }
        return {Answer::admitted, Ticket{shared_from_this(), address}};
    }

    std::size_t count() const noexcept { return count_.load(); }

private:
    bool enter(PeerAddress const& address) {
        if (max_per_address_ == 0) return true;
        std::scoped_lock const lock{mutex_};
        std::size_t& count = addresses_[address];
        if (count >= max_per_address_) return false;
        ++count;
        return true;
    }

    void leave(PeerAddress const& address) noexcept {
        --count_;
        if (max_per_address_ == 0) return;
        std::scoped_lock const lock{mutex_};
        auto const found = addresses_.find(address);
        if (--found->second == 0) addresses_.erase(found);
    }

    std::size_t const max_;
    std::size_t const max_per_address_;
    std::atomic<std::size_t> count_{0};
    std::mutex mutex_;
    std::map<PeerAddress, std::size_t> addresses_;
};

}  // namespace pumphouse
