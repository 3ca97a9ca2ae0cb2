// SPDX-License-Identifier: MIT
//
// Opens a WebSocket of the generator's: connects, asks for the upgrade and checks the answer, all
// blocking, one client after the other. The stream comes back non-blocking.
#pragma once

#include "stream.hpp"

#include <fcntl.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace pumphouse::bench {

/// The key of RFC 6455's own example, so that the right answer is a constant.
inline void upgrade(Stream& stream) {
    constexpr std::string_view request =
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    const auto sent = stream.send(request.data(), request.size());
    if (sent != static_cast<ssize_t>(request.size())) {
        throw std::runtime_error{"cannot send the handshake"};
    }
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
        char next;  // one by one: what follows the answer, a welcome perhaps, stays in the stream
        if (stream.receive(&next, 1) <= 0) {
            throw std::runtime_error{"no whole answer to the handshake: " + head};
        }
        head += next;
    }
    const bool right_key = head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != head.npos;
    if (!head.starts_with("HTTP/1.1 101") || !right_key) {
        throw std::runtime_error{"the handshake was refused: " + head};
    }
}

inline Stream open_websocket(const Dial& dial, bool with_tls) {
    Stream stream{dial_to(dial), with_tls};
    upgrade(stream);
    checked(fcntl(stream.fd(), F_SETFL, O_NONBLOCK), "fcntl");
    return stream;
}

}  // namespace pumphouse::bench
