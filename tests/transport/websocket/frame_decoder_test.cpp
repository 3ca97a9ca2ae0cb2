// SPDX-License-Identifier: MIT
#include <pumphouse/transport/websocket/frame_decoder.hpp>

#include <random>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "transport/wire.hpp"

using pumphouse::Opcode;
using pumphouse::websocket::FrameDecoder;
using wire::close_payload;
using wire::fin;
using wire::Lines;
using wire::masked;
using wire::WebSocketFrame;

namespace {

Lines decoded(std::string const& stream, std::size_t max_message_bytes = 1 << 20) {
    auto const result = wire::decode_every_way<FrameDecoder>(stream, max_message_bytes);
    CHECK(result.same);
    return result.lines;
}

std::string continued(std::string_view payload, bool is_final) {
    return masked(Opcode::continuation, payload, is_final);
}

}  // namespace

// RFC 6455 section 5.4 and 5.5.
TEST_CASE("WebSocket messages arrive whole, fragmented and with control frames between") {
    std::string stream = masked(Opcode::text, "hello");
    stream += masked(Opcode::binary, "\xff\xfe");
    stream += masked(Opcode::text, "");
    stream += masked(Opcode::text, "a \xe2\x82", false);
    stream += masked(Opcode::ping, "are you there");
    stream += continued("\xac", false);
    stream += continued("", false);
    stream += masked(Opcode::pong, "");
    stream += continued(" b", true);
    stream += masked(Opcode::binary, "", false) + continued("", true);
    stream += masked(Opcode::close, close_payload(3000, "bye"));
    stream += masked(Opcode::text, "too late");
    CHECK(decoded(stream) ==
          Lines{"text hello", "binary \xff\xfe", "text ", "ping are you there", "pong ",
                "text a \xe2\x82\xac b", "binary ", "close 3000 bye"});
}

TEST_CASE("every WebSocket length encoding is read") {
    for (std::size_t const size : {0U, 1U, 125U, 126U, 127U, 65'535U, 65'536U, 200'000U}) {
        std::string const payload(size, 'x');
        std::string const stream = masked(Opcode::binary, payload);
        for (std::size_t const piece : {std::size_t{1}, std::size_t{4000}, stream.size()}) {
            CHECK(wire::decode<FrameDecoder>(stream, piece) == Lines{"binary " + payload});
        }
    }
}

// RFC 6455 section 5.2: "the minimal number of bytes MUST be used".
TEST_CASE("a WebSocket length that is longer than need be is a protocol error") {
    CHECK(decoded(WebSocketFrame{fin | 2, "x", true, 126}.bytes()) == Lines{"violation 1002"});
    CHECK(decoded(WebSocketFrame{fin | 2, "x", true, 127}.bytes()) == Lines{"violation 1002"});
    CHECK(decoded(WebSocketFrame{fin | 2, std::string(300, 'x'), true, 127}.bytes()) ==
          Lines{"violation 1002"});
}

TEST_CASE("an unmasked frame from a WebSocket client is a protocol error") {
    CHECK(decoded(WebSocketFrame{fin | 1, "hello", false}.bytes()) == Lines{"violation 1002"});
    CHECK(decoded(WebSocketFrame{fin | 9, "", false}.bytes()) == Lines{"violation 1002"});
}

TEST_CASE("reserved WebSocket bits and opcodes are a protocol error") {
    for (int const bit : {0x40, 0x20, 0x10}) {
        CHECK(decoded(WebSocketFrame{fin | bit | 1, "x"}.bytes()) == Lines{"violation 1002"});
        CHECK(decoded(WebSocketFrame{fin | bit | 9, "x"}.bytes()) == Lines{"violation 1002"});
    }
    for (int const opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
        CHECK(decoded(WebSocketFrame{fin | opcode, ""}.bytes()) == Lines{"violation 1002"});
    }
    // What was whole before stays good.
    CHECK(decoded(masked(Opcode::text, "good") + WebSocketFrame{fin | 3, ""}.bytes()) ==
          Lines{"text good", "violation 1002"});
}

TEST_CASE("fragments out of place are a protocol error") {
    CHECK(decoded(continued("x", true)) == Lines{"violation 1002"});
    CHECK(decoded(continued("x", false)) == Lines{"violation 1002"});
    CHECK(decoded(masked(Opcode::text, "a", false) + masked(Opcode::text, "b")) ==
          Lines{"violation 1002"});
    CHECK(decoded(masked(Opcode::text, "a") + continued("b", true)) ==
          Lines{"text a", "violation 1002"});
}

TEST_CASE("a fragmented or large WebSocket control frame is a protocol error") {
    CHECK(decoded(masked(Opcode::ping, "x", false)) == Lines{"violation 1002"});
    CHECK(decoded(masked(Opcode::close, "", false)) == Lines{"violation 1002"});
    CHECK(decoded(masked(Opcode::ping, std::string(125, 'x'))) ==
          Lines{"ping " + std::string(125, 'x')});
    CHECK(decoded(masked(Opcode::ping, std::string(126, 'x'))) == Lines{"violation 1002"});
    CHECK(decoded(masked(Opcode::pong, std::string(126, 'x'))) == Lines{"violation 1002"});
    CHECK(decoded(masked(Opcode::close, close_payload(1000, std::string(124, 'x')))) ==
          Lines{"violation 1002"});
}

TEST_CASE("WebSocket text must be UTF-8, across fragments and to its end") {
    CHECK(decoded(masked(Opcode::text, "a\xff")) == Lines{"violation 1007"});
    CHECK(decoded(masked(Opcode::text, "a\xed\xa0\x80")) == Lines{"violation 1007"});
    CHECK(decoded(masked(Opcode::text, "cut \xe2\x82")) == Lines{"violation 1007"});
    CHECK(decoded(masked(Opcode::text, "\xe2", false) + continued("z", true)) ==
          Lines{"violation 1007"});
    CHECK(decoded(masked(Opcode::text, "cut ", false) + continued("\xe2\x82", true)) ==
          Lines{"violation 1007"});
    CHECK(decoded(masked(Opcode::text, "\xf0", false) + masked(Opcode::ping, "\xff") +
                  continued("\x9f\x98", false) + continued("\x80", true)) ==
          Lines{"ping \xff", "text \xf0\x9f\x98\x80"});
    CHECK(decoded(masked(Opcode::binary, "\xff")) == Lines{"binary \xff"});
}

TEST_CASE("invalid WebSocket text is refused before its frame has ended") {
    std::string const start = WebSocketFrame{fin | 1, "a\xff", true, 0, 1000}.bytes();
    CHECK(decoded(start) == Lines{"violation 1007"});
}

// RFC 6455 section 7.4; 1012-1014 were registered later.
TEST_CASE("a WebSocket close frame names a valid code and a text in UTF-8, or nothing") {
    CHECK(decoded(masked(Opcode::close, "")) == Lines{"close 1005 "});
    for (int const code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
                           3000, 3999, 4000, 4999}) {
        CHECK(decoded(masked(Opcode::close, close_payload(code, "why"))) ==
              Lines{"close " + std::to_string(code) + " why"});
    }
    for (int const code :
         {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
        CHECK(decoded(masked(Opcode::close, close_payload(code))) == Lines{"violation 1002"});
    }
    CHECK(decoded(masked(Opcode::close, "\x03")) == Lines{"violation 1002"});
    CHECK(decoded(masked(Opcode::close, close_payload(1000, "\xff"))) ==
          Lines{"violation 1007"});
    CHECK(decoded(masked(Opcode::close, close_payload(1000, "\xe2\x82"))) ==
          Lines{"violation 1007"});
}

TEST_CASE("a WebSocket message over the limit is refused at its header") {
    CHECK(decoded(masked(Opcode::binary, "1234567890"), 10) == Lines{"binary 1234567890"});
    CHECK(decoded(WebSocketFrame{fin | 2, "", true, 0, 11}.bytes(), 10) ==
          Lines{"violation 1009"});
    CHECK(decoded(WebSocketFrame{fin | 2, "", true, 127, 1 << 30}.bytes()) ==
          Lines{"violation 1009"});
    CHECK(decoded(WebSocketFrame{fin | 2, "", true, 127, INT64_MAX}.bytes()) ==
          Lines{"violation 1009"});
    std::string const start = masked(Opcode::binary, "12345678", false);
    CHECK(decoded(start + WebSocketFrame{fin, "", true, 0, 3}.bytes(), 10) ==
          Lines{"violation 1009"});
    CHECK(decoded(start + continued("901", true), 10) == Lines{"violation 1009"});
    CHECK(decoded(start + continued("90", true), 10) == Lines{"binary 1234567890"});
    CHECK(decoded(start + continued("90", false) + continued("", true), 10) ==
          Lines{"binary 1234567890"});
}

TEST_CASE("WebSocket lengths that would wrap around are refused") {
    std::string const start = masked(Opcode::binary, "12345678", false);
    std::string huge = WebSocketFrame{fin, "", true, 127, 0}.bytes();
    for (std::string_view const length :
         {"\xff\xff\xff\xff\xff\xff\xff\xff", "\xff\xff\xff\xff\xff\xff\xff\xf8",
          "\x80\x01\x01\x01\x01\x01\x01\x01"}) {
        huge.replace(2, 8, length);
        CHECK(decoded(start + huge, 100) == Lines{"violation 1009"});
        CHECK(decoded(start + huge + std::string(200, 'x'), 100) == Lines{"violation 1009"});
    }
}

TEST_CASE("the WebSocket decoder keeps only what has arrived") {
    constexpr std::size_t most = 512 << 10;
    FrameDecoder decoder{most};
    wire::Recorder recorder;
    auto const feed = [&](std::string bytes) {
        decoder.consume({bytes.data(), bytes.size()}, recorder);
    };
    feed(WebSocketFrame{2, "", true, 0, most - 1000}.bytes());
    CHECK(decoder.held_bytes() == 0);
    feed(std::string(1000, 'x'));
    CHECK(decoder.held_bytes() <= 2000);
    feed(std::string(most - 2000, 'x'));
    CHECK(decoder.held_bytes() <= 2 * most);
    feed(WebSocketFrame{fin, "", true, 0, 1000}.bytes());
    CHECK(decoder.held_bytes() <= 2 * most);
    feed(std::string(1000, 'x'));
    CHECK(recorder.lines.size() == 1);
    CHECK(decoder.held_bytes() == 0);
    // A fragment that declares much behind one that was small.
    feed(masked(Opcode::binary, "small", false));
    feed(WebSocketFrame{fin, "", true, 0, most - 1000}.bytes());
    CHECK(decoder.held_bytes() < 100);
    feed(WebSocketFrame{fin | 9, "", true, 0, 125}.bytes() + "half");
    CHECK(decoder.held_bytes() < 300);
}

TEST_CASE("after a violation or a close nothing is handed over and nothing kept") {
    for (std::string const& last :
         {masked(Opcode::close, ""), WebSocketFrame{fin | 3, ""}.bytes()}) {
        FrameDecoder decoder{1000};
        wire::Recorder recorder;
        auto const feed = [&](std::string bytes) {
            return decoder.consume({bytes.data(), bytes.size()}, recorder);
        };
        CHECK(feed(masked(Opcode::text, "begun", false)));
        CHECK_FALSE(feed(last + masked(Opcode::text, "late")));
        CHECK_FALSE(feed(masked(Opcode::ping, "later") + std::string(5000, 'x')));
        CHECK(decoder.is_over());
        CHECK(decoder.held_bytes() == 0);
        CHECK(recorder.lines.size() == 1);
    }
}

TEST_CASE("a WebSocket decoder may be interrupted by another on the same thread") {
    struct Nesting final : pumphouse::Receiver {
        void message(pumphouse::Message message) override {
            std::string inner = masked(Opcode::text, std::string(50, 'y'));
            wire::Recorder recorder;
            FrameDecoder{1000}.consume({inner.data(), inner.size()}, recorder);
            lines.push_back(std::string{message.payload} + " | " + recorder.lines.at(0));
        }
        void ping(std::string_view) override {}
        void pong(std::string_view) override {}
        void close(pumphouse::CloseCode, std::string_view) override {}
        void violation(pumphouse::CloseCode, std::string_view) override {}
        bool wants_messages() const noexcept override { return true; }
        Lines lines;
    } nesting;
    std::string outer = masked(Opcode::text, "one") + masked(Opcode::text, "two");
    FrameDecoder{1000}.consume({outer.data(), outer.size()}, nesting);
    CHECK(nesting.lines == Lines{"one | text " + std::string(50, 'y'),
                                 "two | text " + std::string(50, 'y')});
}

TEST_CASE("garbage never harms the WebSocket decoder") {
    std::mt19937 random{20240229};
    constexpr std::size_t most = 1000;
    for (int round = 0; round < 5000; ++round) {
        std::string stream;
        while (stream.size() < 600) {
            if (random() % 8 == 0) {
                stream += static_cast<char>(random());
                continue;
            }
            // Nearly right frames go deeper than noise.
            int const opcode = static_cast<int>(random() % 12);
            bool const is_final = random() % 3 != 0;
            std::string payload(random() % 140, static_cast<char>(random() % 160));
            WebSocketFrame frame{opcode | (is_final ? fin : 0), std::move(payload)};
            if (random() % 16 == 0) frame.declared = static_cast<std::int64_t>(random());
            stream += frame.bytes();
        }
        FrameDecoder decoder{most};
        wire::Recorder recorder;
        std::string copy = stream;
        for (std::size_t at = 0; at < copy.size();) {
            std::size_t const size = std::min<std::size_t>(1 + random() % 50, copy.size() - at);
            decoder.consume({copy.data() + at, size}, recorder);
            at += size;
            REQUIRE(decoder.held_bytes() <= 2 * most + 200);
        }
        REQUIRE(recorder.lines == wire::decode<FrameDecoder>(stream, ~std::size_t{0}, most));
    }
}
