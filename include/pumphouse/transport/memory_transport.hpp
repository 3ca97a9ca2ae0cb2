// SPDX-License-Identifier: MIT
//
// MemoryTransport: a client without a network: for tests, for examples, and for bots that live
// in the host's own process. Its other end is MemoryPeer (client/memory_peer.hpp).
//
// The peer may be used from another thread than the shard's: a lock guards the bytes between
// them.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>

#include <pumphouse/transport/length_prefixed_decoder.hpp>
#include <pumphouse/transport/transport.hpp>

namespace pumphouse {

/// What lies between the two ends.
struct MemoryLink {
    std::mutex mutex;
    Readiness readiness;
    std::string to_hub;
    std::string to_peer;
    std::size_t max_unread_bytes = std::numeric_limits<std::size_t>::max();
    bool is_blocked = false;     // the hub's end waits for room
    bool peer_is_gone = false;
    bool hub_is_gone = false;
};

class MemoryTransport {
public:
    explicit MemoryTransport(std::shared_ptr<MemoryLink> link,
                             std::size_t max_message_bytes = std::size_t{512} << 10)
        : link_{std::move(link)}, decoder_{max_message_bytes} {}

    WireFormat const& wire_format() const noexcept { return length_prefixed_format; }

    bool attach(Readiness readiness) {
        std::scoped_lock const lock{link_->mutex};
        link_->readiness = readiness;
        if (!link_->to_hub.empty() || link_->peer_is_gone) readiness.readable();
        return true;
    }

    ReadResult read(Receiver& receiver) {
        std::string bytes;
        bool is_gone = false;
        {
            std::scoped_lock const lock{link_->mutex};
            bytes.swap(link_->to_hub);
            is_gone = link_->peer_is_gone;
        }
        decoder_.consume(bytes, receiver);
        if (is_gone) return ReadResult::ended;
        return ReadResult::drained;
    }

    WriteResult write(std::span<ConstBuffer const> buffers) noexcept try {
        std::scoped_lock const lock{link_->mutex};
        WriteResult result;
        if (link_->peer_is_gone) return {.failed = true};
        for (ConstBuffer const& buffer : buffers) {
            std::size_t const room = link_->max_unread_bytes > link_->to_peer.size()
                                         ? link_->max_unread_bytes - link_->to_peer.size()
                                         : 0;
            std::size_t const taken = buffer.bytes < room ? buffer.bytes : room;
            link_->to_peer.append(reinterpret_cast<char const*>(buffer.data), taken);
            result.taken += taken;
            if (taken == buffer.bytes) continue;
            result.blocked = link_->is_blocked = true;
            break;
        }
        return result;
    } catch (...) {  // memory
        return {.failed = true};
    }

    std::size_t unfinished_bytes() const noexcept { return decoder_.held_bytes(); }

    void close(CloseHow) noexcept {
        std::scoped_lock const lock{link_->mutex};
        link_->hub_is_gone = true;
        link_->readiness = {};
    }

private:
    std::shared_ptr<MemoryLink> link_;
    LengthPrefixedDecoder decoder_;
};

static_assert(Transport<MemoryTransport>);

}  // namespace pumphouse
