// SPDX-License-Identifier: MIT
// Bodies of transport/deflate/deflate.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include <zlib.h>

#include <pumphouse/transport/deflate/deflate.hpp>

namespace pumphouse {

namespace detail {

class ZlibInflater final : public Inflater {
public:
    ZlibInflater() {
        if (::inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw std::bad_alloc{};
    }
    ZlibInflater(ZlibInflater const&) = delete;
    ZlibInflater& operator=(ZlibInflater const&) = delete;
    ~ZlibInflater() { ::inflateEnd(&stream_); }

    /// Of one that nobody uses, or a new one.
    static LentInflater lend(int window_bits) {
        std::unique_ptr<ZlibInflater> inflater;
        auto& idle = kept().idle;
        if (idle.empty()) {
            inflater = std::make_unique<ZlibInflater>();
        } else {
            inflater = std::move(idle.back());
            idle.pop_back();
        }
        // Some peers' zlib makes a window of 9 bits where 8 were agreed on.
        inflater->window_bits_ = std::max(window_bits, 9);
        if (::inflateReset2(&inflater->stream_, -inflater->window_bits_) != Z_OK) {
            throw std::bad_alloc{};
        }
        return LentInflater{inflater.release()};
    }

    void give_back() noexcept override {
        std::unique_ptr<ZlibInflater> own{this};
        auto& idle = kept().idle;
        if (idle.size() < idle.capacity()) idle.push_back(std::move(own));
    }

    bool inflate(std::span<unsigned char const> bytes, std::string& out,
                 std::size_t most) override {
        std::array<char, 16384> piece;
        stream_.next_in = const_cast<Bytef*>(bytes.data());  // zlib does not write there
        stream_.avail_in = static_cast<uInt>(bytes.size());
        for (;;) {
            std::size_t const room = std::min(most, piece.size());
            if (room == 0) return true;
            stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
            stream_.avail_out = static_cast<uInt>(room);
            int const what = ::inflate(&stream_, Z_SYNC_FLUSH);
            std::size_t const made = room - stream_.avail_out;
            out.append(piece.data(), made);
            most -= made;
            if (what == Z_STREAM_END) {  // a last block, behind which others may come
                if (::inflateReset(&stream_) != Z_OK) return false;
                if (stream_.avail_in == 0) return true;
                continue;
            }
            if (what != Z_OK && what != Z_BUF_ERROR) return false;
            if (stream_.avail_out != 0) return true;  // it has read all
        }
    }

    bool is_between_blocks() const noexcept override {
        constexpr int between = 128;  // zlib.h: and the lowest bits count those left of a byte
        constexpr int bits = 63;
        return (stream_.data_type & between) != 0 && (stream_.data_type & bits) == 0;
    }

    std::size_t held_bytes() const noexcept override {
        constexpr std::size_t without_window = 10 << 10;  // zlib's tables and this
        return without_window + (std::size_t{1} << window_bits_);
    }

private:
    static constexpr std::size_t most_kept = 4;

    struct Kept {
        Kept() { idle.reserve(most_kept); }
        std::vector<std::unique_ptr<ZlibInflater>> idle;
    };
    static Kept& kept() {
        static thread_local Kept kept;
        return kept;
    }

    z_stream stream_{};
    int window_bits_ = MAX_WBITS;
};

class ZlibCompression final : public Compression {
public:
    int window_bits() const noexcept override { return deflate_frame::window_bits; }
    WireFormat const& wire_format() const noexcept override { return deflate_format; }
    LentInflater lend_inflater(int peer_window_bits) const override {
        return ZlibInflater::lend(peer_window_bits);
    }
};

}  // namespace detail

PUMPHOUSE_DECL Compression const* deflate() noexcept {
    static detail::ZlibCompression const zlib;
    return &zlib;
}

}  // namespace pumphouse
