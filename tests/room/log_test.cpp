// SPDX-License-Identifier: MIT
//
// What room/log.hpp guarantees (core rules 2 and 3): appending costs the same for any number of
// members, segments count the cursors in them, and what nobody needs is given back.
#include <cstring>
#include <string>
#include <type_traits>

#include <pumphouse/room/log.hpp>
#include <pumphouse/transport/length_prefixed_format.hpp>
#include <pumphouse/transport/websocket_format.hpp>

#include "support/catch.hpp"

using namespace pumphouse;

namespace {

struct Fixture {
    Fixture() {
        context.budget = &budget;
        context.formats = {&websocket_format, &length_prefixed_format, nullptr, nullptr};
    }
    void append(Log& log, std::string_view payload, LaneMask lanes = 1, ClientId excluded = {}) {
        Append what;
        what.payload = payload;
        what.excluded = excluded;
        what.sequence = ++sequence;
        what.holds_budget = true;
        what.budget_bytes = payload.size();
        budget.take(1, payload.size());
        log.append(what, lanes);
    }

    Budget budget{1'000'000, std::size_t{1} << 40};
    LogContext context;
    std::uint64_t sequence = 0;
};

std::string_view frame_of(Segment& segment, std::size_t lane, std::uint64_t number) {
    std::uint32_t const begin = segment.begin_of(lane, number);
    return {reinterpret_cast<char const*>(segment.lanes[lane].data) + begin,
            segment.end_of(lane, number) - begin};
}

std::string framed(WireFormat const& format, std::string_view payload) {
    std::string bytes(format.frame_bytes(payload.size()), '\0');
    format.frame(Opcode::text, payload, reinterpret_cast<std::byte*>(bytes.data()));
    return bytes;
}

std::size_t segments_of(Log const& log) {
    std::size_t count = 0;
    for (Segment* each = log.front(); each != nullptr; each = each->next) ++count;
    return count;
}

}  // namespace

// Appending is handed a message and lanes, never a member: a log holds numbers of cursors, and
// the only members it knows are the stalled ones, which `append` leaves alone.
static_assert(std::is_same_v<decltype(&Log::append), void (Log::*)(Append const&, LaneMask)>);

TEST_CASE("log: an append moves all members at head by two numbers, ten or ten thousand") {
    for (std::uint32_t const members : {10U, 10'000U}) {
        Fixture fixture;
        Log log{fixture.context, 1, members};
        std::size_t const before = fixture.context.memory.in_use_bytes();
        fixture.append(log, "hello");
        CHECK(log.at_head().all == 0);
        CHECK(log.front()->cursors.all == members);
        CHECK(log.front()->cursors.stalled == 0);
        CHECK(log.head() == 2);
        // One segment and its index, whatever the number of members.
        CHECK(log.memory_bytes() <= 1024);
        CHECK(fixture.context.memory.in_use_bytes() - before == log.memory_bytes());
        for (std::uint32_t i = 0; i < members; ++i) log.move(1, 2, false);
        CHECK(log.at_head().all == members);
    }
}

TEST_CASE("log: a record has a number, and its frame once per lane") {
    Fixture fixture;
    Log log{fixture.context, 7, 2};
    fixture.append(log, "one", 3);
    fixture.append(log, "three", 3);
    CHECK(fixture.context.frames_made == 4);
    Segment& segment = *log.find(7);
    CHECK(frame_of(segment, 0, 7) == framed(websocket_format, "one"));
    CHECK(frame_of(segment, 0, 8) == framed(websocket_format, "three"));
    CHECK(frame_of(segment, 1, 7) == framed(length_prefixed_format, "one"));
    CHECK(frame_of(segment, 1, 8) == framed(length_prefixed_format, "three"));
    CHECK(segment.record(7).sequence == 1);
    CHECK(segment.record(8).sequence == 2);
    CHECK(log.find(9) == nullptr);
}

TEST_CASE("log: finished frames are copied, not made") {
    Fixture fixture;
    Log log{fixture.context, 1, 1};
    Append what;
    what.framed[1] = "finished";
    log.append(what, 2);
    CHECK(fixture.context.frames_made == 0);
    CHECK(frame_of(*log.find(1), 1, 1) == "finished");
}

TEST_CASE("log: segments follow each other without a hole, and a record never straddles two") {
    Fixture fixture;
    Log log{fixture.context, 1, 1};
    std::uint64_t number = 1;
    for (int i = 0; i < 3000; ++i) {
        fixture.append(log, std::string(static_cast<std::size_t>(i * 37 % 500), 'x'));
    }
    for (Segment* each = log.front(); each != nullptr; each = each->next) {
        CHECK(each->first == number);
        CHECK(each->count != 0);
        CHECK(each->lanes[0].ends[each->count - 1] == each->lanes[0].used);
        CHECK(each->lanes[0].used <= each->lanes[0].capacity);
        if (each->next != nullptr) CHECK(each->next->previous == each);
        number = each->end();
    }
    CHECK(number == log.head());
    for (std::uint64_t i = 1; i < log.head(); ++i) {
        Segment* const at = log.find(i);
        if (at == nullptr || !at->holds(i)) FAIL("record " << i);
        auto const size = static_cast<std::size_t>((i - 1) * 37 % 500);
        if (frame_of(*at, 0, i).size() != websocket_format.frame_bytes(size)) FAIL("size " << i);
    }
}

TEST_CASE("log: segments grow from 256 bytes to 64 KiB while a room is behind") {
    Fixture fixture;
    Log log{fixture.context, 1, 1};
    fixture.append(log, "small");
    CHECK(log.front()->lanes[0].piece.bytes == 256);
    for (int i = 0; i < 5000; ++i) fixture.append(log, std::string(60, 'x'));
    CHECK(log.segment_bytes() == Log::largest_segment_bytes);
    std::uint32_t largest = 0;
    for (Segment* each = log.front(); each != nullptr; each = each->next) {
        largest = std::max(largest, static_cast<std::uint32_t>(each->lanes[0].piece.bytes));
    }
    CHECK(largest == Log::largest_segment_bytes);
}

TEST_CASE("log: 512 KiB between 64-byte messages has a segment of its own and costs no other") {
    Fixture fixture;
    Log log{fixture.context, 1, 1};
    std::string const small(64, 's');
    std::string const large(512 << 10, 'l');
    for (int i = 0; i < 3; ++i) {
        fixture.append(log, small);
        fixture.append(log, large);
        fixture.append(log, small);
    }
    for (std::uint64_t i = 1; i < log.head(); ++i) {
        auto const& expected = i % 3 == 2 ? large : small;
        CHECK(frame_of(*log.find(i), 0, i) == framed(websocket_format, expected));
    }
    // The small ones stand in small segments: the large size is nobody's measure.
    CHECK(log.memory_bytes() < 3 * ((512U << 10) + (128U << 10)));
    CHECK(log.bytes_behind(1, 0) == 3 * (2 * framed(websocket_format, small).size() +
                                         framed(websocket_format, large).size()));
    std::size_t const before = log.memory_bytes();
    log.move(1, 3, false);  // past the large one: its memory goes, though more is behind it
    log.settle();
    CHECK(log.memory_bytes() < before - (512U << 10));
    for (std::uint64_t i = 3; i < 10; ++i) log.move(i, i + 1, false);
    log.settle();
    CHECK(log.is_empty());
    CHECK(fixture.context.memory.in_use_bytes() == 0);
}

TEST_CASE("log: each segment counts the cursors that stand in it") {
    Fixture fixture;
    Log log{fixture.context, 1, 3};
    for (int i = 0; i < 60; ++i) fixture.append(log, std::string(50, 'x'));
    REQUIRE(segments_of(log) >= 3);
    Segment& first = *log.front();
    Segment& second = *first.next;
    CHECK(first.cursors.all == 3);
    log.move(1, 2, false);  // within a segment
    CHECK(first.cursors.all == 3);
    log.move(2, second.first, false);
    CHECK(first.cursors.all == 2);
    CHECK(second.cursors.all == 1);
    log.move(1, log.head(), false);
    CHECK(first.cursors.all == 1);
    CHECK(log.at_head().all == 1);
    log.set_stalled(1, true);
    CHECK(first.cursors.stalled == 1);
    CHECK(first.cursors.live() == 0);
    log.leave(second.first, false);
    CHECK(second.cursors.all == 0);
    log.enter(log.head());
    CHECK(log.at_head().all == 2);
    log.set_stalled(1, false);
    log.leave(1, false);
    CHECK(first.cursors.all == 0);
    log.settle();
    CHECK(log.is_empty());
}

TEST_CASE("log: the oldest segment that nobody needs is reclaimed, however many read the rest") {
    for (std::uint32_t const members : {10U, 10'000U}) {
        Fixture fixture;
        Log log{fixture.context, 1, members};
        for (int i = 0; i < 40; ++i) fixture.append(log, std::string(50, 'x'));
        std::size_t const before = segments_of(log);
        std::uint64_t const second = log.front()->next->first;
        for (std::uint32_t i = 0; i + 1 < members; ++i) log.move(1, second, false);
        log.settle();
        CHECK(segments_of(log) == before);  // one is left
        CHECK_FALSE(log.wants_settling());
        log.move(1, second, false);
        CHECK(log.wants_settling());
        log.settle();
        CHECK(segments_of(log) == before - 1);
        CHECK(log.front()->first == second);
    }
}

TEST_CASE("log: caught up, it holds no memory at all") {
    Fixture fixture;
    Log log{fixture.context, 1, 2};
    for (int i = 0; i < 500; ++i) fixture.append(log, std::string(100, 'x'), 3);
    CHECK_FALSE(log.is_empty());
    log.move(1, log.head(), false);
    log.move(1, log.head(), false);
    log.settle();
    CHECK(log.is_empty());
    CHECK(log.memory_bytes() == 0);
    CHECK(fixture.context.memory.in_use_bytes() == 0);
    CHECK(fixture.context.unflushed_bytes == 0);
    CHECK(fixture.budget.messages() == 0);
    CHECK(fixture.budget.bytes() == 0);
}

TEST_CASE("log: the budget is given back when only stalled members are left before a record") {
    Fixture fixture;
    Log log{fixture.context, 1, 2};
    fixture.append(log, "hello");
    log.set_stalled(1, true);
    log.settle();
    CHECK(fixture.budget.messages() == 1);
    CHECK(fixture.context.unflushed_bytes == 7);
    log.move(1, 2, false);
    log.settle();
    CHECK(fixture.budget.messages() == 0);
    CHECK(fixture.budget.bytes() == 0);
    CHECK(fixture.context.unflushed_bytes == 0);
    CHECK(log.memory_bytes() != 0);  // the stalled one still needs it
    fixture.append(log, "more");     // in the same segment, with a share of its own
    CHECK(segments_of(log) == 1);
    CHECK(fixture.budget.messages() == 1);
    log.settle();  // the other member stands before it
    CHECK(fixture.budget.messages() == 1);
    log.move(2, 3, false);
    log.settle();
    CHECK(fixture.budget.messages() == 0);
    CHECK(fixture.context.unflushed_bytes == 0);
    log.set_stalled(1, false);
    log.move(1, 3, false);
    log.settle();
    CHECK(log.is_empty());
}

TEST_CASE("log: a stalled cursor pins what came after it, not a segment for each message") {
    Fixture fixture;
    Log log{fixture.context, 1, 2};
    fixture.append(log, "hello");
    log.set_stalled(1, true);
    std::uint64_t reader = 1;
    for (int i = 0; i < 100; ++i) {
        fixture.append(log, "0123456789");
        log.move(reader, log.head(), false);
        reader = log.head();
        log.settle();
        CHECK(fixture.budget.messages() == 0);
    }
    CHECK(log.memory_bytes() < 100 * (12 + sizeof(Record) + 4) + 8 * 1024);
}

TEST_CASE("log: a lane is built only while it is in use") {
    Fixture fixture;
    Log log{fixture.context, 1, 1};
    fixture.append(log, "first", 1);
    CHECK(log.front()->lanes[1].data == nullptr);
    log.enter(log.head());
    log.seal();  // the first user of another lane has come
    fixture.append(log, "second", 3);
    REQUIRE(segments_of(log) == 2);
    CHECK(log.front()->next->lanes[1].data != nullptr);
    fixture.append(log, "third", 1);  // its last user has left
    CHECK(fixture.context.frames_made == 4);
    CHECK(log.bytes_behind(1, 1) == 0);
    CHECK(log.bytes_behind(2, 1) == framed(length_prefixed_format, "second").size());
    CHECK(log.bytes_behind(1, 0) == framed(websocket_format, "firstsecondthird").size() + 4);
}

TEST_CASE("log: a record that nobody was there for only passes its number") {
    Fixture fixture;
    Log log{fixture.context, 5, 0};
    log.skip_one();
    CHECK(log.head() == 6);
    log.enter(log.head());
    fixture.append(log, "heard");
    CHECK(log.find(6)->first == 6);
    CHECK(frame_of(*log.find(6), 0, 6) == framed(websocket_format, "heard"));

    // Also while an older segment still stands: that goes, for there would be a hole behind it.
    log.leave(6, false);
    log.skip_one();
    CHECK(log.front() == nullptr);
    log.enter(log.head());
    fixture.append(log, "again");
    CHECK(log.find(8)->first == 8);
    CHECK(frame_of(*log.find(8), 0, 8) == framed(websocket_format, "again"));
}

TEST_CASE("log: it knows up to where records leave somebody out") {
    Fixture fixture;
    Log log{fixture.context, 1, 1};
    fixture.append(log, "a");
    CHECK_FALSE(log.excludes_from(1));
    fixture.append(log, "b", 1, {3, 1});
    fixture.append(log, "c");
    CHECK(log.excludes_from(1));
    CHECK(log.excludes_from(2));
    CHECK_FALSE(log.excludes_from(3));
    CHECK(log.find(2)->record(2).excluded == ClientId{3, 1});
}

TEST_CASE("log: a segment with a torn frame in flight outlives its log") {
    Fixture fixture;
    Segment* torn = nullptr;
    {
        Log log{fixture.context, 1, 1};
        fixture.append(log, "in flight");
        torn = log.front();
        Log::hold(*torn);
        log.move(1, 2, false);
        log.settle();
        CHECK(log.is_empty());
    }
    CHECK(frame_of(*torn, 0, 1) == framed(websocket_format, "in flight"));
    CHECK(fixture.context.memory.in_use_bytes() != 0);
    Log::drop(fixture.context.memory, *torn);
    CHECK(fixture.context.memory.in_use_bytes() == 0);
}

TEST_CASE("log: one that ends with records in it gives everything back") {
    Fixture fixture;
    {
        Log log{fixture.context, 1, 2};
        for (int i = 0; i < 100; ++i) fixture.append(log, std::string(200, 'x'), 3);
    }
    CHECK(fixture.budget.messages() == 0);
    CHECK(fixture.budget.bytes() == 0);
    CHECK(fixture.context.unflushed_bytes == 0);
    CHECK(fixture.context.memory.in_use_bytes() == 0);
}

// --- history ------------------------------------------------------------------------------------

namespace {

struct HistoryFixture : Fixture {
    void append_at(Log& log, std::string_view payload, LaneMask lanes, int second) {
        Append what;
        what.payload = payload;
        what.sequence = ++sequence;
        what.time = Time{std::chrono::seconds{second}};
        log.append(what, lanes);
    }
};

Replay replay_of(std::uint64_t first, std::uint64_t end) {
    Replay replay;
    replay.first = first;
    for (std::uint64_t number = first; number < end; ++number) {
        std::string const payload = "past " + std::to_string(number);
        ClientId const excluded = number % 10 == 0 ? ClientId{1, 1} : ClientId{};
        replay.records.push_back({excluded, 0, Time{}, static_cast<std::uint32_t>(payload.size()),
                                  Opcode::text});
        replay.payloads += payload;
    }
    return replay;
}

}  // namespace

TEST_CASE("log: a window of records behind head stays, and older segments go") {
    HistoryFixture fixture;
    Log log{fixture.context, 5, 0};
    log.keep_payloads();
    log.keep_history(10);
    CHECK(log.kept_from() == 5);
    for (std::uint64_t i = 1; i <= 500; ++i) {
        fixture.append(log, std::to_string(i), 0);
        log.settle();
        CHECK(log.head() == 5 + i);
        CHECK(log.kept_from() == (i <= 10 ? 5 : i - 5));
        CHECK(log.front()->end() > log.kept_from());
        for (std::uint64_t at = log.kept_from(); at < log.head(); ++at) {
            CHECK(log.message(at).payload == std::to_string(at - 4));
        }
    }
    CHECK(log.memory_bytes() < 4096);
    log.shrink_history(0);
    log.settle();
    CHECK(log.is_empty());
    CHECK(log.kept_from() == log.head());
    CHECK(fixture.context.memory.in_use_bytes() == 0);
}

TEST_CASE("log: records older than a moment are no history, and not one more") {
    HistoryFixture fixture;
    Log log{fixture.context, 1, 0};
    log.keep_payloads();
    log.keep_history(100);
    for (int i = 1; i <= 30; ++i) fixture.append_at(log, "x", 0, i);
    log.expire(Time{std::chrono::seconds{7}});
    CHECK(log.kept_from() == 8);
    CHECK(log.oldest_time() == Time{std::chrono::seconds{8}});
    log.expire(Time{std::chrono::seconds{40}});
    CHECK(log.kept_from() == 31);
    CHECK(log.oldest_time() == Time::max());
}

TEST_CASE("log: a cursor in the window keeps what it has before it, and lets go as it moves") {
    HistoryFixture fixture;
    Log log{fixture.context, 1, 0};
    log.keep_payloads();
    log.keep_history(20);
    for (int i = 0; i < 40; ++i) fixture.append(log, "0123456789");
    log.settle();
    log.enter(21);
    for (int i = 0; i < 100; ++i) fixture.append(log, "0123456789");
    log.settle();
    CHECK(log.front()->holds(21));
    CHECK(log.kept_from() == 121);
    log.move(21, 141, false);
    log.settle();
    CHECK(log.front()->end() > 121);
    CHECK(log.front()->first > 21);
    log.leave(141, false);
}

TEST_CASE("log: a lane that comes into use is made from the messages, in old segments too") {
    HistoryFixture fixture;
    Log log{fixture.context, 1, 0};
    log.keep_payloads();
    log.keep_history(1000);
    for (int i = 1; i <= 60; ++i) fixture.append(log, std::to_string(i), 1);
    for (int i = 61; i <= 63; ++i) fixture.append(log, std::to_string(i), 3);
    log.drop_lane(0);
    for (Segment* at = log.front(); at != nullptr; at = at->next) {
        CHECK(at->lanes[0].data == nullptr);
        log.make_lane(*at, 0);
        log.make_lane(*at, 1);
    }
    fixture.append(log, "64", 3);
    std::size_t bytes = 0;
    for (Segment* at = log.front(); at != nullptr; at = at->next) bytes += at->memory_bytes();
    CHECK(bytes == log.memory_bytes());
    for (std::uint64_t number = 1; number <= 64; ++number) {
        Segment& at = *log.find(number);
        CHECK(frame_of(at, 0, number) == framed(websocket_format, std::to_string(number)));
        CHECK(frame_of(at, 1, number) == framed(length_prefixed_format, std::to_string(number)));
    }
}

TEST_CASE("log: a lane whose frame is torn is not dropped, and grows no further") {
    HistoryFixture fixture;
    Log log{fixture.context, 1, 0};
    log.keep_payloads();
    log.keep_history(1000);
    fixture.append(log, "one", 1);
    Segment& first = *log.find(1);
    Log::hold(first);
    log.drop_lane(0);
    CHECK(frame_of(first, 0, 1) == framed(websocket_format, "one"));
    fixture.append(log, "two", 2);  // a segment of its own: that lane has no record for it
    CHECK(log.find(2) != &first);
    Log::drop(fixture.context.memory, first);
}

TEST_CASE("log: records put in front have their numbers and messages, and go when passed") {
    for (std::uint64_t const first : {1U, 50U, 99U, 100U}) {
        HistoryFixture fixture;
        Log log{fixture.context, 100, 1};
        log.keep_payloads();
        fixture.append(log, "present 100", 1);
        fixture.append(log, "present 101", 1);
        Replay const replay = replay_of(first, 102);  // the last two are here already
        log.prepend(replay);
        CHECK(log.front()->first == first);
        std::uint64_t number = first;
        for (Segment* at = log.front(); at != nullptr; at = at->next) {
            CHECK(at->first == number);
            if (at->next != nullptr) CHECK(at->next->previous == at);
            number = at->end();
        }
        CHECK(number == log.head());
        for (number = first; number < 100; ++number) {
            CHECK(log.message(number).payload == "past " + std::to_string(number));
            bool const leaves_out = number % 10 == 0;
            CHECK(bool{log.find(number)->record(number).excluded} == leaves_out);
            if (leaves_out) CHECK(log.excludes_from(number));
        }
        CHECK(log.message(100).payload == "present 100");
        log.enter(first);
        log.move(first, 102, false);
        log.settle();
        CHECK(log.front()->first == 100);
        log.move(100, 102, false);
        log.settle();
        CHECK(log.is_empty());
    }
}

TEST_CASE("log: records put in front of an empty log, more than a segment holds") {
    HistoryFixture fixture;
    Log log{fixture.context, 5001, 3};
    log.keep_payloads();
    Replay replay = replay_of(1, 5001);
    log.prepend(replay);
    CHECK(segments_of(log) > 2);
    for (std::uint64_t number = 1; number <= 5000; ++number) {
        if (log.message(number).payload != "past " + std::to_string(number)) FAIL(number);
    }
    CHECK(log.at_head().all == 3);
    fixture.append(log, "present", 1);
    CHECK(log.message(5001).payload == "present");
}

TEST_CASE("log: what is copied for another shard is what is put in front there") {
    HistoryFixture fixture;
    Log home{fixture.context, 1, 0};
    home.keep_payloads();
    home.keep_history(1000);
    for (int i = 1; i <= 300; ++i) {
        fixture.append(home, std::to_string(i), 0, i % 7 == 0 ? ClientId{3, 1} : ClientId{});
    }
    CHECK(home.count_for(ClientId{3, 1}, 1) == 300 - 42);
    CHECK(home.count_for(ClientId{3, 1}, 294) == 6);
    CHECK(home.count_for(ClientId{4, 1}, 1) == 300);
    Replay replay;
    home.copy_to(replay, 120);
    Log away{fixture.context, 301, 0};
    away.keep_payloads();
    away.prepend(replay);
    for (std::uint64_t number = 120; number <= 300; ++number) {
        CHECK(away.message(number).payload == home.message(number).payload);
        CHECK(away.find(number)->record(number).excluded ==
              home.find(number)->record(number).excluded);
    }
    CHECK(away.count_for(ClientId{3, 1}, 120) == home.count_for(ClientId{3, 1}, 120));
}

TEST_CASE("log: begun anew, it gives everything back and goes on at another number") {
    HistoryFixture fixture;
    Log log{fixture.context, 1, 1};
    fixture.append(log, "one");
    log.leave(1, false);
    log.restart(77);
    CHECK(log.is_empty());
    CHECK(log.head() == 77);
    CHECK(fixture.budget.messages() == 0);
    CHECK(fixture.context.unflushed_bytes == 0);
    CHECK(fixture.context.memory.in_use_bytes() == 0);
    log.enter(77);
    fixture.append(log, "seventy-seven");
    CHECK(log.find(77)->cursors.all == 1);
    log.leave(77, false);
}
