// SPDX-License-Identifier: MIT
//
// ObjectWriter: writes one JSON object to the end of a string, member by member, in the order of
// the calls. Strings have to be UTF-8; what JSON wants escaped is (RFC 8259, section 7).
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pumphouse {

/// A JSON string, with its quotes.
inline void append_string(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += '"';
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && c != '"' && c != '\\') {
            out += c;
        } else if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else {
            out += "\\u00";
            out += digits[byte >> 4];
            out += digits[byte & 0xf];
        }
    }
    out += '"';
}

inline void append_number(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits;
    auto const result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out.append(digits.data(), result.ptr);
}

class ObjectWriter {
public:
    /// What comes goes behind an envelope, which has opened the object and written members.
    struct Continues {};

    explicit ObjectWriter(std::string& out) : out_{out} { out_ += '{'; }
    ObjectWriter(std::string& out, Continues) : out_{out} {}
    ObjectWriter(ObjectWriter const&) = delete;
    ObjectWriter& operator=(ObjectWriter const&) = delete;
    ~ObjectWriter() { out_ += '}'; }

    /// Keys are literals that need no escapes.
    void text(std::string_view key, std::string_view value) {
        append_key(key);
        append_string(out_, value);
    }
    /// Left out when there is nothing in it.
    void text_if(std::string_view key, std::string_view value) {
        if (!value.empty()) text(key, value);
    }
    void number(std::string_view key, std::uint64_t value) {
        append_key(key);
        append_number(out_, value);
    }
    void boolean(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }

    /// JSON text, as it is.
    void raw(std::string_view key, std::string_view json) {
        append_key(key);
        out_ += json;
    }

    void texts(std::string_view key, std::span<std::string const> values) {
        append_key(key);
        out_ += '[';
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i != 0) out_ += ',';
            append_string(out_, values[i]);
        }
        out_ += ']';
    }

    /// `write_members(inner)` writes the members of an object inside.
    template <typename WriteMembers>
    void object(std::string_view key, WriteMembers&& write_members) {
        append_key(key);
        ObjectWriter inner{out_};
        write_members(inner);
    }

private:
    void append_key(std::string_view key) {
        if (!is_first_) out_ += ',';
        is_first_ = false;
        out_ += '"';
        out_ += key;
        out_ += "\":";
    }

    std::string& out_;
    bool is_first_ = true;
};

}  // namespace pumphouse
