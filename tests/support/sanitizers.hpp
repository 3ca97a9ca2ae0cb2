// SPDX-License-Identifier: MIT
//
// Whether a sanitizer watches: some tests then do less, those that measure memory do nothing.
#pragma once

namespace support {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool has_sanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool has_sanitizer = true;
#else
inline constexpr bool has_sanitizer = false;
#endif
#else
inline constexpr bool has_sanitizer = false;
#endif

/// The number for a plain build, or the smaller one.
template <typename Number>
constexpr Number fewer_under_sanitizers(Number plain, Number fewer) noexcept {
    return has_sanitizer ? fewer : plain;
}

}  // namespace support
