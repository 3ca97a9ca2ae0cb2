// SPDX-License-Identifier: MIT
//
// client/client.hpp and the byte budget of what every client costs.
#include <pumphouse/client/client.hpp>
#include <pumphouse/client/visit.hpp>
#include <pumphouse/transport/memory_transport.hpp>

#include "support/catch.hpp"
#include "support/scripted_transport.hpp"

using namespace pumphouse;

// The byte budget: an idle client, its slot is in hub/slots_test.cpp, its membership of the
// hub-wide room in room/room_test.cpp.
static_assert(sizeof(ClientBase) <= 288);
static_assert(sizeof(Timer) <= 24);
static_assert(sizeof(Heartbeat) <= 24);
static_assert(sizeof(InFlight) <= 40);
static_assert(sizeof(Client<support::ScriptedTransport>) <= sizeof(ClientBase) + 16);

// One table of operations per transport, and what is rare is not there until it is needed.
static_assert(std::is_final_v<Client<MemoryTransport>>);
static_assert(sizeof(ClientBase::pong) == sizeof(void*));
static_assert(sizeof(ClientBase::ending) == sizeof(void*));
static_assert(sizeof(ClientBase::torn_control) == sizeof(void*));
static_assert(sizeof(Visit) <= 5 << 10, "a visit lives on the stack");

TEST_CASE("client: it is built with the arguments of its transport, which stays reachable") {
    support::Wire wire{false};
    Client<support::ScriptedTransport> client{wire};
    CHECK(&client.wire_format() == &length_prefixed_format);
    std::array<std::byte, 3> bytes{};
    ConstBuffer const buffer{bytes.data(), bytes.size()};
    CHECK(client.write({&buffer, 1}).taken == 3);
    client.transport().close(CloseHow::gently);
    CHECK(wire.ended == CloseHow::gently);
}
