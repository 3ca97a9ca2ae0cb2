// SPDX-License-Identifier: MIT
//
// TraceContext: which span of which trace something belongs to, as the W3C's Trace Context
// (levels 1 and 2) carries it between programs. What a peer sends is read here, bounded and
// strict; what is malformed is as good as absent. Nothing here believes anybody: who may be a
// parent is decided by whoever asks (docs/tracing.md).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pumphouse/config.hpp>

namespace pumphouse {

struct TraceContext {
    static constexpr std::uint8_t sampled = 1;
    static constexpr std::uint8_t random = 2;  // level 2: the id's last seven bytes are random

    std::array<std::uint8_t, 16> trace_id{};
    std::array<std::uint8_t, 8> span_id{};
    std::uint8_t flags = 0;

    constexpr bool operator==(TraceContext const&) const noexcept = default;

    /// All zero names nothing.
    constexpr bool is_valid() const noexcept {
        return trace_id != decltype(trace_id){} && span_id != decltype(span_id){};
    }
    constexpr bool is_sampled() const noexcept { return (flags & sampled) != 0; }
};

/// Bytes of a `traceparent` of version 00, the one that is written.
inline constexpr std::size_t traceparent_bytes = 55;

/// Longer ones, of whatever version, are not looked at.
inline constexpr std::size_t max_traceparent_bytes = 512;

/// What W3C asks everybody to pass on; a longer `tracestate` is dropped.
inline constexpr std::size_t max_tracestate_bytes = 512;
inline constexpr std::size_t max_tracestate_members = 32;

/// Of a later version as much as is like version 00, as the specification asks. Flags that are not
/// known are not kept.
std::optional<TraceContext> read_traceparent(std::string_view text) noexcept;

/// Of a valid context.
std::string to_traceparent(TraceContext const& context);

/// The list without blanks and empty members; empty when any of it is malformed, a key comes
/// twice, or there is too much of it.
std::string read_tracestate(std::string_view text);

/// Lower case.
std::string hexadecimal(std::uint8_t const* bytes, std::size_t count);

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/trace_context.ipp>
#endif
