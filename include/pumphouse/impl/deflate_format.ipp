// SPDX-License-Identifier: MIT
// Bodies of transport/deflate/deflate_format.hpp.
#pragma once

#include <memory>
#include <new>

#include <zlib.h>

#include <pumphouse/transport/deflate/deflate_format.hpp>

namespace pumphouse {

namespace detail {

/// A thread's compressor: 32 KiB that zlib holds, and what the largest message of late became.
class Compressor {
public:
    Compressor() {
        // As gorilla's package: level 6 takes up to three times as long, for some percent less.
        constexpr int level = 1;
        is_usable_ = ::deflateInit2(&stream_, level, Z_DEFLATED, -deflate_frame::window_bits,
                                    deflate_frame::memory_level, Z_DEFAULT_STRATEGY) == Z_OK;
    }
    Compressor(Compressor const&) = delete;
    Compressor& operator=(Compressor const&) = delete;
    ~Compressor() {
        if (is_usable_) ::deflateEnd(&stream_);
    }

    std::string_view compress(std::string_view payload) {
        constexpr std::size_t trailer_bytes = 4;  // of a flush; left out on the wire
        // What is no shorter than the message is not worth it; 32 bits are what zlib counts with.
        bool const is_possible = is_usable_ && payload.size() > trailer_bytes &&
                                 payload.size() <= 0x7fff'ffff;
        if (!is_possible) return {};
        make_place(payload.size());
        ::deflateReset(&stream_);
        // zlib's input is not const in every version; it is not written.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(payload.data()));
        stream_.avail_in = static_cast<uInt>(payload.size());
        stream_.next_out = reinterpret_cast<Bytef*>(out_.get());
        stream_.avail_out = static_cast<uInt>(payload.size());
        bool const is_done = ::deflate(&stream_, Z_SYNC_FLUSH) == Z_OK && stream_.avail_in == 0 &&
                             stream_.avail_out != 0;
        std::size_t const size = payload.size() - stream_.avail_out;
        if (!is_done || size <= trailer_bytes) return {};
        return {out_.get(), size - trailer_bytes};
    }

private:
    static constexpr std::size_t most_kept_bytes = std::size_t{128} << 10;

    void make_place(std::size_t bytes) {
        bool const is_much_too_large = capacity_ > most_kept_bytes && bytes <= most_kept_bytes;
        if (bytes <= capacity_ && !is_much_too_large) return;
        std::size_t const wanted = bytes < 4096 ? 4096 : bytes <= most_kept_bytes ? most_kept_bytes
                                                                                  : bytes;
        out_ = std::make_unique_for_overwrite<char[]>(wanted);
        capacity_ = wanted;
    }

    z_stream stream_{};
    bool is_usable_ = false;
    std::unique_ptr<char[]> out_;
    std::size_t capacity_ = 0;
};

}  // namespace detail

PUMPHOUSE_DECL std::string_view deflate_frame::compress(std::string_view payload) noexcept {
    static thread_local std::unique_ptr<detail::Compressor> compressor;
    try {
        if (!compressor) compressor = std::make_unique<detail::Compressor>();
        return compressor->compress(payload);
    } catch (std::bad_alloc const&) {
        return {};  // it goes as it is
    }
}

}  // namespace pumphouse
