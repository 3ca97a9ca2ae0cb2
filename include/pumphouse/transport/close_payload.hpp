// SPDX-License-Identifier: MIT
//
// The payload of a close frame (RFC 6455 section 5.5.1): nothing, or a two-byte code and a text in
// UTF-8. The same for every wire format that has close frames.
#pragma once

#include <cstdint>
#include <string_view>

#include <pumphouse/message/close.hpp>
#include <pumphouse/transport/transport.hpp>
#include <pumphouse/transport/utf8.hpp>

namespace pumphouse {

/// Tells the receiver of the peer's close, or of what is wrong with its frame.
inline void deliver_close(std::string_view payload, Receiver& receiver) {
    if (payload.empty()) return receiver.close(CloseCode::no_code, {});
    if (payload.size() == 1) {
        return receiver.violation(CloseCode::protocol_error, "half a close code");
    }
    auto const high = static_cast<std::uint8_t>(payload[0]);
    auto const low = static_cast<std::uint8_t>(payload[1]);
    auto const code = static_cast<std::uint16_t>(high << 8 | low);
    if (!is_sendable(code)) {
        return receiver.violation(CloseCode::protocol_error, "invalid close code");
    }
    std::string_view const text = payload.substr(2);
    if (!is_utf8(text)) {
        return receiver.violation(CloseCode::invalid_payload, text_of(CloseCode::invalid_payload));
    }
    receiver.close(static_cast<CloseCode>(code), text);
}

}  // namespace pumphouse
