// SPDX-License-Identifier: MIT
//
// FrameDecoder: the server's receiving end of RFC 6455, sans-IO: bytes in, in any pieces;
// messages, control frames and violations out. A shell around websocketpp's processor that adds
// what the processor leaves open: memory for what has arrived only, the sum of lengths that does
// not wrap around, the end of fragmented text, the payload of close frames. What the receiver wants
// in pieces is handed over as it arrives, what came in one batch as one piece.
//
// Used by one thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <websocketpp/http/request.hpp>
#include <websocketpp/http/response.hpp>
#include <websocketpp/processors/hybi13.hpp>

#include <pumphouse/transport/close_payload.hpp>
#include <pumphouse/transport/transport.hpp>
#include <pumphouse/transport/websocket/inbound.hpp>

namespace pumphouse::websocket {

struct NoDeflate {
    using Outcome = std::pair<websocketpp::lib::error_code, std::string>;
    bool is_implemented() const noexcept { return false; }
    bool is_enabled() const noexcept { return false; }
    template <typename Offer>
    Outcome negotiate(Offer const&) {
        return {};
    }
    websocketpp::lib::error_code init(bool) { return {}; }
    std::string generate_offer() const { return {}; }
    websocketpp::lib::error_code compress(std::string const&, std::string&) { return {}; }
    websocketpp::lib::error_code decompress(std::uint8_t const*, std::size_t, std::string&) {
        return {};
    }
};

/// For masks, which a server does not make.
struct NoRandom {
    std::uint32_t operator()() const noexcept { return 0; }
};

struct ProcessorConfig {
    using request_type = websocketpp::http::parser::request;
    using response_type = websocketpp::http::parser::response;
    using message_type = InboundMessage;
    using con_msg_manager_type = Inbox;
    using rng_type = NoRandom const;
    using permessage_deflate_type = NoDeflate;
    static constexpr std::size_t max_message_size = std::size_t{512} << 10;
    static constexpr bool enable_extensions = false;
};

class Processor final : public websocketpp::processor::hybi13<ProcessorConfig> {
public:
    Processor(Inbox& inbox, std::size_t max_message_bytes)
        : hybi13{false, true, &inbox, random} {
        this->set_max_message_size(max_message_bytes);
        // Its byte order flag is written on first use, from whichever thread that is.
        static bool const is_warm = websocketpp::lib::net::_htonll(1) != 0;
        static_cast<void>(is_warm);
    }

    /// The processor looks at this for unfragmented messages only.
    bool ends_in_a_character() {
        return m_current_msg->msg_ptr->get_opcode() != websocketpp::frame::opcode::text ||
               m_current_msg->validator.complete();
    }

    /// Whether a data message has begun and not ended.
    bool is_in_message() const noexcept { return static_cast<bool>(m_data_msg.msg_ptr); }

    /// Declared by the header of a data frame and not arrived yet.
    std::size_t bytes_to_come() const noexcept {
        return m_state == APPLICATION && m_current_msg == &m_data_msg ? m_bytes_needed : 0;
    }

private:
    static constexpr NoRandom random{};
};

class FrameDecoder {
public:
    explicit FrameDecoder(std::size_t max_message_bytes)
        : max_message_bytes_{max_message_bytes}, processor_{inbox_, max_message_bytes} {}
    FrameDecoder(FrameDecoder const&) = delete;
    FrameDecoder& operator=(FrameDecoder const&) = delete;

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
            std::size_t const used = processor_.consume(at, left, problem);
            if (problem) {
                fail(first_code(code_of(problem), left - used), problem, receiver);
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
        }
        inbox_.end_batch();
        return !is_over_;
    }

    bool is_over() const noexcept { return is_over_; }

    /// Memory kept for an unfinished message or control frame, between batches.
    std::size_t held_bytes() const noexcept {
        std::size_t const is_unfinished = streamed_bytes_ != 0;  // though nothing of it is kept
        return inbox_.data.held_bytes() + inbox_.control.held_bytes() + is_unfinished;
    }

private:
    // The processor reserves what the header of a later fragment declares.
    static constexpr std::uint64_t most_per_streamed_frame = std::uint64_t{1} << 30;

    std::size_t max_frame_bytes() const noexcept {
        if (intake_->stream_from_bytes == Intake::never) return max_message_bytes_;
        std::uint64_t const most =
            std::min<std::uint64_t>(intake_->max_stream_bytes, most_per_streamed_frame);
        return std::max(max_message_bytes_, static_cast<std::size_t>(most));
    }

    // The processor sees one batch's bytes of a message only, and its sum may wrap around.
    bool is_over(std::uint64_t most, std::uint64_t refused = 0) const noexcept {
        std::uint64_t const here = streamed_bytes_ + inbox_.data.size() - refused;
        return here > most || processor_.bytes_to_come() > most - here;
    }
    bool is_streamed(std::uint64_t refused = 0) const noexcept {
        return is_over(intake_->stream_from_bytes, refused);
    }
    // `refused`: bytes that the processor has kept and still waits for.
    bool is_too_big(std::uint64_t refused = 0) const noexcept {
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
    // its size are looked at. `unread`: bytes of the batch, from the wrong ones on.
    CloseCode first_code(CloseCode found, std::size_t unread) const noexcept {
        if (!processor_.is_in_message()) return found;
        if (!is_accepted()) return CloseCode::unsupported_data;
        bool const is_text = found == CloseCode::invalid_payload;
        std::size_t const refused = is_text ? std::min(unread, processor_.bytes_to_come()) : 0;
        return is_too_big(refused) ? CloseCode::message_too_big : found;
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
    Processor processor_;
    bool is_over_ = false;
};

}  // namespace pumphouse::websocket
