// SPDX-License-Identifier: MIT
//
// StreamParser: reads what a hub writes, in either wire format, in any pieces, and holds it to
// the protocol: whole frames, fragments in order, nothing between them but control frames,
// nothing after a close frame. Independent of the library's own decoders.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <pumphouse/transport/wire_format.hpp>

namespace pumphouse::simulation {

/// Gets each message and each control frame that is there in full.
using OnFrame = std::function<void(Opcode, std::string_view)>;

class StreamParser {
public:
    explicit StreamParser(bool is_websocket) : is_websocket_{is_websocket} {}

    void feed(char const* data, std::size_t size, OnFrame const& handle) {
        buffer_.append(data, size);
        while (parse_one(handle)) {
        }
        if (parsed_ == buffer_.size()) {
            buffer_.clear();
            parsed_ = 0;
        } else if (parsed_ > 4096) {
            buffer_.erase(0, parsed_);
            parsed_ = 0;
        }
    }

    bool is_inside_message() const noexcept { return parsed_ != buffer_.size() || in_message_; }

private:
    unsigned byte(std::size_t at) const {
        return static_cast<unsigned char>(buffer_[parsed_ + at]);
    }

    bool parse_one(OnFrame const& handle) {
        std::size_t const have = buffer_.size() - parsed_;
        std::size_t header = is_websocket_ ? 2 : 5;
        if (have < header) return false;
        std::uint64_t length = 0;
        if (!is_websocket_) {
            for (std::size_t i = 1; i < 5; ++i) length = length << 8 | byte(i);
        } else {
            unsigned const small = byte(1);
            if (small & 0x80U) throw std::runtime_error{"a server's frame is masked"};
            std::size_t const extra = small == 126 ? 2 : small == 127 ? 8 : 0;
            header += extra;
            if (have < header) return false;
            length = extra == 0 ? small : 0;
            for (std::size_t i = 0; i < extra; ++i) length = length << 8 | byte(2 + i);
        }
        if (have < header + length) return false;
        unsigned const first = byte(0);
        std::string_view const payload{buffer_.data() + parsed_ + header,
                                       static_cast<std::size_t>(length)};
        accept(first, payload, handle);
        parsed_ += header + payload.size();
        return true;
    }

    void accept(unsigned first, std::string_view payload, OnFrame const& handle) {
        
        if (closed_) throw std::runtime_error{"a frame after the close frame"};
        if (first & 0x70U) throw std::runtime_error{"reserved bits are set"};
        auto const opcode = static_cast<Opcode>(first & 0x0fU);
        bool const fin = first & 0x80U;
        if (is_control(opcode)) {
            if (!fin || payload.size() > 125) throw std::runtime_error{"a bad control frame"};
            closed_ = opcode == Opcode::close;
            return handle(opcode, payload);
        }
        if ((opcode == Opcode::continuation) != in_message_) {
            throw std::runtime_error{"fragments of messages are mixed"};
        }
        if (!in_message_) opcode_ = opcode, message_.clear();
        message_ += payload;
        in_message_ = !fin;
        if (fin) handle(opcode_, message_);
    }

    bool const is_websocket_;
    bool in_message_ = false;
    bool closed_ = false;
    Opcode opcode_{};
    std::size_t parsed_ = 0;
    std::string buffer_;
    std::string message_;
};

}  // namespace pumphouse::simulation
