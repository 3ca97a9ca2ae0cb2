// SPDX-License-Identifier: MIT
//
// LengthPrefixedDecoder: the receiving end of <pumphouse/transport/length_prefixed_format.hpp>,
// sans-IO: bytes in, in any pieces; messages, control frames and violations out.
//
// A message that lies in one piece is handed over where it lies, uncopied. Only the part that has
// arrived of an unfinished message is kept, whatever its header declares, and freed with it. What
// the receiver wants in pieces is handed over as it arrives; its fragments may have any size.
// Used by one thread at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <pumphouse/config.hpp>
#include <pumphouse/transport/length_prefixed_format.hpp>
#include <pumphouse/transport/transport.hpp>
#include <pumphouse/transport/utf8.hpp>

namespace pumphouse {

class LengthPrefixedDecoder {
public:
    /// `max_message_bytes`: of a message that is handed over whole, all its fragments together; a
    /// header that declares more is a violation (1009).
    explicit LengthPrefixedDecoder(std::size_t max_message_bytes) noexcept
        : max_message_bytes_{max_message_bytes} {}

    /// False once the peer has closed or broken the protocol, which the receiver was told:
    /// whatever comes after that is discarded.
    bool consume(std::string_view bytes, Receiver& receiver);
    bool consume(std::span<std::byte const> bytes, Receiver& receiver) {
        return consume({reinterpret_cast<char const*>(bytes.data()), bytes.size()}, receiver);
    }

    bool is_over() const noexcept { return is_over_; }

    /// Memory kept for an unfinished message or control frame.
    std::size_t held_bytes() const noexcept {
        return unfinished_ ? unfinished_->message.capacity() + unfinished_->control.capacity() : 0;
    }

private:
    // Exists only while something is unfinished: an idle client must cost nothing.
    struct Unfinished {
        std::string message;
        std::string control;
        Utf8 utf8;
        std::uint64_t streamed_bytes = 0;  // handed over already
        bool is_streamed = false;
        std::uint64_t bytes() const noexcept { return streamed_bytes + message.size(); }
    };

    bool is_final() const noexcept { return (header_[0] & 0x80U) != 0; }
    Opcode opcode() const noexcept { return static_cast<Opcode>(header_[0] & 0x0fU); }
    std::string_view violation_of_header() const noexcept;
    bool start_frame(Receiver& receiver);
    bool data(std::string_view piece, Receiver& receiver);
    void stream(std::string_view piece, bool is_end, Receiver& receiver);
    bool control(std::string_view piece, Receiver& receiver);
    bool finish_control(std::string_view payload, Receiver& receiver);
    bool fail(CloseCode code, std::string_view text, Receiver& receiver);

    std::size_t max_message_bytes_;
    std::unique_ptr<Unfinished> unfinished_;
    std::uint32_t left_ = 0;  // of the present frame's payload
    std::array<std::uint8_t, length_prefixed::header_bytes> header_{};
    std::uint8_t header_bytes_ = 0;  // how much of it has arrived
    bool is_in_message_ = false;     // a data message has begun and not ended
    bool is_text_ = false;           // that message is
    bool is_over_ = false;
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/length_prefixed_decoder.ipp>
#endif
