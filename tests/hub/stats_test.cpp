// SPDX-License-Identifier: MIT
#include "support/test_hub.hpp"

using namespace support;

TEST_CASE("stats: what a hub has done can be read from any thread, and adds up over its shards") {
    for (std::size_t const shards : {1U, 2U, 4U}) {
        pumphouse::HubOptions options;
        options.shards = shards;
        TestHub hub{options};
        auto& one = hub.settled({"lobby"});
        auto& two = hub.settled({"lobby"});
        one.wire.say("hello");
        CHECK(hub->broadcast_all(pumphouse::text("to all")) == Accepted::accepted);
        hub.settle();
        hub.pass(3s);
        static_cast<void>(hub->close(two.id));
        hub.settle();
        auto const stats = hub->stats();
        CHECK(stats.shards.clients_opened == 2);
        CHECK(stats.shards.clients == hub->client_count());
        CHECK(stats.shards.messages_received == 1);
        CHECK(stats.shards.received_text.sizes.count() == 1);
        CHECK(stats.shards.received_text.sizes.sum == 5);
        CHECK(stats.shards.ledger.delivered == 2);
        CHECK(stats.shards.bytes_written > 0);
        CHECK(stats.inbox_messages == 0);
    }
}
