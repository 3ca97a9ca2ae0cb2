// SPDX-License-Identifier: MIT
//
// send_stream: a message is read from its source piece by piece while it is written. It keeps its
// place among the direct messages, nothing but control frames passes between its fragments, it is
// one message in the ledger, and its source ends once, whatever happens at whatever byte.
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;

namespace {

/// What a source was asked for, also after it has ended.
struct SourceLog {
    int reads = 0;
    std::size_t bytes = 0;
    int ended = 0;
};

class ScriptedSource final : public PayloadSource {
public:
    ScriptedSource(SourceLog& log, std::string payload, std::size_t per_read = ~std::size_t{0})
        : log_{log}, payload_{std::move(payload)}, per_read_{per_read} {}
    ~ScriptedSource() override { ++log_.ended; }

    std::optional<std::size_t> read(std::span<std::byte> out) override {
        ++log_.reads;
        REQUIRE_FALSE(out.empty());
        std::size_t const here = std::min({out.size(), payload_.size() - log_.bytes, per_read_});
        std::memcpy(out.data(), payload_.data() + log_.bytes, here);
        log_.bytes += here;
        return here;
    }

private:
    SourceLog& log_;
    std::string const payload_;
    std::size_t const per_read_;
};

/// Has what the test gives it.
struct Pipe {
    std::string waiting;
    bool is_over = false;
    int ended = 0;

    struct Source final : PayloadSource {
        explicit Source(Pipe& from) : pipe{from} {}
        ~Source() override { ++pipe.ended; }
        std::optional<std::size_t> read(std::span<std::byte> out) override {
            std::size_t const here = std::min(out.size(), pipe.waiting.size());
            if (here == 0 && !pipe.is_over) return std::nullopt;
            std::memcpy(out.data(), pipe.waiting.data(), here);
            pipe.waiting.erase(0, here);
            return here;
        }
        Pipe& pipe;
    };
    std::unique_ptr<Source> source() { return std::make_unique<Source>(*this); }
};

std::string letters(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
    return text;
}

constexpr std::size_t frame_bytes = 4 + stream_piece_bytes;  // of a whole piece over WebSocket

HubOptions quick_close() {
    HubOptions options;
    options.close_wait = 0s;
    return options;
}

void stream(TestHub& hub, Person& to, SourceLog& log, std::string payload,
            std::size_t per_read = ~std::size_t{0}) {
    auto const answer = hub.local().send_stream(
        to.id, Opcode::text, std::make_unique<ScriptedSource>(log, std::move(payload), per_read));
    CHECK((answer == Accepted::accepted));
}

}  // namespace

TEST_CASE("stream: it arrives whole, in fragments, over both formats, however much is taken") {
    for (bool const websocket : {true, false}) {
        for (std::size_t const size :
             {std::size_t{0}, std::size_t{1}, std::size_t{125}, std::size_t{126},
              stream_piece_bytes - 1, stream_piece_bytes, stream_piece_bytes + 1,
              3 * stream_piece_bytes + 100}) {
            for (std::uint64_t const per_write : {std::uint64_t{1} << 12, Wire::no_limit}) {
                TestHub hub;
                Person& reader = hub.settled({}, websocket);
                reader.wire.per_write = per_write;
                SourceLog log;
                stream(hub, reader, log, letters(size));
                hub.settle();
                CHECK(reader.wire.broken == "");
                CHECK(reader.wire.texts() == std::vector{letters(size)});
                CHECK(log.ended == 1);
                CHECK(hub.shard_of(reader.id).stats().ledger.in_flight == 0);
            }
        }
    }
}

TEST_CASE("stream: a transport that takes one to seven bytes a write gets the whole stream") {
    for (std::uint64_t per_write = 1; per_write <= 7; ++per_write) {
        TestHub hub;
        hub.is_audited = per_write == 7;
        Person& reader = hub.settled({"lobby"});
        reader.wire.per_write = per_write;
        SourceLog log;
        hub.local().broadcast("lobby", text("before"));
        stream(hub, reader, log, letters(stream_piece_bytes + 50), 1000);
        hub.local().broadcast("lobby", text("behind"));
        hub.settle();
        CHECK(reader.wire.broken == "");
        CHECK(reader.wire.texts() ==
              std::vector<std::string>{"before", letters(stream_piece_bytes + 50), "behind"});
    }
}

TEST_CASE("stream: it keeps its place among room and direct messages") {
    TestHub hub;
    Person& reader = hub.settled({"lobby"});
    reader.wire.take(0);
    SourceLog one;
    SourceLog two;
    auto local = hub.local();
    local.send(reader.id, text("d1"));
    local.broadcast("lobby", text("r1"));
    stream(hub, reader, one, letters(200'000));
    local.broadcast("lobby", text("r2"));
    local.send(reader.id, text("d2"));
    stream(hub, reader, two, "short");
    local.broadcast("lobby", text("r3"));
    local.send(reader.id, text("d3"));
    hub.settle();
    CHECK(one.reads == 0);  // the transport takes nothing
    reader.wire.take_all();
    hub.settle();
    CHECK(reader.wire.texts() == std::vector<std::string>{"d1", "r1", letters(200'000), "r2", "d2",
                                                          "short", "r3", "d3"});
    CHECK(one.ended + two.ended == 2);
}

TEST_CASE("stream: nothing but control frames passes between its fragments") {
    TestHub hub;
    Person& reader = hub.settled({"lobby"});
    reader.wire.take(frame_bytes);
    SourceLog log;
    stream(hub, reader, log, letters(3 * stream_piece_bytes));
    hub.settle();
    hub.local().broadcast("lobby", text("room"));
    hub.local().send(reader.id, text("direct"));
    reader.wire.ping("there?");
    hub.settle();
    reader.wire.take(frame_bytes);
    hub.settle();
    REQUIRE(reader.wire.frames.size() == 1);
    CHECK(reader.wire.frames[0] == Frame{Opcode::pong, "there?"});
    reader.wire.take_all();
    hub.settle();
    CHECK(reader.wire.texts() ==
          std::vector<std::string>{letters(3 * stream_piece_bytes), "room", "direct"});
    CHECK(reader.wire.broken == "");
}

TEST_CASE("stream: a piece is read when the one before it is gone, and is all that is kept") {
    TestHub hub;
    Person& reader = hub.settled();
    SourceLog log;
    reader.wire.take(frame_bytes / 2);
    stream(hub, reader, log, letters(100 * stream_piece_bytes));
    hub.settle();
    CHECK(log.bytes == stream_piece_bytes);
    std::size_t const kept = hub.shard_of(reader.id).logs().memory.in_use_bytes();
    for (std::size_t piece = 1; piece < 50; ++piece) {
        reader.wire.take(frame_bytes);
        hub.settle();
        CHECK(log.bytes == (piece + 1) * stream_piece_bytes);
        CHECK(hub.shard_of(reader.id).logs().memory.in_use_bytes() <= kept);
    }
    CHECK(kept < 100'000);
}

TEST_CASE("stream: it is one message in the ledger, in flight from its first piece to its last") {
    TestHub hub;
    Person& reader = hub.settled();
    SourceLog log;
    reader.wire.take(0);
    stream(hub, reader, log, letters(2 * stream_piece_bytes + 1));
    auto const ledger = [&] { return hub.shard_of(reader.id).direct_ledger(reader.id); };
    CHECK(ledger().due == 1);
    CHECK(ledger().pending == 1);
    hub.settle();
    for (int piece = 0; piece < 2; ++piece) {
        reader.wire.take(frame_bytes);
        hub.settle();
        CHECK(ledger().in_flight == 1);
        CHECK(ledger().delivered == 0);
    }
    reader.wire.take_all();
    hub.settle();
    CHECK(ledger().in_flight == 0);
    CHECK(ledger().delivered == 1);
}

namespace {

struct Event {
    char const* name;
    std::function<void(TestHub&, Person&)> happen;
};

std::vector<Event> const& events() {
    static std::vector<Event> const all{
        {"a skip", [](TestHub& hub, Person&) {
             for (int i = 0; i < 9; ++i) hub.broadcast("skip", "more");
         }},
        {"leave", [](TestHub& hub, Person& reader) { hub.local().leave(reader.id, "skip"); }},
        {"close", [](TestHub& hub, Person& reader) {
             hub.local().close(reader.id, CloseCode::kicked);
         }},
        {"the peer's close", [](TestHub&, Person& reader) { reader.wire.close(); }},
        {"the peer's ping", [](TestHub&, Person& reader) { reader.wire.ping("a"); }},
        {"a direct message", [](TestHub& hub, Person& reader) {
             hub.local().send(reader.id, text("direct"));
         }},
        {"another stream", [](TestHub& hub, Person& reader) {
             static SourceLog log;
             log = {};
             stream(hub, reader, log, "another");
         }},
        {"the hub's ping", [](TestHub& hub, Person&) {
             TestClock::value += 55s;
             hub.turn();
         }},
        {"eviction", [](TestHub& hub, Person&) {
             TestClock::value += 15s;
             hub.turn();
         }},
        {"shutdown", [](TestHub& hub, Person&) { hub->shutdown(); }},
        {"the peer vanishes", [](TestHub&, Person& reader) { reader.wire.vanish(); }},
    };
    return all;
}

}  // namespace

TEST_CASE("stream: whatever happens at whatever byte, the peer can parse it and the source ends") {
    std::size_t const size = 2 * stream_piece_bytes + 100;
    std::vector<std::uint64_t> positions;
    for (std::size_t const boundary : {std::size_t{0}, frame_bytes, 2 * frame_bytes,
                                       2 * frame_bytes + 102}) {
        for (std::uint64_t at = boundary > 3 ? boundary - 3 : 0; at < boundary + 6; ++at) {
            positions.push_back(at);
        }
    }
    for (bool const websocket : {true, false}) {
        for (Event const& event : events()) {
            for (std::uint64_t const at : positions) {
                INFO(event.name << " after byte " << at);
                TestHub hub{quick_close()};
                Person& reader = hub.settled({"skip"}, websocket);
                reader.wire.take(at);
                SourceLog log;
                stream(hub, reader, log, letters(size));
                hub.settle();
                event.happen(hub, reader);
                hub.settle();
                reader.wire.take_all();
                hub.settle();
                CHECK(reader.wire.broken == "");
                CHECK(log.ended == 1);
                if (!reader.wire.ended) CHECK(reader.wire.texts().front() == letters(size));
                CHECK(hub.shard_of(reader.id).stats().ledger.in_flight == 0);
            }
        }
    }
}

TEST_CASE("stream: a client that vanishes in the middle has it discarded, and nothing is left") {
    TestHub hub;
    Person& reader = hub.settled();
    std::size_t const before = hub.shard_of(reader.id).logs().memory.in_use_bytes();
    SourceLog open;
    SourceLog waiting;
    reader.wire.take(frame_bytes + 10);
    stream(hub, reader, open, letters(500'000));
    stream(hub, reader, waiting, "never");
    hub.settle();
    reader.wire.vanish();
    hub.settle();
    CHECK(open.ended == 1);
    CHECK(waiting.ended == 1);
    CHECK(waiting.reads == 0);
    CHECK(hub.shard_of(reader.id).stats().ledger.discarded_close == 2);
    CHECK(hub.shard_of(reader.id).logs().memory.in_use_bytes() == before);
}

TEST_CASE("stream: a source that has nothing yet is asked again when it says so") {
    TestHub hub;
    Person& reader = hub.settled({"lobby"});
    Pipe pipe;
    hub.local().send_stream(reader.id, Opcode::text, pipe.source());
    hub.settle();
    hub.broadcast("lobby", "room");
    hub.settle();
    CHECK(reader.wire.frames.empty());
    for (int i = 0; i < 5; ++i) {
        pipe.waiting = "piece " + std::to_string(i) + ' ';
        hub->stream_ready(reader.id);
        hub.settle();
        CHECK(pipe.waiting.empty());
    }
    pipe.is_over = true;
    hub->stream_ready(reader.id);
    hub.settle();
    CHECK(reader.wire.texts() ==
          std::vector<std::string>{"piece 0 piece 1 piece 2 piece 3 piece 4 ", "room"});
    CHECK(pipe.ended == 1);
}

TEST_CASE("stream: while its source has nothing, pings are answered and a close is said") {
    TestHub hub{quick_close()};
    Person& reader = hub.settled();
    Pipe pipe;
    hub.local().send_stream(reader.id, Opcode::text, pipe.source());
    hub.settle();
    reader.wire.ping("one");
    hub.settle();
    pipe.waiting = "some";
    hub->stream_ready(reader.id);
    hub.settle();
    reader.wire.ping("two");
    hub.settle();
    REQUIRE(reader.wire.frames.size() == 2);
    CHECK(reader.wire.frames[1] == Frame{Opcode::pong, "two"});
    reader.wire.close();
    hub.settle();
    CHECK(reader.wire.close_code() == 1000);
    CHECK(reader.wire.broken == "");
    CHECK(pipe.ended == 1);
}

TEST_CASE("stream: a source that has nothing for the write deadline costs its client the place") {
    TestHub hub;
    Person& reader = hub.settled();
    Pipe pipe;
    hub.local().send_stream(reader.id, Opcode::text, pipe.source());
    hub.settle();
    hub.pass(9s);
    pipe.waiting = "in time";
    hub->stream_ready(reader.id);
    hub.settle();
    hub.pass(9s);
    CHECK_FALSE(reader.wire.ended);
    hub.pass(2s);
    REQUIRE(hub.script.closed_reason(reader.id));
    CHECK(hub.script.closed_reason(reader.id)->cause == CloseCause::write_deadline);
    CHECK(pipe.ended == 1);
}

TEST_CASE("stream: the write deadline is each fragment's") {
    TestHub hub;
    Person& reader = hub.settled();
    SourceLog log;
    reader.wire.take(10);
    stream(hub, reader, log, letters(10 * stream_piece_bytes));
    hub.settle();
    for (int i = 0; i < 5; ++i) {
        TestClock::value += 9s;
        reader.wire.take(frame_bytes);
        hub.settle();
        REQUIRE_FALSE(reader.wire.ended);
    }
    for (int i = 0; i < 3; ++i) {  // a few bytes now and then complete nothing
        TestClock::value += 4s;
        reader.wire.take(10);
        hub.settle();
    }
    REQUIRE(reader.wire.ended);
    CHECK(log.ended == 1);
}

TEST_CASE("stream: a source that throws, or lies, ends its client and nothing else") {
    struct Bad final : PayloadSource {
        explicit Bad(bool lie) : lies{lie} {}
        std::optional<std::size_t> read(std::span<std::byte> out) override {
            if (!lies) throw std::runtime_error{"the disk is gone"};
            return out.size() + 1;
        }
        bool const lies;
    };
    for (bool const lies : {false, true}) {
        TestHub hub;
        Person& reader = hub.settled({"lobby"});
        Person& other = hub.settled({"lobby"});
        hub.local().send_stream(reader.id, Opcode::binary, std::make_unique<Bad>(lies));
        hub.settle();
        REQUIRE(hub.script.closed_reason(reader.id));
        CHECK(hub.script.closed_reason(reader.id)->code == CloseCode::internal_error);
        hub.broadcast("lobby", "still here");
        hub.settle();
        CHECK(other.wire.texts() == std::vector<std::string>{"still here"});
    }
}

TEST_CASE("stream: direct messages that skip give up streams that have not begun") {
    HubOptions options;
    options.direct = {.overflow = Overflow::skip,
                      .gap_encoder = silent,
                      .max_lag_messages = 2};
    TestHub hub{options};
    Person& reader = hub.settled();
    reader.wire.take(10);
    SourceLog open;
    SourceLog skipped;
    stream(hub, reader, open, letters(100'000));
    hub.settle();
    stream(hub, reader, skipped, "never");
    for (int i = 0; i < 4; ++i) hub.local().send(reader.id, text(std::to_string(i)));
    CHECK(skipped.ended == 1);
    CHECK(open.ended == 0);
    reader.wire.take_all();
    hub.settle();
    CHECK(reader.wire.texts().front() == letters(100'000));
    CHECK(skipped.reads == 0);
    CHECK(reader.wire.broken == "");
}

TEST_CASE("stream: one that is skipped as soon as it is sent ends its source, the next one goes") {
    HubOptions options;
    options.direct = {.overflow = Overflow::skip,
                      .gap_encoder = silent,
                      .max_lag_messages = 2};
    TestHub hub{options};
    Person& reader = hub.settled();
    reader.wire.take(2);
    hub.local().send(reader.id, text("torn"));
    hub.settle();
    hub.local().send(reader.id, text("1"));
    hub.local().send(reader.id, text("2"));
    SourceLog skipped;
    SourceLog next;
    stream(hub, reader, skipped, "never");
    CHECK(skipped.ended == 1);
    CHECK(skipped.reads == 0);
    stream(hub, reader, next, "next");
    reader.wire.take_all();
    hub.settle();
    CHECK(reader.wire.texts() == std::vector<std::string>{"torn", "next"});
    CHECK(next.ended == 1);
}

namespace {

/// Never ends.
struct Fountain final : PayloadSource {
    explicit Fountain(int& end_count) : ended{end_count} {}
    ~Fountain() override { ++ended; }
    std::optional<std::size_t> read(std::span<std::byte> out) override {
        std::fill(out.begin(), out.end(), std::byte{'x'});
        return out.size();
    }
    int& ended;
};

}  // namespace

TEST_CASE("stream: however fast it is taken, its room's bounds hold and nobody else waits") {
    HubOptions options;
    options.max_inbox_messages = 100;  // what has not been written to all holds a place
    options.flush_slice_bytes = 1;     // one piece a turn
    for (auto const* const room : {"lobby", "skip"}) {
        TestHub hub{options};
        Person& reader = hub.settled({room});
        Person& other = hub.settled({room});
        int ended = 0;
        hub.local().send_stream(reader.id, Opcode::text, std::make_unique<Fountain>(ended));
        std::size_t most = 0;
        for (int i = 0; i < 600; ++i) {
            hub.broadcast(room, "a message of the room");  // accepted
            hub.turn();
            most = std::max(most, hub.shard_of(other.id).logs().memory.in_use_bytes());
        }
        CHECK(other.wire.texts().size() >= 500);
        CHECK(most < 200'000);
        bool const is_evicted = std::string_view{room} == "lobby";
        auto const* const reason = hub.script.closed_reason(reader.id);
        REQUIRE((reason != nullptr) == is_evicted);
        if (is_evicted) CHECK(reason->cause == CloseCause::lag);
        CHECK(ended == is_evicted);
        reader.wire.vanish();
        hub.settle();
        CHECK(ended == 1);
    }
}

TEST_CASE("stream: a client that is being closed keeps no source and makes no work") {
    TestHub hub;  // waits for the peer's close frame
    for (bool const is_slow : {false, true}) {
        Person& reader = hub.settled();
        int ended = 0;
        Pipe pipe;
        if (is_slow) {
            hub.local().send_stream(reader.id, Opcode::text, pipe.source());
        } else {
            reader.wire.take(frame_bytes + 10);
            hub.local().send_stream(reader.id, Opcode::text, std::make_unique<Fountain>(ended));
        }
        hub.settle();
        reader.wire.push([](Receiver& receiver) {
            receiver.violation(CloseCode::protocol_error, "reserved bits");
        });
        hub.settle();
        CHECK(ended + pipe.ended == 1);
        reader.wire.take_all();
        hub.settle();  // comes to rest
        CHECK(reader.wire.close_code() == 1002);
        CHECK(reader.wire.broken == "");
        hub.pass(10s);
        CHECK(reader.wire.ended);
    }
}

TEST_CASE("stream: from any thread and from other shards, in the order of what is sent") {
    for (std::size_t const shards : {1U, 2U}) {
        HubOptions options;
        options.shards = shards;
        TestHub hub{options};
        Person& one = hub.settled();
        Person& two = hub.settled();
        for (Person* const reader : {&one, &two}) {
            SourceLog outside;
            SourceLog inside;
            CHECK((hub->send(reader->id, text("before")) == Accepted::accepted));
            CHECK((hub->send_stream(reader->id, Opcode::text,
                                    std::make_unique<ScriptedSource>(outside, letters(100'000))) ==
                   Accepted::accepted));
            CHECK((hub->send(reader->id, text("between")) == Accepted::accepted));
            hub.settle();
            auto local = hub.local(one.id);  // of another shard than two's
            local.send_stream(reader->id, Opcode::text,
                              std::make_unique<ScriptedSource>(inside, "inside"));
            local.send(reader->id, text("behind"));
            hub.settle();
            CHECK(reader->wire.texts() == std::vector<std::string>{"before", letters(100'000),
                                                                   "between", "inside", "behind"});
            CHECK(outside.ended + inside.ended == 2);
        }
        CHECK(hub->core()->budget.messages() == 0);
    }
}

TEST_CASE("stream: what is not accepted ends its source at once") {
    TestHub hub;
    Person& reader = hub.settled();
    reader.wire.vanish();
    hub.settle();
    SourceLog log;
    CHECK((hub.local().send_stream(reader.id, Opcode::text,
                                   std::make_unique<ScriptedSource>(log, "x")) == Accepted::gone));
    CHECK(log.ended == 1);
    CHECK((hub->send_stream(reader.id, Opcode::text, std::make_unique<ScriptedSource>(log, "x")) ==
           Accepted::gone));
    CHECK(log.ended == 2);
    Person& late = hub.settled();
    hub->shutdown();
    late.wire.take(0);
    hub.settle();
    auto const answer =
        hub->send_stream(late.id, Opcode::text, std::make_unique<ScriptedSource>(log, "x"));
    CHECK((answer == Accepted::closed || answer == Accepted::gone));
    CHECK(log.ended == 3);
    CHECK(log.reads == 0);
}

TEST_CASE("stream: a wire format without fragments is told apart") {
    static constexpr WireFormat whole_only{.name = "whole",
                                           .frame_bytes = &websocket_frame::frame_bytes,
                                           .frame = &websocket_frame::frame,
                                           .fragment_bytes = 0};
    class Whole {
    public:
        WireFormat const& wire_format() const noexcept { return whole_only; }
        bool attach(Readiness) { return true; }
        ReadResult read(Receiver&) { return ReadResult::drained; }
        WriteResult write(std::span<ConstBuffer const> buffers) noexcept {
            WriteResult result;
            for (auto const& each : buffers) result.taken += each.bytes;
            return result;
        }
        void close(CloseHow) noexcept {}
    };
    TestHub hub;
    auto const registered = hub->register_channel().push(std::make_unique<Client<Whole>>());
    REQUIRE(registered);
    hub.settle();
    SourceLog log;
    auto const answer = hub.local().send_stream(registered.id, Opcode::text,
                                                std::make_unique<ScriptedSource>(log, "x"));
    CHECK((answer == Accepted::no_fragments));
    CHECK((hub->send_stream(registered.id, Opcode::text,
                            std::make_unique<ScriptedSource>(log, "x")) == Accepted::accepted));
    hub.settle();
    CHECK(log.ended == 2);
    CHECK(log.reads == 0);
    CHECK(hub->core()->budget.messages() == 0);
}
