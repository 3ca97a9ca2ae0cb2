// SPDX-License-Identifier: MIT
#include <pumphouse/observe/json_lines.hpp>
#include <pumphouse/observe/log.hpp>

#include <cstdlib>
#include <limits>
#include <stdexcept>

#include "support/catch.hpp"

#if __has_include(<spdlog/logger.h>)
#include <sstream>

#include <spdlog/sinks/ostream_sink.h>

#include <pumphouse/spdlog.hpp>
#endif

using namespace pumphouse;

TEST_CASE("log: without a handler there is silence, and what a handler throws stays with it") {
    log({}, LogLevel::error, "nobody hears");
    int heard = 0;
    LogHandler const handler = [&](LogRecord const&) {
        ++heard;
        throw std::runtime_error{"disk full"};
    };
    log(handler, LogLevel::info, "one");
    log(handler, LogLevel::info, "two", {{"n", 2}});
    CHECK(heard == 2);
}

TEST_CASE("log: a record as a line of JSON") {
    std::string line;
    LogHandler const handler = [&](LogRecord const& record) {
        line = json_line(record, Timestamp{std::chrono::milliseconds{1767323045678}});
    };
    log(handler, LogLevel::warning, "say \"hi\"\n",
        {{"text", "a\\b"}, {"number", -3}, {"share", 0.5}, {"flag", true},
         {"endless", std::numeric_limits<double>::infinity()}});
    CHECK(line == R"({"timestamp":"2026-01-02T03:04:05.678Z","level":"warning",)"
                  R"("message":"say \"hi\"\n","text":"a\\b","number":-3,"share":0.5,)"
                  R"("flag":true,"endless":null})"
                  "\n");
}

TEST_CASE("log: JsonLines writes what is at or above its level") {
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* const file = ::open_memstream(&text, &size);
    JsonLines const lines{file, LogLevel::warning};
    LogHandler const handler = lines;
    log(handler, LogLevel::info, "below");
    log(handler, LogLevel::warning, "at");
    log(handler, LogLevel::error, "above");
    std::fclose(file);
    std::string const written{text, size};
    std::free(text);
    CHECK(written.find("below") == std::string::npos);
    CHECK(written.find(R"("level":"warning","message":"at"})") != std::string::npos);
    CHECK(written.find(R"("level":"error","message":"above"})") != std::string::npos);
}

#if __has_include(<spdlog/logger.h>)
TEST_CASE("log: spdlog gets the level, the sentence and the fields") {
    std::ostringstream out;
    auto const sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(out);
    auto const logger = std::make_shared<spdlog::logger>("hub", sink);
    logger->set_pattern("%l %v");
    LogHandler const handler = SpdlogHandler{logger};
    log(handler, LogLevel::warning, "slow {}", {{"client", 7}, {"flag", false}, {"why", "lag"}});
    log(handler, LogLevel::debug, "below the logger's level");
    CHECK(out.str() == "warning slow {} client=7 flag=false why=lag\n");
}
#endif
