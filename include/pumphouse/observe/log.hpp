// SPDX-License-Identifier: MIT
//
// LogRecord: one thing worth knowing, for the host's own logger: a level, a sentence and fields.
// The library writes nothing by itself and is silent until it is given a handler. Nothing is
// logged per message.
//
// A handler runs on the thread where the thing happened, often a shard's: it must not block for
// long, and must not throw. A record borrows everything until the handler returns.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string_view>
#include <variant>

namespace pumphouse {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

constexpr std::string_view name_of(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::debug: return "debug";
        case LogLevel::info: return "info";
        case LogLevel::warning: return "warning";
        case LogLevel::error: return "error";
    }
    return "error";
}

struct LogField {
    using Value = std::variant<std::string_view, std::int64_t, double, bool>;

    std::string_view key;
    Value value;

    LogField(std::string_view name, std::string_view text) noexcept : key{name}, value{text} {}
    LogField(std::string_view name, char const* text) noexcept
        : key{name}, value{std::string_view{text}} {}
    LogField(std::string_view name, std::same_as<bool> auto flag) noexcept
        : key{name}, value{flag} {}
    LogField(std::string_view name, std::integral auto number) noexcept
        requires(!std::same_as<decltype(number), bool>)
        : key{name}, value{static_cast<std::int64_t>(number)} {}
    LogField(std::string_view name, std::floating_point auto number) noexcept
        : key{name}, value{static_cast<double>(number)} {}
};

struct LogRecord {
    LogLevel level = LogLevel::info;
    std::string_view message;
    std::span<LogField const> fields;
};

/// Empty: silence.
using LogHandler = std::function<void(LogRecord const&)>;

inline void log(LogHandler const& handler, LogLevel level, std::string_view message,
                std::initializer_list<LogField> fields = {}) noexcept {
    if (!handler) return;
    try {
        handler({level, message, {fields.begin(), fields.size()}});
    } catch (...) {  // a logger in trouble is not the hub's trouble
    }
}

}  // namespace pumphouse
