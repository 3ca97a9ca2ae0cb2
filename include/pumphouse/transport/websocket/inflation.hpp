// SPDX-License-Identifier: MIT
//
// Inflation: what websocketpp's frame processor asks of permessage-deflate on the receiving side,
// bounded: its own has no limit for what comes of a frame. NoDeflate is the same for connections
// without it.
//
// An inflater is held from a message's first byte to its last, and lent by the thread between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include <websocketpp/processors/base.hpp>

#include <pumphouse/transport/websocket/compression.hpp>
#include <pumphouse/transport/websocket_format.hpp>

namespace pumphouse::websocket {

/// What the processor asks for, and no server of ours does through it.
struct NoNegotiation {
    using Outcome = std::pair<websocketpp::lib::error_code, std::string>;
    bool is_implemented() const noexcept { return false; }
    template <typename Offer>
    Outcome negotiate(Offer const&) {
        return {};
    }
    websocketpp::lib::error_code init(bool) { return {}; }
    std::string generate_offer() const { return {}; }
    websocketpp::lib::error_code compress(std::string const&, std::string&) { return {}; }
};

struct NoDeflate : NoNegotiation {
    struct Terms {};

    bool is_enabled() const noexcept { return false; }
    websocketpp::lib::error_code decompress(std::uint8_t const*, std::size_t, std::string&) {
        return {};
    }
};

/// Where the processor is in the stream.
enum class FramePlace : std::uint8_t {
    before_message,       // the header of a message's first frame, or of a control frame
    before_continuation,  // the header of a frame inside a message
    in_payload,
    behind_message,  // the last payload byte has gone
};

class Inflation : public NoNegotiation {
public:
    using Terms = CompressionTerms;
    using Where = FramePlace (*)(void const* processor) noexcept;

    /// Where nothing was agreed on, messages go and come as they are.
    WireFormat const& wire_format() const noexcept {
        return terms_.compression == nullptr ? websocket_format
                                             : terms_.compression->wire_format();
    }

    void begin(Terms const& terms, void const* processor, Where where) noexcept {
        terms_ = terms;
        processor_ = processor;
        where_ = where;
    }

    /// Bytes that the present message may still become; what it becomes is cut off there.
    void set_most(std::size_t bytes) noexcept { most_ = bytes; }

    /// Of the present message, as they came.
    std::uint64_t compressed_bytes() const noexcept { return compressed_bytes_; }
    std::size_t latest_bytes() const noexcept { return latest_bytes_; }  // those that came last

    std::size_t held_bytes() const noexcept { return inflater_ ? inflater_->held_bytes() : 0; }

    void end_message() noexcept {
        inflater_.reset();
        compressed_bytes_ = 0;
    }

    // The processor asks this at a header with RSV1, and takes one inside a message for right.
    bool is_enabled() const noexcept {
        return terms_.compression != nullptr &&
               where_(processor_) != FramePlace::before_continuation;
    }

    websocketpp::lib::error_code decompress(std::uint8_t const* data, std::size_t size,
                                            std::string& out) {
        bool const is_trailer = where_(processor_) == FramePlace::behind_message;
        if (is_trailer) return finish(data, size, out);
        compressed_bytes_ += size;
        latest_bytes_ = size;
        if (!inflater_) inflater_ = terms_.compression->lend_inflater(terms_.peer_window_bits);
        bool const is_right = inflate(data, size, out);
        return is_right || out.size() == most_ ? websocketpp::lib::error_code{} : wrong();
    }

private:
    static websocketpp::lib::error_code wrong() {
        namespace error = websocketpp::processor::error;
        return error::make_error_code(error::invalid_payload);
    }

    bool inflate(std::uint8_t const* data, std::size_t size, std::string& out) {
        std::size_t const left = out.size() < most_ ? most_ - out.size() : 0;
        return inflater_->inflate({data, size}, out, left);
    }

    // The four bytes that senders leave out. Nothing may come of them, for nobody would check it,
    // and they end a block. Without any byte before them the message is empty.
    websocketpp::lib::error_code finish(std::uint8_t const* data, std::size_t size,
                                        std::string& out) {
        if (!inflater_ || out.size() == most_) return {};
        std::size_t const before = out.size();
        bool const is_right = inflate(data, size, out) && out.size() == before &&
                              inflater_->is_between_blocks();
        return is_right ? websocketpp::lib::error_code{} : wrong();
    }

    Terms terms_;
    void const* processor_ = nullptr;
    Where where_ = nullptr;
    LentInflater inflater_;
    std::uint64_t compressed_bytes_ = 0;
    std::size_t latest_bytes_ = 0;
    std::size_t most_ = 0;
};

}  // namespace pumphouse::websocket
