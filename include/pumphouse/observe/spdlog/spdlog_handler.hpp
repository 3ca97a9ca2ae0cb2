// SPDX-License-Identifier: MIT
//
// SpdlogHandler: hands records to a spdlog logger, as "sentence key=value key=value".
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <spdlog/logger.h>

#include <pumphouse/observe/log.hpp>

namespace pumphouse {

class SpdlogHandler {
public:
    explicit SpdlogHandler(std::shared_ptr<spdlog::logger> logger) noexcept
        : logger_{std::move(logger)} {}

    void operator()(LogRecord const& record) const {
        auto const level = level_of(record.level);
        if (!logger_->should_log(level)) return;
        std::string line{record.message};
        for (LogField const& field : record.fields) {
            line.append(" ").append(field.key).append("=");
            std::visit([&line](auto const& value) { append(line, value); }, field.value);
        }
        logger_->log(level, spdlog::string_view_t{line.data(), line.size()});
    }

private:
    static spdlog::level::level_enum level_of(LogLevel level) noexcept {
        switch (level) {
            case LogLevel::debug: return spdlog::level::debug;
            case LogLevel::info: return spdlog::level::info;
            case LogLevel::warning: return spdlog::level::warn;
            case LogLevel::error: return spdlog::level::err;
        }
        return spdlog::level::err;
    }

    static void append(std::string& line, std::string_view text) { line.append(text); }
    static void append(std::string& line, bool flag) { line.append(flag ? "true" : "false"); }
    template <typename Number>
    static void append(std::string& line, Number number) {
        line.append(std::to_string(number));
    }

    std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace pumphouse
