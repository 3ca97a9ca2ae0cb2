// SPDX-License-Identifier: MIT
//
// What a message of the load generator looks like on its way to the server and back: bytes that a
// relay passes on as they are, or a `broadcast` of the JSON room protocol, which comes back with
// the server's envelope, sender and time. `--size` is what comes back, in both cases.
#pragma once

#include "frame.hpp"
#include "options.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pumphouse::bench {

/// What every message holds; the rest is filler that never changes.
struct Stamp {
    std::uint64_t number;
    std::uint64_t sent_ns;
};
static_assert(sizeof(Stamp) == 16, "what --size must leave room for");

class Payload {
public:
    explicit Payload(const Options& options) : size_{options.size}, is_json_{options.protocol} {
        if (!is_json_) {
            text_.assign(size_, 'x');
            return;
        }
        const std::size_t around = data_at + closing_bytes;
        if (size_ < around + stamp_digits) {
            throw std::invalid_argument{"--protocol needs a --size of " +
                                        std::to_string(around + stamp_digits)};
        }
        text_ = request_head;
        text_.append(size_ - around, 'x').append("\"}");
    }

    /// A client that speaks the protocol first joins the room.
    static constexpr std::string_view join = R"({"type":"join_room","room":"r","history":false})";
    bool wants_joining() const { return is_json_; }
    bool is_joined(const Frame& frame) const {
        return frame.payload.starts_with(R"({"type":"room_joined")");
    }
    /// Something the protocol says besides.
    bool is_other(const Frame& frame) const {
        return is_json_ && frame.first == text_frame && !frame.payload.starts_with("{\"epoch\"");
    }

    std::uint8_t first_byte() const { return is_json_ ? text_frame : binary_frame; }

    /// Good until the next one.
    std::string_view make(const Stamp& stamp) {
        if (!is_json_) {
            std::memcpy(text_.data(), &stamp, sizeof stamp);
            return text_;
        }
        put_hex(text_.data() + request_head.size(), stamp.number);
        put_hex(text_.data() + request_head.size() + 16, stamp.sent_ns);
        return text_;
    }

    /// The stamp of a message, or nothing when it is not as it was sent.
    std::optional<Stamp> read(std::string_view payload) const {
        if (payload.size() != size_) return std::nullopt;
        Stamp stamp;
        if (!is_json_) {
            std::memcpy(&stamp, payload.data(), sizeof stamp);
            const auto filler = std::string_view{text_}.substr(sizeof stamp);
            if (payload.substr(sizeof stamp) != filler) return std::nullopt;
            return stamp;
        }
        const auto data = payload.substr(data_at, size_ - data_at - closing_bytes);
        const auto filler = data.substr(stamp_digits);
        if (filler != std::string_view{text_}.substr(request_head.size() + stamp_digits,
                                                     filler.size())) {
            return std::nullopt;
        }
        if (!payload.substr(data_at + data.size()).starts_with("\",\"timestamp\":\"")) {
            return std::nullopt;
        }
        return Stamp{hex(data), hex(data.substr(16))};
    }

private:
    static constexpr std::uint8_t text_frame = 0x81;
    static constexpr std::size_t stamp_digits = 32;
    static constexpr std::string_view request_head =
        R"({"type":"broadcast","room":"r","data":")";
    static constexpr std::size_t data_at = std::string_view{
        R"({"epoch":"0123456789abcdef","offset":1                   ,"type":"broadcast",)"
        R"("room":"r","from":"0123456789abcdef","data":")"}.size();
    static constexpr std::size_t closing_bytes =
        std::string_view{R"(","timestamp":"2026-01-02T03:04:05.000Z"})"}.size();

    static void put_hex(char* out, std::uint64_t value) {
        for (int i = 15; i >= 0; --i, value >>= 4) out[i] = "0123456789abcdef"[value & 15];
    }
    static std::uint64_t hex(std::string_view digits) {
        std::uint64_t value = 0;
        for (int i = 0; i < 16; ++i) {
            const char digit = digits[static_cast<std::size_t>(i)];
            value = value << 4 | static_cast<std::uint64_t>(digit <= '9' ? digit - '0'
                                                                         : digit - 'a' + 10);
        }
        return value;
    }

    std::size_t size_;
    bool is_json_;
    std::string text_{};
};

}  // namespace pumphouse::bench
