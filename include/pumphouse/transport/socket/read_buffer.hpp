// SPDX-License-Identifier: MIT
//
// ReadBuffer: 64 KiB to read into, one per thread and lent for one batch, so that an idle client
// costs nothing. A hook that runs while it is lent and reads from other sockets (another hub on
// the same thread) gets a buffer of its own.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace pumphouse {

class ReadBuffer {
public:
    static constexpr std::size_t size_bytes = std::size_t{64} << 10;

    ReadBuffer() : bytes_{std::exchange(kept(), nullptr)} {
        // Uninitialized: pages that are never reached are never touched.
        if (!bytes_) bytes_ = std::unique_ptr<char[]>{new char[size_bytes]};
    }
    ~ReadBuffer() { kept() = std::move(bytes_); }
    ReadBuffer(ReadBuffer const&) = delete;
    ReadBuffer& operator=(ReadBuffer const&) = delete;

    std::span<char> span() const noexcept { return {bytes_.get(), size_bytes}; }

private:
    // On the heap, for thread-local storage is a part of every thread's stack.
    static std::unique_ptr<char[]>& kept() noexcept {
        static thread_local std::unique_ptr<char[]> buffer;
        return buffer;
    }

    std::unique_ptr<char[]> bytes_;
};

}  // namespace pumphouse
