// SPDX-License-Identifier: MIT
//
// read_batch: a transport's `read` over a socket: one read into the thread's buffer, then the
// decoder. Says `drained` only when the kernel had nothing: with edges, any other guess can lose
// the peer's last word. Says `full` from a quarter of the buffer on: full of small frames, that
// takes a fifth of a millisecond.
#pragma once

#include <span>

#include <pumphouse/transport/socket/byte_stream.hpp>
#include <pumphouse/transport/socket/read_buffer.hpp>

namespace pumphouse {

/// `consume` is called with the bytes, which it may overwrite.
template <ByteStream Stream, typename Consume>
ReadResult read_batch(Stream& stream, Consume&& consume) {
    ReadBuffer const buffer;
    Socket::ReadCount const got = stream.read(buffer.span());
    switch (got.what) {
        case Socket::Read::bytes:
            consume(buffer.span().first(got.bytes));
            return got.bytes >= ReadBuffer::size_bytes / 4 ? ReadResult::full : ReadResult::more;
        case Socket::Read::would_block: return ReadResult::drained;
        case Socket::Read::ended: return ReadResult::ended;
        case Socket::Read::failed: break;
    }
    return ReadResult::failed;
}

}  // namespace pumphouse
