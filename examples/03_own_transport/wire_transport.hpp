// SPDX-License-Identifier: MIT
//
// WireTransport: all that a hub needs to have clients at the other end of a Wire. Used by the hub
// on the client's shard only; none of its verbs waits.
#pragma once

#include "hex_format.hpp"
#include "wire.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

class WireTransport {
public:
    explicit WireTransport(std::shared_ptr<Wire> wire) : wire_{std::move(wire)} {}

    pumphouse::WireFormat const& wire_format() const noexcept { return hex_format::wire_format; }

    bool attach(pumphouse::Readiness readiness) {
        (wire_->readiness = std::move(readiness)).readable();  // something may have come before
        return true;
    }
    pumphouse::ReadResult read(pumphouse::Receiver& receiver) {
        wire_->to_hub.erase(0, hex_format::decode(wire_->to_hub, receiver));
        return wire_->peer_has_ended ? pumphouse::ReadResult::ended
                                     : pumphouse::ReadResult::drained;
    }
    pumphouse::WriteResult write(std::span<pumphouse::ConstBuffer const> buffers) noexcept {
        pumphouse::WriteResult result{.failed = wire_->peer_has_ended};
        for (auto const& each : buffers) {
            std::size_t const taken = wire_->take(each.data, each.bytes);
            result.taken += taken;
            result.blocked |= taken < each.bytes;
        }
        return result;
    }
    void close(pumphouse::CloseHow) noexcept {
        wire_->readiness = {};
        wire_->hub_has_ended = true;
    }

private:
    std::shared_ptr<Wire> wire_;
};

static_assert(pumphouse::Transport<WireTransport>);
