// SPDX-License-Identifier: MIT
//
// on_chunk: which messages come to it, with what; its deadline, life and limits; what happens when
// the hook or the peer ends in the middle. And `accepts`.
#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include <pumphouse/pumphouse.hpp>

#include "support/catch.hpp"
#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace std::chrono_literals;

namespace {

struct Seen {
    std::vector<std::string> lines;
    std::string pieces;
    std::function<void(Chunk const&)> then;
};

template <typename Derived>
struct Receiving : DefaultPolicy {
    using clock = support::TestClock;
    void on_close(LocalHub<Derived>&, ClientId, CloseReason const& reason) {
        seen->lines.push_back("closed " + std::to_string(static_cast<int>(reason.code)));
    }
    void take(Chunk const& chunk) {
        CHECK(chunk.is_first == seen->pieces.empty());
        seen->pieces.append(chunk.bytes);
        CHECK(chunk.total_bytes == seen->pieces.size());
        if (seen->then) seen->then(chunk);
        if (!chunk.is_last) return;
        auto const kind = chunk.opcode == Opcode::text ? "text " : "binary ";
        seen->lines.push_back(kind + std::exchange(seen->pieces, {}) + " in pieces");
    }
    Seen* seen = nullptr;
};

struct Both : Receiving<Both> {
    static constexpr HubOptions options{.max_message_bytes = 10,
                                        .stream_from_bytes = 10,
                                        .max_stream_bytes = 1'000'000};
    void on_chunk(LocalHub<Both>&, ClientId, Chunk const& chunk) { take(chunk); }
    void on_message(LocalHub<Both>&, ClientId, Message message) {
        seen->lines.push_back("whole " + std::string{message.payload});
    }
};

struct ChunksOnly : Receiving<ChunksOnly> {
    void on_chunk(LocalHub<ChunksOnly>&, ClientId, Chunk const& chunk) { take(chunk); }
};

struct TextOnly : Receiving<TextOnly> {
    static constexpr Accepts accepts = Accepts::text;
    void on_message(LocalHub<TextOnly>&, ClientId, Message message) {
        seen->lines.push_back("whole " + std::string{message.payload});
    }
};

struct BinaryOnly : DefaultPolicy {
    static constexpr Accepts accepts = Accepts::binary;
};

template <typename Policy>
struct Fixture {
    explicit Fixture(HubOptions const& options = Policy::options) {
        support::TestClock::value = Time{1s};
        Policy policy;
        policy.seen = &seen;
        hub = std::make_unique<Hub<Policy>>(options, policy);
        auto const answer = hub->register_channel().push(peer.connect());
        REQUIRE(answer);
        id = answer.id;
        run();
    }
    ~Fixture() { hub.reset(); }
    void run() {
        while (hub->poll().more) {
        }
    }
    void send(std::string_view bytes) {
        peer.send_bytes(bytes);
        run();
    }
    void pass(Duration time) {
        support::TestClock::value += time;
        run();
    }
    Seen seen;
    MemoryPeer peer;
    ClientId id;
    std::unique_ptr<Hub<Policy>> hub;
};

std::string frame(Opcode opcode, std::string_view payload, bool is_final = true,
                  std::size_t more = 0) {
    std::string bytes(length_prefixed::header_bytes, '\0');
    length_prefixed::write_header(reinterpret_cast<std::byte*>(bytes.data()), is_final, opcode,
                                  payload.size() + more);
    return bytes.append(payload);
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("streaming: large messages come to on_chunk, small ones whole to on_message") {
    Fixture<Both> fixture;
    std::string const large(200'000, 'x');
    fixture.send(frame(Opcode::text, "1234567890") + frame(Opcode::binary, large) +
                 frame(Opcode::text, "12345678901"));
    CHECK(fixture.seen.lines == Lines{"whole 1234567890", "binary " + large + " in pieces",
                                      "text 12345678901 in pieces"});
    CHECK(fixture.hub->shard(0).stats().messages_received == 3);
}

TEST_CASE("streaming: byte by byte, the hub keeps nothing of it") {
    Fixture<Both> fixture;
    std::string const stream =
        frame(Opcode::text, std::string(300, 'x'), false) + frame(Opcode::continuation, "y");
    std::size_t most = 0;
    for (char const each : stream) {
        fixture.send({&each, 1});
        most = std::max(most, fixture.hub->core()->inbound_bytes.load());
    }
    CHECK(fixture.seen.lines == Lines{"text " + std::string(300, 'x') + "y in pieces"});
    CHECK(most <= 64);
    CHECK(fixture.hub->core()->inbound_bytes.load() == 0);
}

TEST_CASE("streaming: without on_message everything comes to on_chunk") {
    Fixture<ChunksOnly> fixture;
    std::string const large(100'000, 'x');
    fixture.send(frame(Opcode::text, "small") + frame(Opcode::binary, "") +
                 frame(Opcode::text, large));
    CHECK(fixture.seen.lines ==
          Lines{"text small in pieces", "binary  in pieces", "text " + large + " in pieces"});
}

TEST_CASE("streaming: a message in pieces may be larger than max_message_bytes, not than its own") {
    Fixture<Both> fixture;
    fixture.send(frame(Opcode::binary, "", true, 1'000'001));
    CHECK(fixture.peer.closed() == CloseCode::message_too_big);
    fixture.pass(6s);
    CHECK(fixture.seen.lines == Lines{"closed 1009"});
}

TEST_CASE("streaming: the deadline is each piece's, not the whole message's") {
    Fixture<Both> fixture;
    fixture.send(frame(Opcode::binary, "x", true, 100));
    for (int i = 0; i < 50; ++i) {
        fixture.pass(59s);
        fixture.send("y");
    }
    CHECK(fixture.seen.lines.empty());
    CHECK_FALSE(fixture.peer.closed());
    fixture.pass(61s);
    CHECK(fixture.seen.lines == Lines{"closed 3008"});
}

TEST_CASE("streaming: pieces prove that a peer lives which cannot answer a ping now") {
    HubOptions options = Both::options;
    options.heartbeat = {.ping_interval = 10s, .pong_wait = 10s};
    Fixture<Both> fixture{options};
    fixture.send(frame(Opcode::binary, "x", true, 100));
    for (int i = 0; i < 20; ++i) {
        fixture.pass(9s);
        fixture.send("y");
    }
    CHECK(fixture.seen.lines.empty());
    fixture.pass(11s);
    fixture.pass(11s);
    CHECK(fixture.seen.lines == Lines{"closed 3012"});
}

TEST_CASE("streaming: after the hook closes the client, or throws, no further piece comes") {
    for (bool const throws : {false, true}) {
        Fixture<Both> fixture;
        int calls = 0;
        fixture.seen.then = [&](Chunk const&) {
            ++calls;
            if (throws) throw std::runtime_error{"enough"};
            static_cast<void>(fixture.hub->close(fixture.id, CloseCode::kicked));
        };
        fixture.send(frame(Opcode::binary, "x", true, 100));
        fixture.send("more");
        CHECK(calls == 1);
        CHECK(fixture.peer.closed() ==
              (throws ? CloseCode::internal_error : CloseCode::kicked));
    }
}

TEST_CASE("streaming: a peer that vanishes in the middle ends with on_close and no last piece") {
    Fixture<Both> fixture;
    fixture.send(frame(Opcode::binary, "x", true, 100));
    fixture.peer.vanish();
    fixture.run();
    CHECK(fixture.seen.pieces == "x");
    CHECK(fixture.seen.lines == Lines{"closed 1006"});
    CHECK(fixture.hub->core()->inbound_bytes.load() == 0);
}

TEST_CASE("accepts: another kind of message closes with 1003, and the hook never sees it") {
    Fixture<TextOnly> fixture;
    fixture.send(frame(Opcode::text, "good") + frame(Opcode::binary, "bad") +
                 frame(Opcode::text, "late"));
    CHECK(fixture.peer.closed() == CloseCode::unsupported_data);
    fixture.pass(6s);
    CHECK(fixture.seen.lines == Lines{"whole good", "closed 1003"});
}

TEST_CASE("accepts: a transport that hands over everything is held to it too") {
    Hub<BinaryOnly> hub;
    support::Wire wire;
    auto const answer = hub.register_channel().push(
        std::make_unique<Client<support::ScriptedTransport>>(wire));
    REQUIRE(answer);
    hub.poll();
    wire.say("text");
    while (hub.poll().more) {
    }
    CHECK(wire.close_code() == 1003);
    hub.shutdown();
    wire.vanish();
    while (!hub.poll().finished) {
    }
}
