// SPDX-License-Identifier: MIT
//
// What holds for a decoder of frames whatever comes in: how the stream is cut makes no difference,
// what is kept is bounded, and nothing follows a violation.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <pumphouse/testing/transport_probe.hpp>

#include "fuzz/expect.hpp"

namespace fuzz {

constexpr std::size_t max_message_bytes = 1000;

/// What an unfinished message may cost beside its bytes.
template <typename Decoder>
constexpr std::size_t held_beside = 0;

template <typename Decoder>
std::vector<std::string> lines_of(std::string stream, pumphouse::Intake wants, std::size_t step) {
    Decoder decoder{max_message_bytes};
    pumphouse::testing::Recorder recorder;
    recorder.wants = wants;
    for (std::size_t at = 0; at < stream.size(); at += step) {
        std::size_t const size = std::min(step, stream.size() - at);
        decoder.consume({stream.data() + at, size}, recorder);
        EXPECT(decoder.held_bytes() <= 2 * max_message_bytes + 1000 + held_beside<Decoder>);
    }
    EXPECT(recorder.problem.empty());
    auto const is_violation = [](std::string const& line) { return line.starts_with("violation"); };
    auto const first = std::find_if(recorder.lines.begin(), recorder.lines.end(), is_violation);
    EXPECT(first == recorder.lines.end() || first + 1 == recorder.lines.end());
    return recorder.lines;
}

inline void print(char const* name, std::vector<std::string> const& lines) {
    for (auto const& each : lines) std::fprintf(stderr, "%s: %s\n", name, each.c_str());
}

template <typename Decoder>
void run_cut(std::string const& stream, std::size_t step) {
    using pumphouse::Accepts, pumphouse::Intake;
    for (Intake const& wants : {Intake{}, Intake{Accepts::both, 20, 5000},
                                Intake{Accepts::text, 100, std::uint64_t{1} << 40}}) {
        auto const whole = lines_of<Decoder>(stream, wants, stream.size() + 1);
        auto const cut = lines_of<Decoder>(stream, wants, step);
        if (cut != whole) {
            print("whole", whole);
            print("cut", cut);
        }
        EXPECT(cut == whole);
    }
}

/// The first byte says how the rest is cut.
template <typename Decoder>
void run(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return;
    std::size_t const step = data[0] % 64 + 1;
    run_cut<Decoder>({reinterpret_cast<char const*>(data) + 1, size - 1}, step);
}

}  // namespace fuzz
