// SPDX-License-Identifier: MIT
//
// FrameDecoder: the server's receiving end of RFC 6455, sans-IO: bytes in, in any pieces;
// messages, control frames and violations out. A shell around websocketpp's processor that adds
// what the processor leaves open: memory for what has arrived only, the sum of lengths that does
// not wrap around, the end of fragmented text, the payload of close frames. What the receiver wants
// in pieces is handed over as it arrives, what came in one batch as one piece.
//
// FrameDecoder takes no compressed messages; InflatingFrameDecoder does, from peers with which that
// was agreed on. What comes of them is bounded as what comes as it is.
//
// Used by one thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <websocketpp/http/request.hpp>
#include <websocketpp/http/response.hpp>
#include <websocketpp/processors/hybi13.hpp>

#include <pumphouse/transport/close_payload.hpp>
#include <pumphouse/transport/transport.hpp>
#include <pumphouse/transport/websocket/inbound.hpp>
#include <pumphouse/transport/websocket/inflation.hpp>

namespace pumphouse::websocket {

/// For masks, which a server does not make.
struct NoRandom {
    std::uint32_t operator()() const noexcept { return 0; }
};

template <typename Extension>
struct ProcessorConfig {
    using request_type = websocketpp::http::parser::request;
    using response_type = websocketpp::http::parser::response;
    using message_type = InboundMessage;
    using con_msg_manager_type = Inbox;
    using rng_type = NoRandom const;
    using permessage_deflate_type = Extension;
    static constexpr std::size_t max_message_size = std::size_t{512} << 10;
    static constexpr bool enable_extensions = false;
};

template <typename Extension>
class Processor final : public websocketpp::processor::hybi13<ProcessorConfig<Extension>> {
    using Base = websocketpp::processor::hybi13<ProcessorConfig<Extension>>;

public:
    Processor(Inbox& inbox, std::size_t max_message_bytes)
        : Base{false, true, &inbox, random} {
        this->set_max_message_size(max_message_bytes);
        // Its byte order flag is written on first use, from whichever thread that is.
        static bool const is_warm = websocketpp::lib::net::_htonll(1) != 0;
        static_cast<void>(is_warm);
    }

    /// The processor looks at this for unfragmented messages only.
    bool ends_in_a_character() {
        auto& current = *this->m_current_msg;
        return current.msg_ptr->get_opcode() != websocketpp::frame::opcode::text ||
               current.validator.complete();
    }

    /// Whether a data message has begun and not ended.
    bool is_in_message() const noexcept { return static_cast<bool>(this->m_data_msg.msg_ptr); }

    /// Declared by the header of a data frame and not arrived yet.
    std::size_t bytes_to_come() const noexcept {
        bool const is_data = this->m_current_msg == &this->m_data_msg;
        return this->m_state == Base::APPLICATION && is_data ? this->m_bytes_needed : 0;
    }

    /// The same of a frame whose payload may have begun to arrive.
    std::uint64_t declared_bytes() const noexcept {
        if (bytes_to_come() == 0) return 0;
        namespace frame = websocketpp::frame;
        return frame::get_payload_size(this->m_basic_header, this->m_extended_header);
    }

    Extension& extension() noexcept { return this->m_permessage_deflate; }
    Extension const& extension() const noexcept { return this->m_permessage_deflate; }

    /// For the extension.
    static FramePlace place_of(void const* processor) noexcept {
        auto const& self = *static_cast<Processor const*>(processor);
        if (self.m_state == Base::HEADER_BASIC) {
            return self.is_in_message() ? FramePlace::before_continuation
                                        : FramePlace::before_message;
        }
        return self.m_bytes_needed == 0 ? FramePlace::behind_message : FramePlace::in_payload;
    }

private:
    static constexpr NoRandom random{};
};

template <typename Extension>
class BasicFrameDecoder {
    static constexpr bool inflates = !std::is_same_v<Extension, NoDeflate>;

public:
    using Terms = typename Extension::Terms;

    explicit BasicFrameDecoder(std::size_t max_message_bytes, Terms const& terms = {})
        : max_message_bytes_{max_message_bytes}, processor_{inbox_, max_message_bytes} {
        if constexpr (inflates) {
            processor_.extension().begin(terms, &processor_, &Processor<Extension>::place_of);
        }
    }
    BasicFrameDecoder(BasicFrameDecoder const&) = delete;
    BasicFrameDecoder& operator=(BasicFrameDecoder const&) = delete;

    /// Unmasks the bytes where they are. False once the peer has closed or broken the protocol,
    /// which the receiver was told: whatever comes after that is discarded.
    bool consume(std::span<char> bytes, Receiver& receiver) {
        if (is_over_) return false;
        Scratch const scratch;
        inbox_.begin_batch(scratch.strings());
        intake_ = &receiver.intake();
        processor_.set_max_message_size(max_frame_bytes());
        auto* at = reinterpret_cast<std::uint8_t*>(bytes.data());
        std::size_t left = bytes.size();
        while (left != 0 && !is_over_) {
            websocketpp::lib::error_code problem;
            std::size_t const given = next_bytes(left);
            std::size_t const used = processor_.consume(at, given, problem);
            if (problem) {
                fail(first_code(code_of(problem), given - used), problem, receiver);
                break;
            }
            at += used;
            left -= used;
            if (processor_.ready()) {
                finish(receiver);
            } else if (processor_.is_in_message()) {
                look_at_unfinished(receiver);
            }
        }
        if (is_over_) {
            inbox_.data.clear();
            inbox_.control.clear();
            if constexpr (inflates) processor_.extension().end_message();
        }
        inbox_.end_batch();
        return !is_over_;
    }

    bool is_over() const noexcept { return is_over_; }

    /// What is sent to such a peer.
    WireFormat const& wire_format() const noexcept {
        if constexpr (inflates) return processor_.extension().wire_format();
        return websocket_format;
    }

    /// Memory kept for an unfinished message or control frame, between batches.
    std::size_t held_bytes() const noexcept {
        std::size_t bytes = streamed_bytes_ != 0;  // of it nothing may be kept
        if constexpr (inflates) bytes += processor_.extension().held_bytes();
        return bytes + inbox_.data.held_bytes() + inbox_.control.held_bytes();
    }

private:
    // The processor reserves what the header of a later fragment declares.
    static constexpr std::uint64_t most_per_streamed_frame = std::uint64_t{1} << 30;

    std::size_t max_frame_bytes() const noexcept {
        // Of a compressed one the processor counts what has come of it and what is to come: more
        // than `is_declared_too_big` looks at.
        constexpr std::size_t part = std::size_t{1} << 20;
        std::size_t const inflated =
            inflates ? max_message_bytes_ + max_compressed_bytes() + part : 0;
        return (can_stream() ? max_streamed_frame_bytes() : max_message_bytes_) + inflated;
    }

    std::size_t max_streamed_frame_bytes() const noexcept {
        std::uint64_t const most =
            std::min<std::uint64_t>(intake_->max_stream_bytes, most_per_streamed_frame);
        return std::max(max_message_bytes_, static_cast<std::size_t>(most));
    }

    bool can_stream() const noexcept { return intake_->stream_from_bytes != Intake::never; }

    // Of a message that is kept until it is whole; deflate makes bytes that it cannot compress a
    // little more.
    std::size_t max_compressed_bytes() const noexcept {
        return max_message_bytes_ + max_message_bytes_ / 8 + 1024;
    }

    // What the extension may make of the present message: one byte more than would be too much.
    // What is streamed is read in small parts, for a thousand bytes may come of each.
    std::size_t next_bytes(std::size_t left) noexcept {
        if constexpr (inflates) {
            constexpr std::size_t part = 256;
            bool const is_whole = max_message_bytes_ < intake_->stream_from_bytes;
            constexpr std::uint64_t endless = std::uint64_t{1} << 62;
            std::uint64_t const streamed = std::max<std::uint64_t>(intake_->stream_from_bytes,
                                                                   intake_->max_stream_bytes);
            std::uint64_t const most = std::min(is_whole ? max_message_bytes_ : streamed, endless);
            std::uint64_t const before = streamed_bytes_ + inbox_.data.kept_bytes();
            processor_.extension().set_most(static_cast<std::size_t>(most + 1 - before));
            bool const may_inflate = !processor_.is_in_message() || is_compressed();
            if (can_stream() && may_inflate) return std::min(left, part);
        }
        return left;
    }

    bool is_compressed() const noexcept { return inflates && inbox_.data.get_compressed(); }

    // Of a compressed message nobody knows what it will be.
    std::size_t bytes_to_come() const noexcept {
        return is_compressed() ? 0 : processor_.bytes_to_come();
    }

    // The processor sees one batch's bytes of a message only, and its sum may wrap around.
    bool is_over(std::uint64_t most, std::uint64_t refused = 0) const noexcept {
        std::uint64_t const here = streamed_bytes_ + inbox_.data.size() - refused;
        return here > most || bytes_to_come() > most - here;
    }
    bool is_streamed(std::uint64_t refused = 0) const noexcept {
        return is_over(intake_->stream_from_bytes, refused);
    }
    // `refused`: bytes that the processor has kept and still waits for.
    // `unread`: bytes that the processor counts as still to come, though they have been inflated.
    bool is_declared_too_big(std::size_t unread = 0) const noexcept {
        if constexpr (inflates) {
            if (!is_compressed()) return false;
            if (can_stream()) return processor_.declared_bytes() > max_streamed_frame_bytes();
            std::size_t const to_come = processor_.bytes_to_come() - unread;
            std::uint64_t const come = processor_.extension().compressed_bytes();
            return come > max_compressed_bytes() || to_come > max_compressed_bytes() - come;
        }
        return false;
    }
    bool is_too_big(std::uint64_t refused = 0) const noexcept {
        if (is_declared_too_big()) return true;
        return is_over(is_streamed(refused) ? intake_->max_stream_bytes : max_message_bytes_,
                       refused);
    }
    bool is_accepted() const noexcept {
        return takes(intake_->accepts, static_cast<Opcode>(inbox_.data.get_opcode()));
    }

    void look_at_unfinished(Receiver& receiver) {
        if (!is_accepted()) return fail(CloseCode::unsupported_data, {}, receiver);
        if (is_too_big()) return fail(CloseCode::message_too_big, {}, receiver);
        if (is_streamed()) hand_over_piece(false, receiver);
    }

    void hand_over_piece(bool is_last, Receiver& receiver) {
        InboundMessage& message = inbox_.data;
        if (message.size() == 0 && !is_last) return;
        bool const is_first = streamed_bytes_ == 0;
        streamed_bytes_ += message.size();
        receiver.chunk({message.payload(), static_cast<Opcode>(message.get_opcode()), is_first,
                        is_last, streamed_bytes_});
        message.clear();
        if (is_last) streamed_bytes_ = 0;
    }

    void finish(Receiver& receiver) {
        namespace opcode = websocketpp::frame::opcode;
        bool const is_whole_text = processor_.ends_in_a_character();
        InboundMessage& message = *processor_.get_message().operator->();
        auto const kind = static_cast<Opcode>(message.get_opcode());
        if (opcode::is_control(message.get_opcode())) {
            if (processor_.is_in_message()) look_at_unfinished(receiver);  // it came first
            if (!is_over_) finish_control(kind, message.payload(), receiver);
        } else if (is_compressed() && is_accepted() && is_too_big()) {
            fail(CloseCode::message_too_big, {}, receiver);  // and cut off
        } else if (!is_whole_text) {
            fail(CloseCode::invalid_payload, {}, receiver);
        } else if (!is_accepted()) {
            fail(CloseCode::unsupported_data, {}, receiver);
        } else if (is_too_big()) {
            fail(CloseCode::message_too_big, {}, receiver);
        } else if (is_streamed()) {
            hand_over_piece(true, receiver);
        } else {
            receiver.message({message.payload(), kind});
        }
        if constexpr (inflates) {
            if (&message == &inbox_.data) processor_.extension().end_message();
        }
        message.clear();
    }

    void finish_control(Opcode kind, std::string_view payload, Receiver& receiver) {
        if (kind == Opcode::ping) return receiver.ping(payload);
        if (kind == Opcode::pong) return receiver.pong(payload);
        is_over_ = true;
        deliver_close(payload, receiver);
    }

    static CloseCode code_of(websocketpp::lib::error_code const& problem) noexcept {
        namespace error = websocketpp::processor::error;
        switch (problem.value()) {
            case error::invalid_utf8:
            case error::invalid_payload: return CloseCode::invalid_payload;
            case error::message_too_big: return CloseCode::message_too_big;
            default: return CloseCode::protocol_error;  // what else it finds is one
        }
    }

    // In one batch the processor finds what is wrong with the end of a message before its kind and
    // its size are looked at. `unread`: bytes that it was given, from the wrong ones on.
    CloseCode first_code(CloseCode found, std::size_t unread) const noexcept {
        if (!processor_.is_in_message()) return found;
        if (!is_accepted()) return CloseCode::unsupported_data;
        if constexpr (inflates) {
            if (is_compressed()) return first_code_of_compressed(found);
        }
        bool const is_text = found == CloseCode::invalid_payload;
        std::size_t const refused = is_text ? std::min(unread, processor_.bytes_to_come()) : 0;
        return is_too_big(refused) ? CloseCode::message_too_big : found;
    }

    // What is wrong inside a payload was found in its order; what is wrong behind it came after
    // the message had become too big.
    CloseCode first_code_of_compressed(CloseCode found) const noexcept {
        bool const is_inside =
            found == CloseCode::invalid_payload && processor_.bytes_to_come() != 0;
        std::size_t const unread = processor_.extension().latest_bytes();
        bool const is_first = is_inside ? is_declared_too_big(unread) : is_too_big();
        return is_first ? CloseCode::message_too_big : found;
    }

    void fail(CloseCode code, websocketpp::lib::error_code const& problem, Receiver& receiver) {
        is_over_ = true;
        if (code != CloseCode::protocol_error) return receiver.violation(code, text_of(code));
        receiver.violation(code, problem.message());
    }

    std::size_t max_message_bytes_;  // of a message that is handed over whole
    std::uint64_t streamed_bytes_ = 0;  // of the present message, handed over already
    Intake const* intake_ = nullptr;    // during a batch
    Inbox inbox_;
    Processor<Extension> processor_;
    bool is_over_ = false;
};

using FrameDecoder = BasicFrameDecoder<NoDeflate>;
using InflatingFrameDecoder = BasicFrameDecoder<Inflation>;

}  // namespace pumphouse::websocket
