// SPDX-License-Identifier: MIT
// What an operator may decide, as this program names it. The kinds of values and the errors are
// tested in tests/server/settings/.
#include "options.hpp"

#include "support/catch.hpp"

#include <chrono>
#include <vector>

using namespace chat;

namespace {

std::optional<int> read(Options& options, std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "chat");
    return read_options(options, static_cast<int>(arguments.size()), arguments.data());
}

}  // namespace

TEST_CASE("what is not said has its default") {
    Options options{.server = {}, .hub = {.max_message_bytes = 4'000}};
    CHECK_FALSE(read(options, {}));
    CHECK(options.server.port == 8080);
    CHECK(options.database == "chat.db");
    CHECK(options.hub.max_message_bytes == 4'000);
}

TEST_CASE("what is said counts") {
    Options options;
    CHECK_FALSE(read(options, {"--database", "a b.db", "--port", "0", "--websocket.ping_interval",
                               "5s", "--security.allowed_origins=https://example.com"}));
    CHECK(options.server.port == 0);
    CHECK(options.database == "a b.db");
    CHECK(options.hub.heartbeat.ping_interval == std::chrono::seconds{5});
    CHECK(options.server.origin.allowed_origins == std::vector<std::string>{"https://example.com"});
}

TEST_CASE("what makes no sense ends the program with 2") {
    Options options;
    CHECK(read(options, {"--port", "65536"}) == 2);
    CHECK(read(options, {"--database"}) == 2);
    CHECK(read(options, {"8080"}) == 2);
    CHECK(read(options, {"--prot", "1"}) == 2);
}
