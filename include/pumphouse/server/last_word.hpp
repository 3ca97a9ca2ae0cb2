// SPDX-License-Identifier: MIT
//
// say_last_word: to a connection for which there is no time and no memory. What has come from it is
// read first: closing a socket with unread bytes would take the word back.
#pragma once

#include <sys/socket.h>

#include <array>
#include <string_view>

namespace pumphouse {

/// A TLS alert: fatal, internal_error (RFC 8446 section 6), which peers show as such.
inline constexpr std::string_view tls_alert{"\x15\x03\x03\x00\x02\x02\x50", 7};

inline void say_last_word(int descriptor, std::string_view word) noexcept {
    std::array<char, 4096> unread;
    while (::recv(descriptor, unread.data(), unread.size(), MSG_DONTWAIT) > 0) {
    }
    static_cast<void>(
        ::send(descriptor, word.data(), word.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
    ::shutdown(descriptor, SHUT_WR);
}

}  // namespace pumphouse
