// SPDX-License-Identifier: MIT
//
// KeyTable: where the newest record of each key of a room stands. Open addressing with linear
// probing, and deletion by shifting back (Knuth, The Art of Computer Programming 3, 6.4, algorithm
// R), so that it never fills up with graves. It is looked up, never iterated: nothing depends on
// its order. A key is not 0.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pumphouse {

class KeyTable {
public:
    static constexpr std::uint32_t nowhere = 0xffffffff;

    KeyTable() : slots_(16) {}

    std::size_t size() const noexcept { return size_; }

    std::uint32_t find(std::uint64_t key) const noexcept {
        Slot const& slot = slots_[place_of(key)];
        return slot.key == key ? slot.place : nowhere;
    }

    void set(std::uint64_t key, std::uint32_t place) {
        std::size_t at = place_of(key);
        if (slots_[at].key != key) {
            if (++size_ * 2 > slots_.size()) {
                grow();
                at = place_of(key);
            }
            slots_[at].key = key;
        }
        slots_[at].place = place;
    }

    void erase(std::uint64_t key) noexcept {
        std::size_t hole = place_of(key);
        if (slots_[hole].key != key) return;
        --size_;
        // Whoever was pushed past the hole by it moves up.
        for (std::size_t at = next(hole); slots_[at].key != 0; at = next(at)) {
            std::size_t const wanted = first_of(slots_[at].key);
            if (distance(wanted, at) < distance(hole, at)) continue;
            slots_[hole] = slots_[at];
            hole = at;
        }
        slots_[hole] = {};
    }

private:
    struct Slot {
        std::uint64_t key = 0;
        std::uint32_t place = 0;
    };

    // Multiplicative (Knuth 6.4), so that keys that are consecutive numbers spread out.
    std::size_t first_of(std::uint64_t key) const noexcept {
        std::uint64_t const mixed = (key ^ key >> 32) * 0x9e3779b97f4a7c15ULL;
        return static_cast<std::size_t>(mixed >> (64 - std::countr_zero(slots_.size())));
    }
    std::size_t next(std::size_t at) const noexcept { return (at + 1) & (slots_.size() - 1); }
    std::size_t distance(std::size_t from, std::size_t to) const noexcept {
        return (to - from) & (slots_.size() - 1);
    }

    /// Where the key stands, or would be put.
    std::size_t place_of(std::uint64_t key) const noexcept {
        std::size_t at = first_of(key);
        while (slots_[at].key != 0 && slots_[at].key != key) at = next(at);
        return at;
    }

    void grow() {
        std::vector<Slot> old(slots_.size() * 2);
        old.swap(slots_);
        for (Slot const& each : old) {
            if (each.key != 0) slots_[place_of(each.key)] = each;
        }
    }

    std::vector<Slot> slots_;  // a power of two, at most half full
    std::size_t size_ = 0;
};

}  // namespace pumphouse
