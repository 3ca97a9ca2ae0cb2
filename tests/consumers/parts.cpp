// SPDX-License-Identifier: MIT
//
// What an outside consumer of the parts on further libraries builds and runs: each does one thing
// that shows that its library is there and linked.
#include <cstdio>
#include <exception>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

#include <pumphouse/jwt.hpp>
#include <pumphouse/prometheus.hpp>
#include <pumphouse/protocol.hpp>
#include <pumphouse/settings.hpp>
#include <pumphouse/spdlog.hpp>
#include <pumphouse/tls.hpp>

#include <spdlog/sinks/ostream_sink.h>

namespace {

struct Chat : pumphouse::protocol::RoomProtocol<Chat> {};

bool has(std::string const& text, std::string_view words) {
    return text.find(words) != std::string::npos;
}

// What does not hold; empty when all does.
std::string problem() {
    pumphouse::TlsOptions tls;
    pumphouse::Settings settings{"parts", "Every part."};
    add_settings(settings, tls);
    char const* const line[] = {"parts", "--security.tls_certificate", "missing.pem",
                                "--security.tls_key", "missing.pem"};
    if (settings.read(5, line) || tls.key_file != "missing.pem") return "settings";
    try {
        static_cast<void>(pumphouse::tls_context(tls));
        return "tls: there is no missing.pem";
    } catch (std::exception const& error) {
        if (!has(error.what(), "missing.pem: No such file")) return error.what();
    }
    try {
        pumphouse::JwtVerifier const verifier{
            {.keys = {{pumphouse::JwtAlgorithm::hs256, "too short", "one"}}}};
        return "jwt: a short key is no key";
    } catch (std::exception const& error) {
        if (!has(error.what(), "shorter than 32 bytes")) return error.what();
    }
    pumphouse::Hub<Chat> hub;
    pumphouse::PrometheusPage page;
    page.add(hub);
    if (!has(page.text(), "# TYPE ")) return "prometheus: " + page.text();
    std::ostringstream lines;
    auto const sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(lines);
    pumphouse::SpdlogHandler const handler{std::make_shared<spdlog::logger>("parts", sink)};
    handler({.level = pumphouse::LogLevel::warning, .message = "a line", .fields = {}});
    return has(lines.str(), "a line") ? "" : "spdlog: " + lines.str();
}

}  // namespace

int main() {
    std::string const wrong = problem();
    if (!wrong.empty()) {
        std::printf("%s\n", wrong.c_str());
        return 1;
    }
    std::printf("pumphouse %.*s: every part is there\n",
                static_cast<int>(pumphouse::version.size()), pumphouse::version.data());
}
