// SPDX-License-Identifier: MIT
// Bodies of codec/json/json_writer.hpp.
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

#include <rapidjson/writer.h>

#include <pumphouse/codec/json/json_writer.hpp>
#include <pumphouse/transport/utf8.hpp>

namespace pumphouse {

namespace detail {

// RapidJSON's output stream.
struct JsonSink {
    using Ch = char;
    void Put(char c) { out += c; }
    void Flush() {}
    std::string& out;
};

// One U+FFFD for each longest run that could have begun a character, as the WHATWG's Encoding
// Standard wants it.
inline std::string without_garbage(std::string_view text) {
    std::string clean;
    std::size_t begin = 0;  // of the present character
    Utf8 check;
    for (std::size_t at = 0; at < text.size();) {
        if (check.feed(text.substr(at, 1))) {
            ++at;
            if (!check.is_complete()) continue;
            clean.append(text.substr(begin, at - begin));
        } else {
            clean.append("\xef\xbf\xbd");
            if (at == begin) ++at;
            check = {};
        }
        begin = at;
    }
    if (begin != text.size()) clean.append("\xef\xbf\xbd");
    return clean;
}

inline void append_number(std::string& out, auto value) {
    std::array<char, 32> digits;
    auto const [end, _] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    out.append(digits.data(), end);
}

// A float's shortest text is read as a double first: rounded twice, it may become its neighbour.
inline bool reads_back(std::string_view digits, float value) {
    double read = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), read);
    return static_cast<float>(read) == value;
}

inline void append_real(std::string& out, auto value) {
    if (!std::isfinite(value)) {
        out += "null";
    } else if (value == 0 && std::signbit(value)) {
        out += "-0.0";  // "-0" would be read as a whole number, which has no such zero
    } else {
        append_number(out, value);
    }
}

}  // namespace detail

PUMPHOUSE_DECL void JsonWriter::integer(std::int64_t value) { detail::append_number(out_, value); }

PUMPHOUSE_DECL void JsonWriter::unsigned_integer(std::uint64_t value) {
    detail::append_number(out_, value);
}

PUMPHOUSE_DECL void JsonWriter::real(double value) { detail::append_real(out_, value); }
PUMPHOUSE_DECL void JsonWriter::real(float value) {
    std::size_t const before = out_.size();
    detail::append_real(out_, value);
    if (!std::isfinite(value) || detail::reads_back(std::string_view{out_}.substr(before), value)) {
        return;
    }
    out_.resize(before);
    real(static_cast<double>(value));
}

PUMPHOUSE_DECL void JsonWriter::string(std::string_view value) {
    std::string clean;
    if (!is_utf8(value)) value = clean = detail::without_garbage(value);
    detail::JsonSink sink{out_};
    rapidjson::Writer<detail::JsonSink>{sink}.String(
        value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

}  // namespace pumphouse
