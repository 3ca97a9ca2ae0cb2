// SPDX-License-Identifier: MIT
#include <pumphouse/transport/length_prefixed_decoder.hpp>

#include <random>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "transport/wire.hpp"

using pumphouse::LengthPrefixedDecoder;
using pumphouse::Opcode;
using wire::Lines;
using wire::prefixed;

namespace {

Lines decoded(std::string const& stream, std::size_t max_message_bytes = 1 << 20) {
    auto const result = wire::decode_every_way<LengthPrefixedDecoder>(stream, max_message_bytes);
    CHECK(result.same);
    return result.lines;
}

}  // namespace

TEST_CASE("length-prefixed messages arrive whole, however the stream is cut") {
    std::string stream = prefixed(Opcode::text, "hello");
    stream += prefixed(Opcode::binary, "\xff\xfe");
    stream += prefixed(Opcode::text, "");
    stream += prefixed(Opcode::text, "a \xe2\x82", false);
    stream += prefixed(Opcode::ping, "are you there");
    stream += prefixed(Opcode::continuation, "\xac", false);
    stream += prefixed(Opcode::continuation, "", false);
    stream += prefixed(Opcode::pong, "");
    stream += prefixed(Opcode::continuation, " b");
    stream += prefixed(Opcode::close, wire::close_payload(3000, "bye"));
    stream += prefixed(Opcode::text, "too late");
    CHECK(decoded(stream) == Lines{"text hello", "binary \xff\xfe", "text ", "ping are you there",
                                   "pong ", "text a \xe2\x82\xac b", "close 3000 bye"});
}

TEST_CASE("what the wire format frames, the length-prefixed decoder reads") {
    for (std::size_t const size : {0U, 1U, 65'535U, 65'536U, 300'000U}) {
        std::string const payload(size, 'x');
        std::string stream(pumphouse::length_prefixed_format.frame_bytes(size), '\0');
        pumphouse::length_prefixed_format.frame(Opcode::text, payload,
                                                reinterpret_cast<std::byte*>(stream.data()));
        CHECK(wire::decode<LengthPrefixedDecoder>(stream, 1000) == Lines{"text " + payload});
    }
}

TEST_CASE("a broken length-prefixed header is a protocol error") {
    for (std::string const& header :
         {prefixed(wire::fin | 3, ""), prefixed(wire::fin | 15, ""), prefixed(0xc1, ""),
          prefixed(0xa1, ""), prefixed(0x91, ""), prefixed(9, ""), prefixed(8, ""),
          prefixed(wire::fin | 9, "", 126), prefixed(wire::fin | 8, "", 0xffffffff),
          prefixed(Opcode::continuation, "x")}) {
        CHECK(decoded(header) == Lines{"violation 1002"});
    }
    CHECK(decoded(prefixed(Opcode::text, "a", false) + prefixed(Opcode::text, "b")) ==
          Lines{"violation 1002"});
}

TEST_CASE("a length-prefixed message over the limit is refused at its header") {
    CHECK(decoded(prefixed(Opcode::binary, "1234567890"), 10) == Lines{"binary 1234567890"});
    CHECK(decoded(prefixed(wire::fin | 2, "", 11), 10) == Lines{"violation 1009"});
    CHECK(decoded(prefixed(wire::fin | 2, "", 0xffffffff)) == Lines{"violation 1009"});
    std::string const start = prefixed(Opcode::binary, "12345678", false);
    CHECK(decoded(start + prefixed(wire::fin, "", 3), 10) == Lines{"violation 1009"});
    CHECK(decoded(start + prefixed(wire::fin, "", 0xfffffff8), 10) == Lines{"violation 1009"});
    CHECK(decoded(start + prefixed(Opcode::continuation, "90"), 10) == Lines{"binary 1234567890"});
}

TEST_CASE("length-prefixed text must be UTF-8, across fragments too") {
    CHECK(decoded(prefixed(Opcode::text, "a\xff")) == Lines{"violation 1007"});
    CHECK(decoded(prefixed(Opcode::text, "a\xe2\x82")) == Lines{"violation 1007"});
    CHECK(decoded(prefixed(Opcode::text, "\xe2", false) + prefixed(Opcode::continuation, "z")) ==
          Lines{"violation 1007"});
    CHECK(decoded(prefixed(Opcode::text, "\xe2", false) + prefixed(Opcode::continuation, "\x82")) ==
          Lines{"violation 1007"});
    CHECK(decoded(prefixed(Opcode::binary, "\xff")) == Lines{"binary \xff"});
}

TEST_CASE("a length-prefixed close frame names a valid code and a text, or nothing") {
    CHECK(decoded(prefixed(Opcode::close, "")) == Lines{"close 1005 "});
    CHECK(decoded(prefixed(Opcode::close, "\x03")) == Lines{"violation 1002"});
    CHECK(decoded(prefixed(Opcode::close, wire::close_payload(1005))) == Lines{"violation 1002"});
    CHECK(decoded(prefixed(Opcode::close, wire::close_payload(1000, "\xff"))) ==
          Lines{"violation 1007"});
}

TEST_CASE("the length-prefixed decoder keeps only what has arrived") {
    LengthPrefixedDecoder decoder{512 << 10};
    wire::Recorder recorder;
    decoder.consume(prefixed(wire::fin | 2, "", 512 << 10), recorder);
    CHECK(decoder.held_bytes() < 100);
    decoder.consume(std::string(1000, 'x'), recorder);
    CHECK(decoder.held_bytes() < 2100);
    decoder.consume(std::string((512 << 10) - 1000, 'x'), recorder);
    CHECK(recorder.lines.size() == 1);
    CHECK(decoder.held_bytes() == 0);
    decoder.consume(prefixed(wire::fin | 9, "", 125), recorder);
    decoder.consume(std::string(125, 'x'), recorder);
    CHECK(recorder.lines.size() == 2);
    CHECK(decoder.held_bytes() == 0);
}

TEST_CASE("a message that arrived in one piece is not copied") {
    struct Where final : pumphouse::Receiver {
        void message(pumphouse::Message message) override { data = message.payload.data(); }
        void ping(std::string_view) override {}
        void pong(std::string_view) override {}
        void close(pumphouse::CloseCode, std::string_view) override {}
        void violation(pumphouse::CloseCode, std::string_view) override {}
        bool wants_messages() const noexcept override { return true; }
        char const* data = nullptr;
    } where;
    LengthPrefixedDecoder decoder{100};
    std::string const stream = prefixed(Opcode::text, "in place");
    decoder.consume(stream, where);
    CHECK(where.data == stream.data() + 5);
}

TEST_CASE("garbage never harms the length-prefixed decoder") {
    std::mt19937 random{20240229};
    for (int round = 0; round < 3000; ++round) {
        std::string stream = prefixed(Opcode::text, "start", round % 2 == 0);
        while (stream.size() < 400) {
            stream += static_cast<char>(random() % 4 == 0 ? random() : random() % 16);
        }
        LengthPrefixedDecoder decoder{1000};
        wire::Recorder recorder;
        for (std::size_t at = 0; at < stream.size();) {
            std::size_t const size = std::min<std::size_t>(1 + random() % 50, stream.size() - at);
            decoder.consume(std::string_view{stream}.substr(at, size), recorder);
            at += size;
            REQUIRE(decoder.held_bytes() <= 2 * 1000 + 200);
        }
        REQUIRE(recorder.lines == wire::decode<LengthPrefixedDecoder>(stream, 400, 1000));
    }
}
