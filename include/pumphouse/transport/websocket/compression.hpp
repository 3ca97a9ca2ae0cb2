// SPDX-License-Identifier: MIT
//
// Compression: what a WebSocket server needs to compress (permessage-deflate, RFC 7692), as it is
// handed to it: `deflate()` of <pumphouse/deflate.hpp> is the one there is, by zlib. The server and
// its transports know this contract only, so they are compiled without zlib.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include <pumphouse/transport/wire_format.hpp>

namespace pumphouse {

/// Inflates one message, in any pieces, in bounded memory. One thread at a time.
class Inflater {
public:
    /// Appends to `out` what comes of these bytes, `most` of it at most; what comes behind that is
    /// not looked at. False: they are no deflate stream.
    virtual bool inflate(std::span<unsigned char const> bytes, std::string& out,
                         std::size_t most) = 0;

    /// Whether the next bytes would begin a block.
    virtual bool is_between_blocks() const noexcept = 0;

    /// Memory it holds at most.
    virtual std::size_t held_bytes() const noexcept = 0;

    /// It may be lent to somebody else, or is freed.
    virtual void give_back() noexcept = 0;

protected:
    ~Inflater() = default;
};

struct GiveBack {
    void operator()(Inflater* inflater) const noexcept { inflater->give_back(); }
};
using LentInflater = std::unique_ptr<Inflater, GiveBack>;

/// Immutable, with static storage; any thread.
class Compression {
public:
    /// The largest window that `wire_format().compress` uses, in bits.
    virtual int window_bits() const noexcept = 0;

    /// Of clients that have agreed on compression.
    virtual WireFormat const& wire_format() const noexcept = 0;

    /// For the messages of a peer whose window has this size. Throws std::bad_alloc.
    virtual LentInflater lend_inflater(int peer_window_bits) const = 0;

protected:
    ~Compression() = default;
};

/// What a server and a client have agreed on.
struct CompressionTerms {
    Compression const* compression = nullptr;  // null: on nothing
    int peer_window_bits = 15;
};

}  // namespace pumphouse
