// SPDX-License-Identifier: MIT
//
// The peer's side of permessage-deflate, by zlib and by nothing of ours: what a client sends, and
// what comes of the frames that a server has sent.
#pragma once

#include <zlib.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace support {

/// RFC 7692 section 7.2.1. `flush`: Z_FINISH makes a last block, behind which an empty one comes.
inline std::string deflated(std::string_view text, int level = 6, int flush = Z_SYNC_FLUSH) {
    z_stream stream{};
    if (::deflateInit2(&stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::bad_alloc{};
    }
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    std::string out;
    std::array<char, 4096> piece;
    do {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        ::deflate(&stream, flush);
        out.append(piece.data(), piece.size() - stream.avail_out);
    } while (stream.avail_out == 0);
    ::deflateEnd(&stream);
    if (flush == Z_FINISH) return out + '\0';
    out.resize(out.size() - 4);
    return out;
}

/// Section 7.2.2, with a window of so many bits; throws where it is none.
inline std::string inflated(std::string bytes, int window_bits = MAX_WBITS) {
    bytes.append("\0\0\xff\xff", 4);
    z_stream stream{};
    if (::inflateInit2(&stream, -window_bits) != Z_OK) throw std::bad_alloc{};
    stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string out;
    std::array<char, 4096> piece;
    int what = Z_OK;
    do {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        what = ::inflate(&stream, Z_SYNC_FLUSH);
        out.append(piece.data(), piece.size() - stream.avail_out);
    } while (what == Z_OK && stream.avail_out == 0);
    bool const is_whole = (what == Z_OK || what == Z_BUF_ERROR) && stream.avail_in == 0;
    ::inflateEnd(&stream);
    if (!is_whole) throw std::runtime_error{"what a server has sent does not inflate"};
    return out;
}

struct SentMessage {
    int opcode;
    bool is_compressed;
    std::string payload;  // inflated
    std::size_t frames;
};

/// Unmasked frames, as a server sends them; throws where they break RFC 6455 or 7692.
inline std::vector<SentMessage> sent_messages(std::string_view stream, int window_bits = 12) {
    std::vector<SentMessage> all;
    bool is_inside = false;
    while (!stream.empty()) {
        auto const byte = [&](std::size_t i) { return static_cast<std::uint8_t>(stream.at(i)); };
        unsigned const first = byte(0);
        int const opcode = first & 0x0f;
        bool const is_compressed = (first & 0x40) != 0;
        std::size_t size = byte(1);
        std::size_t at = 2;
        int const more = size == 126 ? 2 : size == 127 ? 8 : 0;
        if (more != 0) size = 0;
        for (int i = 0; i < more; ++i) size = size << 8 | byte(at++);
        bool const is_wrong = (opcode == 0) != is_inside || (is_inside && is_compressed) ||
                              (first & 0x30) != 0 || size > stream.size() - at;
        if (is_wrong) throw std::runtime_error{"a server has sent a wrong frame"};
        if (!is_inside) all.push_back({opcode, is_compressed, {}, 0});
        all.back().payload += stream.substr(at, size);
        ++all.back().frames;
        stream.remove_prefix(at + size);
        is_inside = (first & 0x80) == 0;
        if (!is_inside && all.back().is_compressed) {
            all.back().payload = inflated(all.back().payload, window_bits);
        }
    }
    return all;
}

}  // namespace support
