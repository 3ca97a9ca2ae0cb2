// SPDX-License-Identifier: MIT
//
// Who a client is in the protocol: its public id, and its user id. The hub's, where it has them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pumphouse/message/client_id.hpp>
#include <pumphouse/protocol/read.hpp>
#include <pumphouse/protocol/write.hpp>

namespace pumphouse::protocol {

std::string public_id(auto& hub, ClientId client) {
    if constexpr (requires { hub.public_id(client); }) {
        return std::string{hub.public_id(client)};
    } else {
        return epoch_text(client.value());
    }
}

/// Nobody when no client can have that id; whether it is there is for `send` to say.
ClientId client_of(auto& hub, std::string_view id) {
    if constexpr (requires { hub.client_of(id); }) {
        return hub.client_of(id);
    } else {
        std::uint64_t const value = read_epoch(id).value_or(0);
        return {static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32)};
    }
}

/// Empty: it has none.
std::string user_of(auto& hub, ClientId client) {
    if constexpr (requires { hub.user_of(client); }) {
        return std::string{hub.user_of(client)};
    } else {
        return {};
    }
}

}  // namespace pumphouse::protocol
