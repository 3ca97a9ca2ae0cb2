// SPDX-License-Identifier: MIT
//
// Members: the members of a room on one shard. Two of them fit without an allocation, because
// most rooms of a large hub are pairs. Removing one moves the last into its place, so a walk that
// changes under its feet goes from the end to the front and misses nobody.
#pragma once

#include <cstdint>
#include <cstring>
#include <new>

#include <pumphouse/room/membership.hpp>

namespace pumphouse {

class Members {
public:
    Members() noexcept : few_{} {}
    Members(Members const&) = delete;
    Members& operator=(Members const&) = delete;
    ~Members() {
        if (!is_few()) delete[] many_;
    }

    std::uint32_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    Membership& operator[](std::uint32_t place) const noexcept { return *data()[place]; }

    void add(Membership& member) {
        if (size_ == capacity_) grow();
        member.place = size_;
        data()[size_++] = &member;
    }

    void remove(Membership& member) noexcept {
        Membership* const last = data()[--size_];
        last->place = member.place;
        data()[member.place] = last;
    }

private:
    static constexpr std::uint32_t few = 2;

    bool is_few() const noexcept { return capacity_ == few; }
    Membership* const* data() const noexcept { return is_few() ? few_ : many_; }
    Membership** data() noexcept { return is_few() ? few_ : many_; }

    void grow() {
        auto** const larger = new Membership*[capacity_ * 2];
        std::memcpy(larger, data(), size_ * sizeof(Membership*));
        if (!is_few()) delete[] many_;
        many_ = larger;
        capacity_ *= 2;
    }

    union {
        Membership* few_[few];
        Membership** many_;
    };
    std::uint32_t size_ = 0;
    std::uint32_t capacity_ = few;
};

}  // namespace pumphouse
