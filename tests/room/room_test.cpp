// SPDX-License-Identifier: MIT
//
// What a room costs (core rule 2): the written byte budget of every object there is many of, and
// 100,000 idle rooms of two, measured.
#include <malloc.h>

#include <deque>

#include <pumphouse/room/room.hpp>

#include "support/sanitizers.hpp"
#include "support/test_hub.hpp"

using namespace pumphouse;

// The byte budget. An idle room of two: itself, two memberships, its place in the table.
static_assert(sizeof(Membership) <= 72);
static_assert(sizeof(Room) <= 152);
static_assert(sizeof(Room) + 2 * sizeof(Membership) + 2 * sizeof(void*) - sizeof(std::string) <=
              300 - 16);
static_assert(sizeof(Record) == 24);
static_assert(sizeof(Losses) <= 72);

namespace {

// A peer that takes everything and keeps nothing.
class NullTransport {
public:
    WireFormat const& wire_format() const noexcept { return websocket_format; }
    bool attach(Readiness) { return true; }
    ReadResult read(Receiver&) { return ReadResult::drained; }
    WriteResult write(std::span<ConstBuffer const> buffers) noexcept {
        WriteResult result;
        for (auto const& each : buffers) result.taken += each.bytes;
        return result;
    }
    void close(CloseHow) noexcept {}
};
static_assert(Transport<NullTransport>);

std::string name_of(int room) { return "room" + std::to_string(room); }

std::size_t heap_in_use() {
    auto const info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

struct PairPolicy : DefaultPolicy {};

}  // namespace

TEST_CASE(
    "room: 100,000 idle rooms of two, after a message each, cost at most 300 bytes and a name") {
    if (support::has_sanitizer) return;
    constexpr int rooms = 100'000;
    HubOptions options;
    options.max_rooms_per_client = 0;
    Hub<PairPolicy> hub{options};
    Shard& shard = hub.shard(0);
    std::array<ClientId, 2> pair;
    for (ClientId& each : pair) {
        auto const answer = hub.register_channel().push(std::make_unique<Client<NullTransport>>());
        REQUIRE(answer);
        each = answer.id;
    }
    while (hub.poll().more) {
    }
    LocalHub<PairPolicy> local{hub, shard};
    // A room or two first, so that buffers of the shard have their size.
    for (ClientId const each : pair) local.join(each, "warm");
    local.broadcast("warm", text("hello"));
    while (hub.poll().more) {
    }
    std::size_t const before = heap_in_use();
    for (int room = 0; room < rooms; ++room) {
        for (ClientId const each : pair) local.join(each, name_of(room));
        local.broadcast(name_of(room), text("a message"));
        if (room % 100 == 99) {
            while (hub.poll().more) {
            }
        }
    }
    while (hub.poll().more) {
    }
    CHECK(shard.room_count() == rooms + 1);
    CHECK(shard.logs().memory.in_use_bytes() == 0);  // caught up: no log bytes at all
    // What the shard keeps for its next burst is bounded and is no room's.
    std::size_t const kept = shard.logs().memory.kept_bytes();
    std::size_t const per_room = (heap_in_use() - before - kept) / rooms;
    INFO("bytes per room: " << per_room);
    CHECK(per_room <= 300);  // names this short are within the room
    CHECK(kept <= std::size_t{4} << 20);
}

TEST_CASE("room: a room nobody is in is no room, and its numbers begin anew") {
    support::TestHub hub;
    auto& one = hub.settled({"lobby"});
    auto& two = hub.settled({"lobby"});
    hub.broadcast("lobby", "hello");
    hub.settle();
    CHECK(hub->shard(0).room("lobby")->log == nullptr);
    CHECK(hub->shard(0).room("lobby")->head() == 2);
    CHECK(hub.local().leave(one.id, "lobby"));
    CHECK(hub->shard(0).room_count() == 1);
    CHECK(hub.local().leave(two.id, "lobby"));
    CHECK(hub->shard(0).room_count() == 0);
    hub.broadcast("lobby", "nobody hears");
    hub.settle();
    CHECK(hub->shard(0).room_count() == 0);
    CHECK(hub->core()->budget.messages() == 0);
}

TEST_CASE("room: a lane is framed on demand and dropped with its last user") {
    support::TestHub hub;
    auto& web = hub.settled({"lobby"}, true);
    auto const framed_by_one_message = [&] {
        auto const before = hub->shard(0).logs().frames_made;
        hub.broadcast("lobby", "hello");
        hub.settle();
        return hub->shard(0).logs().frames_made - before;
    };
    CHECK(framed_by_one_message() == 1);
    auto& plain = hub.settled({"lobby"}, false);
    CHECK(framed_by_one_message() == 2);
    hub.local().leave(web.id, "lobby");
    CHECK(framed_by_one_message() == 1);
    CHECK(plain.wire.texts() == std::vector<std::string>{"hello", "hello"});
    CHECK(web.wire.texts() == std::vector<std::string>{"hello", "hello"});
    CHECK(hub->shard(0).room("lobby")->lanes() == 2);
}

TEST_CASE(
    "room: who joins a room in the middle of a burst gets what comes after, in its own lane") {
    support::TestHub hub;
    auto& web = hub.settled({"lobby"}, true);
    web.wire.credit = 0;
    for (int i = 0; i < 10; ++i) hub.broadcast("lobby", "early");
    hub.settle();
    auto& plain = hub.settled({"lobby"}, false);
    for (int i = 0; i < 3; ++i) hub.broadcast("lobby", "late");
    hub.settle();
    CHECK(plain.wire.texts() == std::vector<std::string>(3, "late"));
    web.wire.take_all();
    hub.settle();
    CHECK(web.wire.texts().size() == 13);
    CHECK(hub->shard(0).room("lobby")->log == nullptr);
}

TEST_CASE("room: max_room_bytes counts every lane, the index and pinned segments") {
    support::TestHub hub;
    auto& web = hub.settled({"endless"}, true);
    auto& plain = hub.settled({"endless"}, false);
    auto& dead = hub.settled({"endless"}, true);
    dead.wire.credit = 0;
    for (int i = 0; i < 500; ++i) {
        hub.broadcast("endless", std::string(100, 'x'));
        hub.settle();
    }
    std::size_t counted = 0;
    Log const& log = *hub->shard(0).room("endless")->log;
    for (Segment* each = log.front(); each != nullptr; each = each->next) {
        counted += each->piece.bytes;
        for (Lane const& lane : each->lanes) counted += lane.piece.bytes;
    }
    CHECK(log.memory_bytes() == counted);
    CHECK(hub->shard(0).logs().memory.in_use_bytes() == counted);
    CHECK(counted > 500 * (102 + 105));
    CHECK(web.wire.texts().size() == 500);
    CHECK(plain.wire.texts().size() == 500);
}
