// SPDX-License-Identifier: MIT
#include <pumphouse/transport/deflate/deflate_format.hpp>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/deflated.hpp"

using namespace pumphouse;

namespace {

std::string words(std::size_t bytes) {
    std::mt19937 random{3};
    std::string out;
    while (out.size() < bytes) out += "word " + std::to_string(random() % 1000) + ' ';
    out.resize(bytes);
    return out;
}

std::string framed(Opcode opcode, std::string_view envelope, std::string_view compressed) {
    std::string out(deflate_format.compressed_frame_bytes(envelope.size(), compressed.size()),
                    '\xaa');
    deflate_format.frame_compressed(opcode, envelope, compressed,
                                    reinterpret_cast<std::byte*>(out.data()));
    return out;
}

}  // namespace

// RFC 7692 section 7.2.1, with the window that was agreed on.
TEST_CASE("what is compressed inflates to the same in a window of 4 KiB") {
    for (std::size_t const size : {100U, 4095U, 4097U, 70'000U, 1'000'000U}) {
        std::string const text = words(size);
        std::string const compressed{deflate_format.compress(text)};
        REQUIRE_FALSE(compressed.empty());
        CHECK(compressed.size() < text.size());
        CHECK(support::inflated(compressed, 12) == text);
    }
}

TEST_CASE("what would not get smaller is not compressed") {
    std::mt19937 random{5};
    std::string noise(10'000, '\0');
    for (char& each : noise) each = static_cast<char>(random());
    CHECK(deflate_format.compress(noise).empty());
    CHECK(deflate_format.compress("").empty());
    CHECK(deflate_format.compress("x").empty());
    CHECK(deflate_format.compress("abcdefgh").empty());
    CHECK_FALSE(deflate_format.compress(std::string(20, 'x')).empty());
}

TEST_CASE("an envelope is a stored block before the payload's blocks, and all of it inflates") {
    for (std::size_t const size : {1000U, 70'000U, 800'000U}) {
        std::string const text = words(size);
        std::string const compressed{deflate_format.compress(text)};
        for (std::size_t const envelope_bytes : {0U, 1U, 16U, 65'535U, 65'536U, 140'000U}) {
            std::string const envelope(envelope_bytes, 'e');
            auto const sent = support::sent_messages(framed(Opcode::text, envelope, compressed));
            REQUIRE(sent.size() == 1);
            CHECK(sent[0].is_compressed);
            CHECK(sent[0].opcode == 1);
            CHECK(sent[0].payload == envelope + text);
        }
    }
}

TEST_CASE("a large compressed message goes in the same fragments as others") {
    std::string text = words(100'000);
    std::mt19937 random{9};
    for (int i = 0; i < 150'000; ++i) text += static_cast<char>(random() % 64 + ' ');
    std::string const compressed{deflate_format.compress(text)};
    std::size_t const frames = (compressed.size() + 5 + 16 + 65'534) / 65'535;
    REQUIRE(frames > 1);
    auto const frame = framed(Opcode::text, std::string(16, 'e'), compressed);
    CHECK(frame.size() == compressed.size() + 5 + 16 + frames * 4);
    auto const sent = support::sent_messages(frame);
    CHECK(sent.at(0).frames == frames);
    CHECK(sent.at(0).payload == std::string(16, 'e') + text);
    CHECK(deflate_format.fragment_bytes == websocket_format.fragment_bytes);
}

TEST_CASE("each thread compresses for itself") {
    std::vector<std::string> results(4);
    std::vector<std::jthread> threads;
    for (auto& result : results) {
        threads.emplace_back([&result] {
            for (int i = 0; i < 50; ++i) result = deflate_format.compress(words(5000));
        });
    }
    threads.clear();
    for (auto const& each : results) CHECK(support::inflated(each, 12) == words(5000));
}
