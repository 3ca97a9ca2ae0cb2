// SPDX-License-Identifier: MIT
//
// JsonWriter: appends one JSON text to a string, piece by piece. Whoever calls it says the pieces
// in an order that makes sense; `json::encode` does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pumphouse/config.hpp>

namespace pumphouse {

class JsonWriter {
public:
    explicit JsonWriter(std::string& out) noexcept : out_{out} {}

    void null() { out_ += "null"; }
    void boolean(bool value) { out_ += value ? "true" : "false"; }
    void integer(std::int64_t value);
    void unsigned_integer(std::uint64_t value);

    /// The shortest text that reads back as the same number; what JSON cannot hold (infinities,
    /// NaN) is null.
    void real(double value);
    void real(float value);

    /// What is no UTF-8 in it becomes U+FFFD: a peer would close the connection for it.
    void string(std::string_view value);

    /// As it is; nothing becomes null.
    void raw(std::string_view json) { out_ += json.empty() ? "null" : json; }

    void begin_object() { out_ += '{'; }
    void end_object() { out_ += '}'; }
    void begin_array() { out_ += '['; }
    void end_array() { out_ += ']'; }

    /// A member's name, which needs no escapes; its value is next.
    void member(std::string_view plain_name) {
        if (out_.back() != '{') out_ += ',';
        out_.append(1, '"').append(plain_name).append("\":");
    }
    /// An element is next.
    void element() {
        if (out_.back() != '[') out_ += ',';
    }

private:
    std::string& out_;
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/json_writer.ipp>
#endif
