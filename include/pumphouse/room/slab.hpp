// SPDX-License-Identifier: MIT
//
// Slab: objects of one type, made and ended often, without a header per object. Memory comes in
// chunks of 64 objects and is reused until the slab ends. One thread only.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace pumphouse {

template <typename T>
class Slab {
public:
    Slab() = default;
    Slab(Slab const&) = delete;
    Slab& operator=(Slab const&) = delete;

    template <typename... Arguments>
    T& make(Arguments&&... arguments) {
        if (free_ == nullptr) add_chunk();
        Place* const place = std::exchange(free_, free_->next);
        return *new (place->object) T{std::forward<Arguments>(arguments)...};
    }

    void end(T& object) noexcept {
        object.~T();
        free_ = new (&object) Place{free_};
    }

private:
    union Place {
        Place* next;
        alignas(T) std::byte object[sizeof(T)];
    };
    static constexpr std::size_t per_chunk = 64;

    void add_chunk() {
        chunks_.push_back(std::make_unique<Place[]>(per_chunk));
        for (std::size_t i = per_chunk; i-- != 0;) {
            Place& each = chunks_.back()[i];
            each.next = std::exchange(free_, &each);
        }
    }

    std::vector<std::unique_ptr<Place[]>> chunks_;
    Place* free_ = nullptr;
};

}  // namespace pumphouse
