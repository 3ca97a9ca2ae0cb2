// SPDX-License-Identifier: MIT
//
// Memory: a shard's own size classes, 256 bytes to 128 KiB, for log segments and other things
// that come and go with traffic. One shard's thread only. Freed pieces are kept for the next use,
// up to a bound, so that a steady state allocates nothing and a burst is given back.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <new>
#include <utility>

namespace pumphouse {

class Memory {
public:
    struct Piece {
        std::byte* data = nullptr;
        std::size_t bytes = 0;
    };

    explicit Memory(std::size_t max_kept_bytes = std::size_t{4} << 20) noexcept
        : max_kept_bytes_{max_kept_bytes} {}
    Memory(Memory const&) = delete;
    Memory& operator=(Memory const&) = delete;
    ~Memory() {
        for (Free*& list : free_) {
            while (list != nullptr) ::operator delete(std::exchange(list, list->next));
        }
    }

    /// At least `bytes`; throws std::bad_alloc when memory ends.
    Piece get(std::size_t bytes) {
        std::size_t const rounded = std::bit_ceil(bytes < smallest ? smallest : bytes);
        if (rounded > largest) {
            in_use_bytes_ += bytes;
            return {static_cast<std::byte*>(::operator new(bytes)), bytes};
        }
        in_use_bytes_ += rounded;
        Free*& list = list_of(rounded);
        if (list == nullptr) return {static_cast<std::byte*>(::operator new(rounded)), rounded};
        kept_bytes_ -= rounded;
        return {reinterpret_cast<std::byte*>(std::exchange(list, list->next)), rounded};
    }

    void put(Piece piece) noexcept {
        in_use_bytes_ -= piece.bytes;
        if (piece.bytes > largest || kept_bytes_ + piece.bytes > max_kept_bytes_) {
            return ::operator delete(piece.data);
        }
        Free*& list = list_of(piece.bytes);
        list = new (piece.data) Free{list};
        kept_bytes_ += piece.bytes;
    }

    std::size_t in_use_bytes() const noexcept { return in_use_bytes_; }
    std::size_t kept_bytes() const noexcept { return kept_bytes_; }

private:
    struct Free {
        Free* next;
    };
    static constexpr std::size_t smallest = 256;
    static constexpr std::size_t largest = std::size_t{128} << 10;
    static constexpr std::size_t classes = std::bit_width(largest / smallest);

    Free*& list_of(std::size_t rounded) noexcept {
        return free_[static_cast<std::size_t>(std::countr_zero(rounded / smallest))];
    }

    std::size_t const max_kept_bytes_;
    std::array<Free*, classes> free_{};
    std::size_t kept_bytes_ = 0;
    std::size_t in_use_bytes_ = 0;
};

}  // namespace pumphouse
