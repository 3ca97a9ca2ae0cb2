// SPDX-License-Identifier: MIT
//
// Messages that have begun to arrive and are not whole.
#include "support/test_hub.hpp"

using namespace support;

namespace {

pumphouse::HubOptions without_pings() {
    pumphouse::HubOptions options;
    options.heartbeat.ping_interval = 0s;
    options.message_deadline = 60s;
    return options;
}

// A batch of that many whole messages that ends inside another one.
void says(Person& person, int whole) {
    person.wire.unfinished = 100;
    person.wire.push([whole](pumphouse::Receiver& receiver) {
        for (int i = 0; i < whole; ++i) receiver.message(pumphouse::text("whole"));
    });
}

}  // namespace

TEST_CASE("a message that does not arrive whole within its deadline ends its client") {
    TestHub hub{without_pings()};
    Person& slow = hub.settled();
    says(slow, 0);
    hub.settle();
    hub.pass(59s);
    CHECK(hub.script.closed.empty());
    says(slow, 0);
    hub.pass(2s);
    auto const* const reason = hub.script.closed_reason(slow.id);
    REQUIRE(reason != nullptr);
    CHECK(reason->code == CloseCode::slow);
    CHECK(reason->cause == CloseCause::read_deadline);
}

TEST_CASE("each message has a deadline of its own, also when the next has always begun") {
    TestHub hub{without_pings()};
    Person& busy = hub.settled();
    for (int i = 0; i < 30; ++i) {
        says(busy, 1);
        hub.pass(20s);
    }
    CHECK(hub.script.closed.empty());
    CHECK(hub.script.messages.size() == 30);
    // The last one of these never becomes whole.
    hub.pass(59s);
    CHECK(hub.script.closed.empty());
    hub.pass(2s);
    auto const* const reason = hub.script.closed_reason(busy.id);
    REQUIRE(reason != nullptr);
    CHECK(reason->cause == CloseCause::read_deadline);
}

TEST_CASE("with every message whole there is no deadline") {
    TestHub hub{without_pings()};
    Person& fine = hub.settled();
    says(fine, 0);
    hub.pass(50s);
    says(fine, 1);
    fine.wire.unfinished = 0;
    hub.settle();
    hub.pass(1h);
    CHECK(hub.script.closed.empty());
}

TEST_CASE("a message that came in pieces leaves no deadline behind") {
    TestHub hub{without_pings()};
    Person& streams = hub.settled();
    for (bool const is_last : {false, true}) {
        streams.wire.push([is_last](pumphouse::Receiver& receiver) {
            receiver.chunk({.bytes = "piece", .is_first = !is_last, .is_last = is_last});
        });
        hub.pass(50s);
    }
    hub.pass(1h);
    CHECK(hub.script.closed.empty());
}

TEST_CASE("between the pieces of a message its deadline holds, though nothing of it is kept") {
    TestHub hub{without_pings()};
    Person& slow = hub.settled();
    says(slow, 0);
    hub.settle();
    slow.wire.unfinished = 0;  // what was kept goes to the hook with the first piece
    slow.wire.push([](pumphouse::Receiver& receiver) {
        receiver.chunk({.bytes = "piece", .is_first = true, .is_last = false});
    });
    hub.settle();
    hub.pass(59s);
    CHECK(hub.script.closed.empty());
    hub.pass(2s);
    auto const* const reason = hub.script.closed_reason(slow.id);
    REQUIRE(reason != nullptr);
    CHECK(reason->cause == CloseCause::read_deadline);
}

TEST_CASE("past max_inbound_bytes a client ends at once, and its memory with it") {
    pumphouse::HubOptions options = without_pings();
    options.max_inbound_bytes = 250;
    TestHub hub{options};
    Person& first = hub.settled();
    Person& second = hub.settled();
    Person& third = hub.settled();
    for (Person* const each : {&first, &second}) says(*each, 0);
    hub.settle();
    CHECK(hub.script.closed.empty());
    says(third, 0);
    hub.settle();
    auto const* const reason = hub.script.closed_reason(third.id);
    REQUIRE(reason != nullptr);
    CHECK(reason->code == CloseCode::try_again_later);
    CHECK(reason->cause == CloseCause::limit);
    CHECK(hub->stats().inbound_bytes == 200);
    CHECK(hub.script.closed.size() == 1);
}

TEST_CASE("of what a client says while it is closed nothing is kept") {
    TestHub hub{without_pings()};
    Person& leaving = hub.settled();
    pumphouse::Intake heard{}, unheard{};
    leaving.wire.push([&](pumphouse::Receiver& receiver) { heard = receiver.intake(); });
    hub.settle();
    static_cast<void>(hub->close(leaving.id));
    hub.settle();
    leaving.wire.push([&](pumphouse::Receiver& receiver) {
        unheard = receiver.intake();
        receiver.chunk({.bytes = "piece", .is_first = true, .is_last = false});
    });
    hub.settle();
    CHECK(heard.stream_from_bytes == pumphouse::Intake::never);
    CHECK(unheard.stream_from_bytes == 0);
}
