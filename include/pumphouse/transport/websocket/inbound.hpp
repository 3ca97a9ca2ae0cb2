// SPDX-License-Identifier: MIT
//
// Where websocketpp's frame processor puts what arrives: an InboundMessage per connection for
// data and one for control frames, in the shape that the processor asks of its message buffers.
//
// Bytes first go to the thread's scratch strings. A message that ends in the batch it began in is
// handed over from there, so it allocates nothing; only what is unfinished when a batch ends is
// kept, as much as has arrived, whatever its header declares.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <websocketpp/frame.hpp>

namespace pumphouse::websocket {

/// The thread's scratch: lent for one batch, like ReadBuffer.
class Scratch {
public:
    struct Strings {
        std::string data;
        std::string control;
    };

    Scratch() : strings_{std::exchange(kept(), nullptr)} {
        if (!strings_) strings_ = std::make_unique<Strings>();
    }
    ~Scratch() {
        strings_->data.clear();
        strings_->control.clear();
        // The processor may have reserved as much as a header declared.
        if (strings_->data.capacity() <= most_kept_bytes) kept() = std::move(strings_);
    }
    Scratch(Scratch const&) = delete;
    Scratch& operator=(Scratch const&) = delete;

    Strings& strings() const noexcept { return *strings_; }

private:
    static constexpr std::size_t most_kept_bytes = std::size_t{128} << 10;
    static std::unique_ptr<Strings>& kept() noexcept {
        static thread_local std::unique_ptr<Strings> strings;
        return strings;
    }

    std::unique_ptr<Strings> strings_;
};

class InboundMessage {
public:
    // What the processor passes around: a plain pointer, for the messages live in their inbox.
    class ptr {
    public:
        ptr() = default;
        explicit ptr(InboundMessage* to) noexcept : to_{to} {}
        explicit operator bool() const noexcept { return to_ != nullptr; }
        InboundMessage* operator->() const noexcept { return to_; }
        void reset() noexcept { to_ = nullptr; }

    private:
        InboundMessage* to_ = nullptr;
    };

    void begin(websocketpp::frame::opcode::value opcode, std::string& scratch) noexcept {
        opcode_ = opcode;
        is_compressed_ = false;
        scratch_ = &scratch;
    }
    void set_scratch(std::string* scratch) noexcept { scratch_ = scratch; }

    /// All of it, when it is finished. Good until `clear` or the end of the batch.
    std::string_view payload() {
        if (!kept_) return *scratch_;
        keep();
        return *kept_;
    }
    std::size_t kept_bytes() const noexcept { return kept_ ? kept_->size() : 0; }
    std::size_t held_bytes() const noexcept { return kept_ ? kept_->capacity() : 0; }
    std::size_t size() const noexcept { return scratch_->size() + (kept_ ? kept_->size() : 0); }

    /// Moves what the scratch holds to memory of its own.
    void keep() {
        if (scratch_->empty()) return;
        if (!kept_) kept_ = std::make_unique<std::string>();
        kept_->append(*scratch_);
        scratch_->clear();
    }
    void clear() noexcept {
        kept_.reset();
        if (scratch_ != nullptr) scratch_->clear();
    }

    // Asked for by the processor.
    websocketpp::frame::opcode::value get_opcode() const noexcept { return opcode_; }
    std::string& get_raw_payload() const noexcept { return *scratch_; }
    bool get_compressed() const noexcept { return is_compressed_; }
    void set_compressed(bool is_compressed) noexcept { is_compressed_ = is_compressed; }
    // These only for sending, which is not its part.
    bool get_fin() const noexcept { return true; }
    void set_opcode(websocketpp::frame::opcode::value) noexcept {}
    void set_header(std::string const&) noexcept {}
    void set_prepared(bool) noexcept {}

private:
    std::unique_ptr<std::string> kept_;
    std::string* scratch_ = nullptr;  // during a batch
    websocketpp::frame::opcode::value opcode_ = websocketpp::frame::opcode::continuation;
    bool is_compressed_ = false;
};

/// The processor's message source: at most one data message and one control frame at a time.
class Inbox {
public:
    using ptr = Inbox*;

    InboundMessage::ptr get_message(websocketpp::frame::opcode::value opcode, std::size_t) {
        bool const is_control = websocketpp::frame::opcode::is_control(opcode);
        InboundMessage& message = is_control ? control : data;
        message.begin(opcode, is_control ? scratch_->control : scratch_->data);
        return InboundMessage::ptr{&message};
    }

    void begin_batch(Scratch::Strings& scratch) noexcept {
        scratch_ = &scratch;
        data.set_scratch(&scratch.data);
        control.set_scratch(&scratch.control);
    }
    void end_batch() {
        data.keep();
        control.keep();
    }

    InboundMessage data;
    InboundMessage control;

private:
    Scratch::Strings* scratch_ = nullptr;
};

}  // namespace pumphouse::websocket
