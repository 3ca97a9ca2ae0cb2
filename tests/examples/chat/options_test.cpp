// SPDX-License-Identifier: MIT
// The command line.
#include "options.hpp"

#include "support/catch.hpp"

#include <vector>

using namespace chat;

namespace {

Result<Options> read(std::vector<std::string> arguments) {
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    return read_options(pointers);
}

}  // namespace

TEST_CASE("what is not said has its default") {
    const auto none = read({});
    REQUIRE(none);
    CHECK(none->port == 8080);
    CHECK(none->database == "chat.db");
    CHECK_FALSE(none->wants_help);
    const auto both = read({"--database", "a b.db", "--port", "0"});
    REQUIRE(both);
    CHECK(both->port == 0);
    CHECK(both->database == "a b.db");
    CHECK(read({"--port", "65535"})->port == 65535);
    CHECK(read({"--help", "--nonsense"})->wants_help);
}

TEST_CASE("what makes no sense is named") {
    for (const auto* port : {"", "65536", "-1", "x", "80 ", "0x50"}) {
        CAPTURE(port);
        CHECK_FALSE(read({"--port", port}));
    }
    CHECK_FALSE(read({"--port"}));
    CHECK_FALSE(read({"--database"}));
    CHECK_FALSE(read({"8080"}));
    CHECK(read({"--prot", "1"}).error().message == "There is no option \"--prot\".");
}
