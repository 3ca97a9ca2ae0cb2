// SPDX-License-Identifier: MIT
//
// Wire: a connection as some library hands it to you: bytes in both directions, the way out
// bounded, and a call when something has changed. A serial line, a QUIC stream and a ring in
// shared memory all look like this. One thread.
#pragma once

#include <pumphouse/transport/readiness.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

struct Wire {
    static constexpr std::size_t max_unread_bytes = 64 * 1024;

    std::string to_hub;
    std::string to_peer;
    bool is_blocked = false;  // somebody waits until to_peer has room again
    bool hub_has_ended = false;
    bool peer_has_ended = false;
    pumphouse::Readiness readiness;  // whom to call

    Wire() { to_peer.reserve(max_unread_bytes); }

    // The hub's side: takes what there is room for.
    std::size_t take(std::byte const* bytes, std::size_t count) noexcept {
        std::size_t const room = peer_has_ended ? 0 : max_unread_bytes - to_peer.size();
        is_blocked = count > room;
        to_peer.append(reinterpret_cast<char const*>(bytes), std::min(count, room));
        return std::min(count, room);
    }

    // The peer's side.
    void send(std::string_view bytes) {
        to_hub += bytes;
        if (readiness) readiness.readable();
    }
    std::string receive(std::size_t most = max_unread_bytes) {
        std::string const bytes = to_peer.substr(0, most);
        to_peer.erase(0, bytes.size());
        if (std::exchange(is_blocked, false) && readiness) readiness.writable();
        return bytes;
    }
    void end() {
        peer_has_ended = true;
        if (readiness) readiness.readable();
    }
};
