// SPDX-License-Identifier: MIT
//
// Admission: counts a server's connections, all together, per peer address and per user, from
// accept to close: while they shake hands and while they are clients of a hub. Whoever is admitted
// holds a Ticket; its end makes room again.
//
// Any thread. Counting all is one atomic; the tables have a lock, taken twice in a connection's
// life, and only when the limit they are for is set.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <pumphouse/server/peer_address.hpp>

namespace pumphouse {

/// Connections at a time; 0: no limit.
struct AdmissionCaps {
    std::size_t all = 0;
    std::size_t per_address = 0;  // of IPv6: per /64 network
    std::size_t per_user = 0;
};

class Admission : public std::enable_shared_from_this<Admission> {
    using Addresses = std::map<PeerAddress, std::size_t>;
    using Users = std::map<std::string, std::size_t, std::less<>>;

public:
    enum class Answer : std::uint8_t { admitted, too_many, too_many_from_address };

    class Ticket {
    public:
        Ticket() = default;
        Ticket(Ticket&& other) noexcept { swap(other); }
        Ticket& operator=(Ticket&& other) noexcept {
            swap(other);
            return *this;
        }
        ~Ticket() {
            if (admission_) admission_->leave(*this);
        }

        /// Counts it as of this address from now on; false: that one has too many.
        [[nodiscard]] bool name_address(PeerAddress const& address) {
            return admission_ == nullptr || admission_->enter(*this, address);
        }

        /// Counts it as of this user from now on; false: that one has too many.
        [[nodiscard]] bool name_user(std::string_view user) {
            return admission_ == nullptr || admission_->enter(*this, user);
        }

    private:
        friend class Admission;
        explicit Ticket(std::shared_ptr<Admission> admission) noexcept
            : admission_{std::move(admission)} {}
        void swap(Ticket& other) noexcept {
            std::swap(admission_, other.admission_);
            std::swap(address_, other.address_);
            std::swap(user_, other.user_);
        }

        std::shared_ptr<Admission> admission_;
        Addresses::value_type* address_ = nullptr;  // its row; null: not counted there
        Users::value_type* user_ = nullptr;
    };

    explicit Admission(AdmissionCaps const& caps) noexcept : caps_{caps} {}

    /// An address that is nothing is not counted yet: `name_address` does it.
    std::pair<Answer, Ticket> admit(PeerAddress const& address) {
        if (count_.fetch_add(1) >= caps_.all && caps_.all != 0) {
            --count_;
            return {Answer::too_many, Ticket{}};
        }
        Ticket ticket{shared_from_this()};
        if (!address || enter(ticket, address)) return {Answer::admitted, std::move(ticket)};
        return {Answer::too_many_from_address, Ticket{}};
    }

    std::size_t count() const noexcept { return count_.load(); }

private:
    bool enter(Ticket& ticket, PeerAddress const& address) {
        if (caps_.per_address == 0 || ticket.address_ != nullptr) return true;
        std::scoped_lock const lock{mutex_};
        auto const row = addresses_.try_emplace(address.customer(), 0).first;
        if (row->second >= caps_.per_address) return false;
        ++row->second;
        ticket.address_ = &*row;
        return true;
    }

    bool enter(Ticket& ticket, std::string_view user) {
        if (caps_.per_user == 0 || ticket.user_ != nullptr) return true;
        std::scoped_lock const lock{mutex_};
        auto const row = users_.try_emplace(std::string{user}, 0).first;
        if (row->second >= caps_.per_user) return false;
        ++row->second;
        ticket.user_ = &*row;
        return true;
    }

    void leave(Ticket& ticket) noexcept {
        --count_;
        if (ticket.address_ == nullptr && ticket.user_ == nullptr) return;
        std::scoped_lock const lock{mutex_};
        if (ticket.address_ != nullptr && --ticket.address_->second == 0) {
            addresses_.erase(addresses_.find(ticket.address_->first));
        }
        if (ticket.user_ != nullptr && --ticket.user_->second == 0) {
            users_.erase(users_.find(ticket.user_->first));
        }
    }

    AdmissionCaps const caps_;
    std::atomic<std::size_t> count_{0};
    std::mutex mutex_;
    Addresses addresses_;
    Users users_;
};

}  // namespace pumphouse
