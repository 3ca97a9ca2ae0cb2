// SPDX-License-Identifier: MIT
//
// InflatingFrameDecoder: compressed messages of a peer, right, wrong and malicious.
#include <pumphouse/transport/deflate/deflate.hpp>
#include <pumphouse/transport/websocket/frame_decoder.hpp>

#include <random>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/deflated.hpp"
#include "transport/wire.hpp"

using namespace pumphouse;
using support::deflated;
using wire::Lines;
using wire::masked;
using wire::WebSocketFrame;

namespace {

using Base = websocket::InflatingFrameDecoder;
struct Decoder : Base {
    explicit Decoder(std::size_t max_message_bytes, int window_bits = 15)
        : Base{max_message_bytes, {deflate(), window_bits}} {}
};

constexpr int rsv1 = 0x40;
constexpr int fin = wire::fin;

std::string compressed(Opcode opcode, std::string_view payload, bool is_final = true) {
    int const first = static_cast<int>(opcode) | rsv1 | (is_final ? fin : 0);
    return WebSocketFrame{first, std::string{payload}}.bytes();
}
std::string message(std::string_view text, int level = 6) {
    return compressed(Opcode::text, deflated(text, level));
}
std::string continued(std::string_view payload, bool is_final) {
    return masked(Opcode::continuation, payload, is_final);
}

Lines decoded(std::string const& stream, std::size_t max_message_bytes = 1 << 20) {
    auto const result = wire::decode_every_way<Decoder>(stream, max_message_bytes);
    CHECK(result.same);
    return result.lines;
}

std::string noise(std::size_t bytes) {
    std::mt19937 random{7};
    std::string out(bytes, '\0');
    for (char& each : out) each = static_cast<char>(random());
    return out;
}

}  // namespace

// RFC 7692 section 7.2.3.
TEST_CASE("the examples of RFC 7692 are read") {
    std::string const hello = "\xf2\x48\xcd\xc9\xc9\x07" + std::string(1, '\0');
    CHECK(decoded(compressed(Opcode::text, hello)) == Lines{"text Hello"});
    CHECK(decoded(compressed(Opcode::text, hello.substr(0, 3), false) +
                  continued(hello.substr(3), true)) == Lines{"text Hello"});
    std::string const stored = std::string("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11);
    CHECK(decoded(compressed(Opcode::text, stored)) == Lines{"text Hello"});
    std::string const last_block = std::string("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8);
    CHECK(decoded(compressed(Opcode::text, last_block)) == Lines{"text Hello"});
    std::string const two_blocks =
        std::string("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13);
    CHECK(decoded(compressed(Opcode::text, two_blocks)) == Lines{"text Hello"});
    CHECK(decoded(compressed(Opcode::binary, std::string(1, '\0'))) == Lines{"binary "});
}

TEST_CASE("compressed messages arrive whole, in fragments, among others and control frames") {
    std::string const long_text(3000, 'x');
    std::string const packed = deflated("a \xe2\x82\xac b");
    std::string stream = message("one") + masked(Opcode::text, "plain") + message(long_text);
    stream += compressed(Opcode::text, "", false) + continued(packed.substr(0, 4), false);
    stream += masked(Opcode::ping, "between") + continued("", false);
    stream += continued(packed.substr(4), true);
    stream += compressed(Opcode::text, "");  // what some send for nothing
    stream += compressed(Opcode::text, deflated("last", 6, Z_FINISH));
    stream += compressed(Opcode::binary, deflated(noise(500)));
    stream += masked(Opcode::close, wire::close_payload(1000));
    CHECK(decoded(stream) == Lines{"text one", "text plain", "text " + long_text, "ping between",
                                   "text a \xe2\x82\xac b", "text ", "text last",
                                   "binary " + noise(500), "close 1000 "});
}

TEST_CASE("one message's window is not the next one's") {
    Decoder decoder{1000};
    testing::Recorder recorder;
    std::string stream = message("abcdefgh");
    // A distance of 4, eight bytes behind the beginning of a message: fixed block, length 3.
    stream += compressed(Opcode::binary, std::string("\x02\x13\x00\x00", 4));
    decoder.consume({stream.data(), stream.size()}, recorder);
    CHECK(recorder.lines == Lines{"text abcdefgh", "violation 1007"});
}

TEST_CASE("RSV1 is for the first frame of a data message") {
    std::string const packed = deflated("hello");
    CHECK(decoded(compressed(Opcode::text, packed, false) +
                  compressed(Opcode::continuation, "", true)) == Lines{"violation 1002"});
    CHECK(decoded(masked(Opcode::text, "begun", false) +
                  compressed(Opcode::continuation, packed, true)) == Lines{"violation 1002"});
    CHECK(decoded(compressed(Opcode::ping, "x")) == Lines{"violation 1002"});
    CHECK(decoded(WebSocketFrame{0x21 | fin, packed}.bytes()) == Lines{"violation 1002"});
    CHECK(wire::decode<websocket::FrameDecoder>(message("hello")) == Lines{"violation 1002"});
}

TEST_CASE("what is no deflate stream is 1007, and so is one that is not whole") {
    CHECK(decoded(compressed(Opcode::text, "no deflate at all")) == Lines{"violation 1007"});
    std::string const packed = deflated("hello, hello, hello");
    for (std::size_t size = 1; size < packed.size(); ++size) {
        INFO(size);
        CHECK(decoded(compressed(Opcode::binary, packed.substr(0, size))) ==
              Lines{"violation 1007"});
    }
    // A stored block of four bytes that are the ones that senders leave out.
    CHECK(decoded(compressed(Opcode::text, std::string("\x00\x04\x00\xfb\xff", 5))) ==
          Lines{"violation 1007"});
}

TEST_CASE("text is checked behind inflating") {
    CHECK(decoded(message("\xff\xfe")) == Lines{"violation 1007"});
    CHECK(decoded(message("caf\xc3")) == Lines{"violation 1007"});
    CHECK(decoded(compressed(Opcode::binary, deflated("\xff\xfe"))) == Lines{"binary \xff\xfe"});
    std::string const packed = deflated("\xc3\xa9", 0);
    CHECK(decoded(compressed(Opcode::text, packed.substr(0, 6), false) +
                  continued(packed.substr(6), true)) == Lines{"text \xc3\xa9"});
}

TEST_CASE("a compressed message is as large as others may be, and no larger") {
    for (int level : {0, 1, 9}) {
        CHECK(decoded(message(std::string(1000, 'x'), level), 1000) ==
              Lines{"text " + std::string(1000, 'x')});
        CHECK(decoded(message(std::string(1001, 'x'), level), 1000) == Lines{"violation 1009"});
    }
    CHECK(decoded(compressed(Opcode::binary, deflated(noise(1000))), 1000) ==
          Lines{"binary " + noise(1000)});
    // Blocks of nothing: what they come to is not what they take.
    std::string nothing;
    for (int i = 0; i < 600; ++i) nothing.append("\0\0\0\xff\xff", 5);
    CHECK(decoded(compressed(Opcode::binary, nothing + std::string(1, '\0')), 1000) ==
          Lines{"violation 1009"});
}

TEST_CASE("the length of a compressed fragment does not wrap around, streamed or not") {
    std::string const packed = deflated("hello");
    WebSocketFrame const endless{0, "more", true, 127, -1};
    std::string stream = compressed(Opcode::text, packed.substr(0, 3), false) + endless.bytes();
    std::size_t const length = stream.size() - 4 - 4 - 8;
    for (std::size_t i = 0; i < 8; ++i) stream[length + i] = '\xff';
    CHECK(decoded(stream) == Lines{"violation 1009"});
    for (std::size_t const step : {std::size_t{1}, stream.size()}) {
        Decoder decoder{1000};
        testing::Recorder recorder;
        recorder.wants = {Accepts::both, 20, 5000};
        std::string copy = stream;
        for (std::size_t at = 0; at < copy.size(); at += step) {
            decoder.consume({copy.data() + at, std::min(step, copy.size() - at)}, recorder);
        }
        CHECK(recorder.lines == Lines{"violation 1009"});
    }
}

TEST_CASE("a deflate bomb is refused in bounded memory") {
    std::size_t const most = 100'000;
    std::string const bomb = deflated(std::string(std::size_t{64} << 20, '\0'), 9);
    Decoder decoder{most};
    testing::Recorder recorder;
    std::string stream = compressed(Opcode::binary, bomb, false);
    std::size_t most_held = 0;
    for (std::size_t at = 0; at < stream.size(); at += 50) {
        decoder.consume({stream.data() + at, std::min<std::size_t>(50, stream.size() - at)},
                        recorder);
        most_held = std::max(most_held, decoder.held_bytes());
    }
    CHECK(recorder.lines == Lines{"violation 1009"});
    CHECK(most_held <= 2 * most + (64 << 10));
    CHECK(decoder.held_bytes() == 0);
}

TEST_CASE("a bomb that is streamed is handed over in pieces of bounded size") {
    struct Pieces : Receiver {
        void message(Message) override { FAIL("it comes in pieces"); }
        void chunk(Chunk const& chunk) override {
            largest = std::max(largest, chunk.bytes.size());
            total = chunk.total_bytes;
        }
        void ping(std::string_view) override {}
        void pong(std::string_view) override {}
        void close(CloseCode, std::string_view) override {}
        void violation(CloseCode code, std::string_view) override { why = code; }
        bool wants_messages() const noexcept override { return true; }
        Intake const& intake() const noexcept override { return wants; }
        Intake wants{Accepts::both, 1000, 50'000'000};
        std::size_t largest = 0;
        std::uint64_t total = 0;
        CloseCode why{};
    };
    std::string const bomb = deflated(std::string(std::size_t{64} << 20, '\0'), 9);
    Decoder decoder{100'000};
    Pieces pieces;
    std::string stream = compressed(Opcode::binary, bomb);
    decoder.consume({stream.data(), stream.size()}, pieces);
    CHECK(pieces.why == CloseCode::message_too_big);
    CHECK(pieces.largest < (std::size_t{512} << 10));
    CHECK(pieces.total > 40'000'000);
    CHECK(pieces.total <= 50'000'000);
}

TEST_CASE("a compressed message that is streamed comes whole and in order") {
    std::string text;
    for (int i = 0; text.size() < 20'000; ++i) text += std::to_string(i) + " \xe2\x82\xac, ";
    for (std::size_t const step : {std::size_t{1}, std::size_t{100}, text.size()}) {
        Decoder decoder{1000};
        testing::Recorder recorder;
        recorder.wants = {Accepts::both, 500, 1'000'000};
        std::string stream = message(text) + message("short") + masked(Opcode::text, text);
        for (std::size_t at = 0; at < stream.size(); at += step) {
            std::size_t const size = std::min(step, stream.size() - at);
            decoder.consume({stream.data() + at, size}, recorder);
        }
        CHECK(recorder.problem == "");
        std::string const whole =
            "text " + text + " (" + std::to_string(text.size()) + " in pieces)";
        CHECK(recorder.lines == Lines{whole, "text short", whole});
    }
}

// Of those who compress, what is streamed is read in parts of a batch.
TEST_CASE("wrong text in a message that is streamed is 1007, however much comes behind it") {
    std::string const payload = std::string(20, 'x') + std::string(2000, '\xff');
    for (std::string const& stream : {masked(Opcode::text, payload, false), message(payload, 0)}) {
        for (std::size_t const step : {std::size_t{8}, stream.size()}) {
            Decoder decoder{1000};
            testing::Recorder recorder;
            recorder.wants = {Accepts::both, 30, 5000};
            std::string copy = stream;
            for (std::size_t at = 0; at < copy.size(); at += step) {
                decoder.consume({copy.data() + at, std::min(step, copy.size() - at)}, recorder);
            }
            CHECK(recorder.lines == Lines{"violation 1007"});
        }
    }
}

TEST_CASE("an inflater is held from a message's first byte to its last, and counted") {
    Decoder decoder{100'000, 12};
    testing::Recorder recorder;
    auto const feed = [&](std::string bytes) {
        decoder.consume({bytes.data(), bytes.size()}, recorder);
    };
    std::string const packed = deflated("hello, hello");
    CHECK(decoder.held_bytes() == 0);
    feed(compressed(Opcode::text, packed.substr(0, 3), false));
    CHECK(decoder.held_bytes() > 4096);
    CHECK(decoder.held_bytes() < (std::size_t{20} << 10));
    feed(masked(Opcode::ping, ""));
    CHECK(decoder.held_bytes() > 4096);
    feed(continued(packed.substr(3), true));
    CHECK(decoder.held_bytes() == 0);
    CHECK(recorder.lines == Lines{"ping ", "text hello, hello"});
    feed(compressed(Opcode::text, packed.substr(0, 3), false) + masked(Opcode::text, "wrong"));
    CHECK(decoder.held_bytes() == 0);
}

TEST_CASE("without terms nothing is agreed on: messages come and go as they are") {
    Base const decoder{1 << 20};
    CHECK(&decoder.wire_format() == &websocket_format);
    CHECK(wire::decode<Base>(masked(Opcode::text, "hello")) == Lines{"text hello"});
    CHECK(wire::decode<Base>(message("hello")) == Lines{"violation 1002"});
}
