// SPDX-License-Identifier: MIT
//
// JsonLines: a log handler that writes each record as one line of JSON:
//
//   {"timestamp":"2026-01-02T03:04:05.678Z","level":"info","message":"...","code":1001}
//
// Any thread; a line is written by one call, whole. Texts have to be UTF-8, as the library's are.
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <variant>

#include <pumphouse/message/object_writer.hpp>
#include <pumphouse/message/timestamp.hpp>
#include <pumphouse/observe/log.hpp>

namespace pumphouse {

/// The line of a record, with its line feed.
inline std::string json_line(LogRecord const& record, Timestamp at) {
    struct Value {
        void operator()(std::string_view text) const { append_string(out, text); }
        void operator()(std::int64_t number) const { out += std::to_string(number); }
        void operator()(bool flag) const { out += flag ? "true" : "false"; }
        void operator()(double number) const {
            if (!std::isfinite(number)) {
                out += "null";  // JSON has no infinity
                return;
            }
            std::array<char, 32> digits;
            auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
            out.append(digits.data(), end.ptr);
        }
        std::string& out;
    };
    std::string line = R"({"timestamp":)";
    append_string(line, to_text(at));
    line += R"(,"level":)";
    append_string(line, name_of(record.level));
    line += R"(,"message":)";
    append_string(line, record.message);
    for (LogField const& field : record.fields) {
        line += ',';
        append_string(line, field.key);
        line += ':';
        std::visit(Value{line}, field.value);
    }
    line += "}\n";
    return line;
}

class JsonLines {
public:
    /// Does not own the file. Records below `least` are left out.
    explicit JsonLines(std::FILE* file = stderr, LogLevel least = LogLevel::info) noexcept
        : file_{file}, least_{least} {}

    void operator()(LogRecord const& record) const {
        if (record.level < least_) return;
        auto const now = std::chrono::system_clock::now();
        std::string const line =
            json_line(record, std::chrono::floor<std::chrono::milliseconds>(now));
        std::fwrite(line.data(), 1, line.size(), file_);
        std::fflush(file_);
    }

private:
    std::FILE* file_;
    LogLevel least_;
};

}  // namespace pumphouse
