// SPDX-License-Identifier: MIT
//
// hub/options.hpp: options that make no sense are refused by their name.
#include <functional>
#include <string>

#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace std::chrono_literals;

namespace {

struct Mistake {
    std::string name;
    std::function<void(HubOptions&)> make;
};

std::vector<Mistake> const mistakes{
    {"shards", [](HubOptions& o) { o.shards = 0; }},
    {"shards", [](HubOptions& o) { o.shards = 257; }},
    {"max_room_name_bytes", [](HubOptions& o) { o.max_room_name_bytes = 0; }},
    {"max_room_name_bytes", [](HubOptions& o) { o.max_room_name_bytes = 70'000; }},
    {"max_message_bytes", [](HubOptions& o) { o.max_message_bytes = 0; }},
    {"max_message_bytes", [](HubOptions& o) { o.max_message_bytes = std::size_t{2} << 30; }},
    {"max_inbox_messages", [](HubOptions& o) { o.max_inbox_messages = 0; }},
    {"max_inbox_messages", [](HubOptions& o) { o.max_inbox_messages = std::size_t{2} << 30; }},
    {"max_inbox_bytes", [](HubOptions& o) { o.max_inbox_bytes = 0; }},
    {"max_unflushed_bytes", [](HubOptions& o) { o.max_unflushed_bytes = 0; }},
    {"flush_slice_clients", [](HubOptions& o) { o.flush_slice_clients = 0; }},
    {"flush_slice_bytes", [](HubOptions& o) { o.flush_slice_bytes = 0; }},
    {"heartbeat.ping_interval", [](HubOptions& o) { o.heartbeat.ping_interval = -1s; }},
    {"heartbeat.pong_wait", [](HubOptions& o) { o.heartbeat.pong_wait = -1s; }},
    {"heartbeat.idle_limit", [](HubOptions& o) { o.heartbeat.idle_limit = -1s; }},
    {"write_deadline", [](HubOptions& o) { o.write_deadline = -1ns; }},
    {"close_wait", [](HubOptions& o) { o.close_wait = -1s; }},
    {"shutdown.deadline", [](HubOptions& o) { o.shutdown.deadline = -1s; }},
    {"shutdown.batch_interval", [](HubOptions& o) { o.shutdown.batch_interval = -1s; }},
    {"shutdown.reconnect_spread", [](HubOptions& o) { o.shutdown.reconnect_spread = -1s; }},
};

}  // namespace

static_assert(problem_with(HubOptions{}).empty(), "the defaults make sense");

TEST_CASE("options: the one that makes no sense is named") {
    for (Mistake const& each : mistakes) {
        HubOptions options;
        each.make(options);
        CHECK(std::string{problem_with(options)}.starts_with(each.name + ":"));
    }
}

TEST_CASE("options: a hub is not built with options that make no sense, and says why") {
    for (Mistake const& each : mistakes) {
        HubOptions options;
        each.make(options);
        CHECK_THROWS_WITH(Hub<DefaultPolicy>{options},
                          Catch::Matchers::Contains("HubOptions: " + each.name));
    }
}

TEST_CASE("options: zero means what it says where it is allowed") {
    HubOptions options;
    options.max_clients = 0;
    options.max_rooms_per_client = 0;
    options.heartbeat = {.ping_interval = 0s, .pong_wait = 0s};
    options.write_deadline = 0s;
    options.close_wait = 0s;
    options.shutdown.deadline = 0s;
    CHECK(problem_with(options).empty());
    support::TestHub hub{options};
    std::vector<std::string> rooms;
    for (int i = 0; i < 1500; ++i) rooms.push_back(std::to_string(i));
    auto& one = hub.settled(rooms);
    CHECK(hub.script.joined.size() == 1500);
    one.wire.credit = 0;
    hub.broadcast("7", "stuck");
    hub.settle();
    hub.pass(1000h);
    CHECK(hub.script.closed.empty());  // no write deadline, no heartbeat
}
