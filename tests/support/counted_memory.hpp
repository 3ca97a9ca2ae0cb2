// SPDX-License-Identifier: MIT
//
// Counts the heap: how large it is, each block as the C library makes it, with the word before it;
// and how many blocks a thread took while it was looked at. For one program of one translation
// unit, because it replaces operator new.
#pragma once

#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace support {

inline std::atomic<std::int64_t> heap_bytes{0};

inline thread_local bool is_counting = false;  // allocations on this thread
inline std::atomic<std::uint64_t> allocations{0};

inline std::int64_t size_of_block(void* memory) noexcept {
    if (memory == nullptr) return 0;
    return static_cast<std::int64_t>(malloc_usable_size(memory) + sizeof(void*));
}

inline void* counted(void* memory) {
    if (memory == nullptr) throw std::bad_alloc{};
    heap_bytes += size_of_block(memory);
    if (is_counting) ++allocations;
    return memory;
}

inline void give_back(void* memory) noexcept {
    heap_bytes -= size_of_block(memory);
    std::free(memory);
}

inline void* counted_aligned(std::size_t bytes, std::align_val_t at) {
    auto const alignment = static_cast<std::size_t>(at);
    return counted(std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment));
}

}  // namespace support

// Not inlined, or GCC 12 warns of malloc and free where it sees new and delete.
#define COUNTED [[gnu::noinline]]
COUNTED void* operator new(std::size_t bytes) { return support::counted(std::malloc(bytes | 1)); }
COUNTED void* operator new[](std::size_t bytes) { return support::counted(std::malloc(bytes | 1)); }
COUNTED void* operator new(std::size_t bytes, std::align_val_t at) {
    return support::counted_aligned(bytes, at);
}
COUNTED void* operator new[](std::size_t bytes, std::align_val_t at) {
    return support::counted_aligned(bytes, at);
}
COUNTED void operator delete(void* memory) noexcept { support::give_back(memory); }
COUNTED void operator delete[](void* memory) noexcept { support::give_back(memory); }
COUNTED void operator delete(void* memory, std::size_t) noexcept { support::give_back(memory); }
COUNTED void operator delete[](void* memory, std::size_t) noexcept { support::give_back(memory); }
COUNTED void operator delete(void* memory, std::align_val_t) noexcept {
    support::give_back(memory);
}
COUNTED void operator delete[](void* memory, std::align_val_t) noexcept {
    support::give_back(memory);
}
COUNTED void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    support::give_back(memory);
}
COUNTED void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
    support::give_back(memory);
}
