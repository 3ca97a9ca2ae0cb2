// SPDX-License-Identifier: MIT
//
// What a hub logs: closes and hooks that threw, and nothing per message.
#include <stdexcept>
#include <string>
#include <vector>

#include <pumphouse/pumphouse.hpp>

#include "support/catch.hpp"

using namespace pumphouse;

namespace {

struct Logging : DefaultPolicy {
    void on_message(auto&, ClientId, Message message) {
        if (message.payload == "throw") throw std::runtime_error{"no such table"};
    }
    void on_log(LogRecord const& record) {
        std::string line{name_of(record.level)};
        line.append(" ").append(record.message);
        for (LogField const& field : record.fields) {
            auto const* const text = std::get_if<std::string_view>(&field.value);
            auto const* const number = std::get_if<std::int64_t>(&field.value);
            if (field.key == "client") continue;
            if (text != nullptr) line.append(" ").append(field.key).append("=").append(*text);
            if (number != nullptr) {
                line.append(" ").append(field.key).append("=").append(std::to_string(*number));
            }
        }
        lines->push_back(line);
        throw std::runtime_error{"the log is full"};  // stays where it is
    }
    std::vector<std::string>* lines = nullptr;
};

}  // namespace

TEST_CASE("log: expected closes are info, others errors, and a hook that threw is told of") {
    std::vector<std::string> lines;
    Logging policy;
    policy.lines = &lines;
    Hub<Logging> hub{{}, policy};
    MemoryPeer leaves, vanishes, breaks;
    REQUIRE(hub.register_channel().push(leaves.connect()));
    REQUIRE(hub.register_channel().push(vanishes.connect()));
    REQUIRE(hub.register_channel().push(breaks.connect()));
    auto const run = [&] {
        while (hub.poll().more) {
        }
    };
    run();
    for (int i = 0; i < 100; ++i) leaves.send(text("hello"));
    run();
    CHECK(lines.empty());

    leaves.close();
    run();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] == "info a client was closed code=1000 cause=peer text=");
    vanishes.vanish();
    run();
    REQUIRE(lines.size() == 2);
    CHECK(lines[1] == "error a client was closed code=1006 cause=peer text=");
    breaks.send(text("throw"));
    run();
    while (breaks.receive()) {
    }
    run();
    REQUIRE(lines.size() == 4);
    CHECK(lines[2] == "error a hook threw what=no such table");
    CHECK(lines[3] == "error a client was closed code=1011 cause=hook text=internal error");
    CHECK(hub.stats().shards.unexpected_closes == 2);
    CHECK(hub.stats().shards.hooks_threw == 1);
}
