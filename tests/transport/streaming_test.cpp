// SPDX-License-Identifier: MIT
//
// Messages in pieces, of both decoders: what is larger than asked for is handed over as it
// arrives, however it is cut, and nothing of it is kept; limits and UTF-8 hold across the pieces.
#include <string>
#include <string_view>
#include <utility>

#include <pumphouse/transport/length_prefixed_decoder.hpp>
#include <pumphouse/transport/websocket/frame_decoder.hpp>

#include "support/catch.hpp"
#include "transport/wire.hpp"

using namespace pumphouse;
using testing::Recorder;
using wire::Lines;

namespace {

struct LengthPrefixed {
    using Decoder = LengthPrefixedDecoder;
    static std::string frame(Opcode opcode, std::string_view payload, bool is_final = true) {
        return wire::prefixed(opcode, payload, is_final);
    }
    /// Of a frame of which no payload has come yet.
    static std::string header(Opcode opcode, std::uint32_t declared, bool is_final = true) {
        int const first = static_cast<int>(opcode) | (is_final ? wire::fin : 0);
        return wire::prefixed(first, "", declared);
    }
};

struct WebSocket {
    using Decoder = websocket::FrameDecoder;
    static std::string frame(Opcode opcode, std::string_view payload, bool is_final = true) {
        return wire::masked(opcode, payload, is_final);
    }
    static std::string header(Opcode opcode, std::uint32_t declared, bool is_final = true) {
        int const first = static_cast<int>(opcode) | (is_final ? wire::fin : 0);
        return wire::WebSocketFrame{first, "", true, 0, declared}.bytes();
    }
};

struct Heard {
    Lines lines;
    std::size_t most_held = 0;
    std::string unfinished;  // pieces of a message whose end has not come
    friend bool operator==(Heard const& a, Heard const& b) { return a.lines == b.lines; }
};

constexpr std::size_t max_whole_bytes = 50;

template <typename Decoder>
Heard heard(std::string stream, Intake wants, std::size_t step) {
    Decoder decoder{max_whole_bytes};
    Recorder recorder;
    recorder.wants = wants;
    Heard result;
    for (std::size_t at = 0; at < stream.size(); at += step) {
        decoder.consume({stream.data() + at, std::min(step, stream.size() - at)}, recorder);
        result.most_held = std::max(result.most_held, decoder.held_bytes());
    }
    CHECK(recorder.problem == "");
    result.lines = recorder.lines;
    result.unfinished = recorder.pieces;
    return result;
}

/// In pieces of every size up to 100 and all at once; they must agree.
template <typename Form>
Heard heard_every_way(std::string const& stream, Intake wants) {
    Heard const whole = heard<typename Form::Decoder>(stream, wants, stream.size());
    for (std::size_t step = 1; step < std::min<std::size_t>(stream.size(), 100); ++step) {
        CHECK(heard<typename Form::Decoder>(stream, wants, step) == whole);
    }
    return whole;
}

constexpr Intake from_20{Accepts::both, 20, 1000};

}  // namespace

TEMPLATE_TEST_CASE("what is larger than asked for comes in pieces, the rest whole", "",
                   LengthPrefixed, WebSocket) {
    std::string const at_limit(20, 'a');
    std::string const over(21, 'b');
    std::string const long_one(1000, 'c');
    std::string stream = TestType::frame(Opcode::text, at_limit);
    stream += TestType::frame(Opcode::text, over);
    stream += TestType::frame(Opcode::binary, "");
    stream += TestType::frame(Opcode::binary, long_one);
    stream += TestType::frame(Opcode::text, "end");
    CHECK(heard_every_way<TestType>(stream, from_20).lines ==
          Lines{"text " + at_limit, "text " + over + " (21 in pieces)", "binary ",
                "binary " + long_one + " (1000 in pieces)", "text end"});
}

TEMPLATE_TEST_CASE("fragments come in pieces once their sum is over, control frames between", "",
                   LengthPrefixed, WebSocket) {
    std::string stream = TestType::frame(Opcode::text, "0123456789", false);
    stream += TestType::frame(Opcode::ping, "p");
    stream += TestType::frame(Opcode::continuation, "0123456789", false);
    stream += TestType::frame(Opcode::pong, "");
    stream += TestType::frame(Opcode::continuation, "x", false);
    stream += TestType::frame(Opcode::continuation, "", false);
    stream += TestType::frame(Opcode::ping, "q");
    stream += TestType::frame(Opcode::continuation, "", true);
    stream += TestType::frame(Opcode::text, "next");
    CHECK(heard_every_way<TestType>(stream, from_20).lines ==
          Lines{"ping p", "pong ", "ping q", "text 01234567890123456789x (21 in pieces)",
                "text next"});
}

TEMPLATE_TEST_CASE("nothing of a message in pieces is kept, however large it is", "",
                   LengthPrefixed, WebSocket) {
    Intake const wants{Accepts::both, 20, 10'000'000};
    std::string const large(3'000'000, 'x');
    for (std::size_t const step : {std::size_t{1} << 10, std::size_t{64} << 10}) {
        Heard const result =
            heard<typename TestType::Decoder>(TestType::frame(Opcode::binary, large), wants, step);
        CHECK(result.lines == Lines{"binary " + large + " (3000000 in pieces)"});
        CHECK(result.most_held <= 64);
    }
}

TEMPLATE_TEST_CASE("the limit of a message in pieces holds to the byte, by what is declared", "",
                   LengthPrefixed, WebSocket) {
    auto const lines = [](std::string const& stream) {
        return heard_every_way<TestType>(stream, from_20).lines;
    };
    CHECK(lines(TestType::header(Opcode::binary, 1001)) == Lines{"violation 1009"});
    CHECK(lines(TestType::header(Opcode::binary, 1000)) == Lines{});
    CHECK(lines(TestType::frame(Opcode::binary, std::string(900, 'x'), false) +
                TestType::header(Opcode::continuation, 101)) == Lines{"violation 1009"});
    CHECK(lines(TestType::frame(Opcode::binary, std::string(900, 'x'), false) +
                TestType::frame(Opcode::continuation, std::string(100, 'y'))) ==
          Lines{"binary " + std::string(900, 'x') + std::string(100, 'y') + " (1000 in pieces)"});
    // What comes whole has the limit it always had.
    constexpr Intake from_100{Accepts::both, 100, 1000};
    CHECK(heard_every_way<TestType>(TestType::header(Opcode::binary, 51), from_100).lines ==
          Lines{"violation 1009"});
    CHECK(heard_every_way<TestType>(TestType::header(Opcode::binary, 51), {}).lines ==
          Lines{"violation 1009"});
}

TEMPLATE_TEST_CASE("text in pieces is checked across them, and its end is in a character", "",
                   LengthPrefixed, WebSocket) {
    std::string euros;
    for (int i = 0; i < 20; ++i) euros += "\xe2\x82\xac";
    CHECK(heard_every_way<TestType>(TestType::frame(Opcode::text, euros), from_20).lines ==
          Lines{"text " + euros + " (60 in pieces)"});
    std::string const cut = euros.substr(0, 59);
    CHECK(heard_every_way<TestType>(TestType::frame(Opcode::text, cut), from_20).lines ==
          Lines{"violation 1007"});
    CHECK(heard_every_way<TestType>(TestType::frame(Opcode::text, cut, false) +
                                        TestType::frame(Opcode::continuation, "\xac", true),
                                    from_20)
              .lines == Lines{"text " + euros + " (60 in pieces)"});
    CHECK(heard_every_way<TestType>(TestType::frame(Opcode::text, cut, false) +
                                        TestType::frame(Opcode::continuation, "x", false),
                                    from_20)
              .lines == Lines{"violation 1007"});
    // Before a wrong byte everything good has been handed over, when it came earlier.
    Heard const byte_by_byte = heard<typename TestType::Decoder>(
        TestType::frame(Opcode::text, std::string(30, 'x') + "\xff"), from_20, 1);
    CHECK(byte_by_byte.unfinished == std::string(30, 'x'));
    CHECK(byte_by_byte.lines == Lines{"violation 1007"});
}

TEMPLATE_TEST_CASE("a kind that is not accepted is refused by its first bytes", "", LengthPrefixed,
                   WebSocket) {
    Intake const text_only{Accepts::text, Intake::never, 0};
    Intake const binary_only{Accepts::binary, 20, 1000};
    auto const binary = TestType::frame(Opcode::binary, "b");
    auto const text = TestType::frame(Opcode::text, "t");
    auto const ping = TestType::frame(Opcode::ping, "p");
    CHECK(heard_every_way<TestType>(text + ping + binary, text_only).lines ==
          Lines{"text t", "ping p", "violation 1003"});
    CHECK(heard_every_way<TestType>(binary + ping + text, binary_only).lines ==
          Lines{"binary b", "ping p", "violation 1003"});
    CHECK(heard_every_way<TestType>(TestType::header(Opcode::binary, 40), text_only).lines ==
          Lines{"violation 1003"});
    CHECK(heard_every_way<TestType>(TestType::header(Opcode::text, 500), binary_only).lines ==
          Lines{"violation 1003"});
}

TEMPLATE_TEST_CASE("of several things that are wrong the first is told, however it is cut", "",
                   LengthPrefixed, WebSocket) {
    auto const start = [](Opcode opcode, std::size_t size) {
        return TestType::frame(opcode, std::string(size, 'x'), false);
    };
    auto const out_of_place = TestType::frame(Opcode::text, "a message inside a message");
    auto const no_text = TestType::frame(Opcode::continuation, std::string(8, '\xff'), false);
    Intake const text_only{Accepts::text, Intake::never, 0};
    CHECK(heard_every_way<TestType>(start(Opcode::binary, 1) + out_of_place, text_only).lines ==
          Lines{"violation 1003"});
    CHECK(heard_every_way<TestType>(start(Opcode::binary, 1) + TestType::frame(Opcode::ping, "p"),
                                    text_only)
              .lines == Lines{"violation 1003"});
    // The pieces of `from_20` may be 1000 bytes in all, messages without pieces 50.
    for (auto const& [size, code] : {std::pair{993, "1009"}, std::pair{992, "1007"}}) {
        CHECK(heard_every_way<TestType>(
                  start(Opcode::text, static_cast<std::size_t>(size)) + no_text, from_20)
                  .lines == Lines{std::string{"violation "} + code});
    }
    for (auto const& [size, code] : {std::pair{43, "1009"}, std::pair{42, "1007"}}) {
        CHECK(heard_every_way<TestType>(
                  start(Opcode::text, static_cast<std::size_t>(size)) + no_text, text_only)
                  .lines == Lines{std::string{"violation "} + code});
    }
}

TEST_CASE("one WebSocket frame of a message in pieces is at most 1 GiB") {
    // The processor reserves what a later fragment declares.
    Intake const wants{Accepts::both, 20, std::uint64_t{1} << 40};
    auto const stream = WebSocket::frame(Opcode::binary, std::string(30, 'x'), false);
    std::string huge = wire::WebSocketFrame{0, "", true, 127, (std::int64_t{1} << 30) + 1}.bytes();
    CHECK(heard<WebSocket::Decoder>(stream + huge, wants, 1000).lines == Lines{"violation 1009"});
}
