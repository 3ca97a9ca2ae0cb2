// SPDX-License-Identifier: MIT
// Bodies of transport/length_prefixed_decoder.hpp.
#pragma once

#include <utility>

#include <pumphouse/transport/close_payload.hpp>
#include <pumphouse/transport/length_prefixed_decoder.hpp>

namespace pumphouse {

PUMPHOUSE_DECL bool LengthPrefixedDecoder::consume(std::string_view bytes, Receiver& receiver) {
    while (!is_over_) {
        if (header_bytes_ < header_.size()) {
            std::size_t const part = std::min(header_.size() - header_bytes_, bytes.size());
            std::copy_n(bytes.data(), part, header_.data() + header_bytes_);
            header_bytes_ = static_cast<std::uint8_t>(header_bytes_ + part);
            bytes.remove_prefix(part);
            if (header_bytes_ < header_.size()) return true;
            if (!start_frame(receiver)) return false;
        }
        std::string_view const piece = bytes.substr(0, left_);
        bytes.remove_prefix(piece.size());
        left_ -= static_cast<std::uint32_t>(piece.size());
        bool const goes_on =
            is_control(opcode()) ? control(piece, receiver) : data(piece, receiver);
        if (!goes_on) return false;
        if (left_ != 0) return true;
        header_bytes_ = 0;
    }
    return false;
}

PUMPHOUSE_DECL std::string_view LengthPrefixedDecoder::violation_of_header() const noexcept {
    if ((header_[0] & 0x70U) != 0) return "reserved bits";
    switch (opcode()) {
        case Opcode::continuation: return is_in_message_ ? "" : "continuation of nothing";
        case Opcode::text:
        case Opcode::binary: return is_in_message_ ? "a message inside a message" : "";
        case Opcode::close:
        case Opcode::ping:
        case Opcode::pong:
            if (!is_final()) return "fragmented control frame";
            return left_ > max_control_bytes ? "control frame too big" : "";
    }
    return "unknown opcode";
}

PUMPHOUSE_DECL bool LengthPrefixedDecoder::start_frame(Receiver& receiver) {
    left_ = 0;
    for (std::size_t i = 1; i < header_.size(); ++i) left_ = left_ << 8 | header_[i];
    std::string_view const violation = violation_of_header();
    if (!violation.empty()) return fail(CloseCode::protocol_error, violation, receiver);
    if (is_control(opcode())) return true;
    Intake const& intake = receiver.intake();
    if (opcode() != Opcode::continuation) {
        is_text_ = opcode() == Opcode::text;
        if (!takes(intake.accepts, opcode())) {
            return fail(CloseCode::unsupported_data, text_of(CloseCode::unsupported_data),
                        receiver);
        }
    }
    std::uint64_t const before = unfinished_ ? unfinished_->bytes() : 0;
    bool const is_streamed = before + left_ > intake.stream_from_bytes;
    std::uint64_t const most = is_streamed ? intake.max_stream_bytes : max_message_bytes_;
    if (before > most || left_ > most - before) {
        return fail(CloseCode::message_too_big, text_of(CloseCode::message_too_big), receiver);
    }
    if (is_streamed) {
        if (!unfinished_) unfinished_ = std::make_unique<Unfinished>();
        unfinished_->is_streamed = true;
    }
    return true;
}

PUMPHOUSE_DECL bool LengthPrefixedDecoder::data(std::string_view piece, Receiver& receiver) {
    bool const is_end = left_ == 0 && is_final();
    Utf8 whole;
    Utf8& utf8 = unfinished_ ? unfinished_->utf8 : whole;
    if (is_text_ && (!utf8.feed(piece) || (is_end && !utf8.is_complete()))) {
        return fail(CloseCode::invalid_payload, text_of(CloseCode::invalid_payload), receiver);
    }
    Opcode const kind = is_text_ ? Opcode::text : Opcode::binary;
    if (unfinished_ && unfinished_->is_streamed) {
        stream(piece, is_end, receiver);
        return true;
    }
    if (is_end && !unfinished_) {
        receiver.message({piece, kind});
        return true;
    }
    is_in_message_ = true;
    if (!unfinished_) {
        unfinished_ = std::make_unique<Unfinished>();
        unfinished_->utf8 = whole;
    }
    unfinished_->message.append(piece);
    if (!is_end) return true;
    auto const finished = std::move(unfinished_);
    is_in_message_ = false;
    receiver.message({finished->message, kind});
    return true;
}

// What was kept before the message turned out to be large goes first.
PUMPHOUSE_DECL void LengthPrefixedDecoder::stream(std::string_view piece, bool is_end,
                                                  Receiver& receiver) {
    Unfinished& message = *unfinished_;
    is_in_message_ = !is_end;
    auto const hand_over = [&](std::string_view bytes, bool is_last) {
        bool const is_first = message.streamed_bytes == 0;
        message.streamed_bytes += bytes.size();
        receiver.chunk({bytes, is_text_ ? Opcode::text : Opcode::binary, is_first, is_last,
                        message.streamed_bytes});
    };
    if (!message.message.empty()) hand_over(std::exchange(message.message, {}), false);
    if (!piece.empty() || is_end) hand_over(piece, is_end);
    if (is_end) unfinished_.reset();
}

PUMPHOUSE_DECL bool LengthPrefixedDecoder::control(std::string_view piece, Receiver& receiver) {
    bool const is_kept = unfinished_ && !unfinished_->control.empty();
    if (left_ == 0 && !is_kept) return finish_control(piece, receiver);
    if (!unfinished_) unfinished_ = std::make_unique<Unfinished>();
    unfinished_->control.append(piece);
    if (left_ != 0) return true;
    std::string const payload = std::move(unfinished_->control);
    unfinished_->control = {};
    if (!is_in_message_) unfinished_.reset();
    return finish_control(payload, receiver);
}

PUMPHOUSE_DECL bool LengthPrefixedDecoder::finish_control(std::string_view payload,
                                                          Receiver& receiver) {
    if (!is_in_message_) unfinished_.reset();
    if (opcode() == Opcode::ping) {
        receiver.ping(payload);
    } else if (opcode() == Opcode::pong) {
        receiver.pong(payload);
    } else {
        is_over_ = true;
        unfinished_.reset();
        deliver_close(payload, receiver);
    }
    return !is_over_;
}

PUMPHOUSE_DECL bool LengthPrefixedDecoder::fail(CloseCode code, std::string_view text,
                                                Receiver& receiver) {
    is_over_ = true;
    unfinished_.reset();
    receiver.violation(code, text);
    return false;
}

}  // namespace pumphouse
