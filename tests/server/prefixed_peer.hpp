// SPDX-License-Identifier: MIT
//
// What a peer says and hears over length-prefixed TCP, plain or TLS.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "server/peer.hpp"

namespace peer {

/// The payload of the next frame; empty: there is none, or its payload is.
inline std::string hear_prefixed(Connection& client) {
    std::string const head = client.receive_bytes(5);
    if (head.size() < 5) return {};
    std::size_t length = 0;
    for (int i = 1; i < 5; ++i) {
        length = length << 8 | static_cast<unsigned char>(head[static_cast<std::size_t>(i)]);
    }
    return client.receive_bytes(length);
}

inline bool say_prefixed(Connection& client, std::string_view text) {
    return client.send(prefixed_frame(pumphouse::Opcode::binary, text));
}

}  // namespace peer
