// SPDX-License-Identifier: MIT
//
// What room/memory.hpp guarantees: size classes, pieces used again, and a bound on what is kept.
#include <cstring>
#include <vector>

#include <pumphouse/room/memory.hpp>

#include "support/catch.hpp"

using pumphouse::Memory;

TEST_CASE("memory: a piece has at least what was asked for, in powers of two from 256 bytes") {
    Memory memory;
    for (std::size_t const bytes : {1U, 256U, 257U, 1000U, 65536U, 131072U}) {
        auto const piece = memory.get(bytes);
        CHECK(piece.bytes >= bytes);
        CHECK(piece.bytes >= 256);
        CHECK((piece.bytes & (piece.bytes - 1)) == 0);
        std::memset(piece.data, 1, piece.bytes);
        CHECK(memory.in_use_bytes() == piece.bytes);
        memory.put(piece);
        CHECK(memory.in_use_bytes() == 0);
    }
}

TEST_CASE("memory: a piece given back is the next one of its size") {
    Memory memory;
    auto const first = memory.get(300);
    memory.put(first);
    CHECK(memory.kept_bytes() == 512);
    auto const other = memory.get(600);
    CHECK(other.data != first.data);
    auto const again = memory.get(512);
    CHECK(again.data == first.data);
    CHECK(memory.kept_bytes() == 0);
    memory.put(again);
    memory.put(other);
}

TEST_CASE("memory: a piece larger than every class is exactly that large and not kept") {
    Memory memory;
    auto const piece = memory.get(1'000'001);
    CHECK(piece.bytes == 1'000'001);
    CHECK(memory.in_use_bytes() == 1'000'001);
    memory.put(piece);
    CHECK(memory.in_use_bytes() == 0);
    CHECK(memory.kept_bytes() == 0);
}

TEST_CASE("memory: no more than its bound is kept after a burst") {
    Memory memory{10'000};
    std::vector<Memory::Piece> pieces;
    for (int i = 0; i < 100; ++i) pieces.push_back(memory.get(1024));
    for (auto const& piece : pieces) memory.put(piece);
    CHECK(memory.in_use_bytes() == 0);
    CHECK(memory.kept_bytes() <= 10'000);
    CHECK(memory.kept_bytes() >= 9 * 1024);
}
