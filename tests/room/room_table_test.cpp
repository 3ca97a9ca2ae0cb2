// SPDX-License-Identifier: MIT
//
// What room/room_table.hpp guarantees: rooms are found by name, stay where they are while the
// table grows, and the hash that places them is the same everywhere.
#include <string>
#include <vector>

#include <pumphouse/room/room_table.hpp>

#include "support/catch.hpp"

using pumphouse::Room;
using pumphouse::RoomTable;

// The home shard of a room follows from it: it must be the same in every build and for ever.
static_assert(Room::hash_of("") == 14695981039346656037ULL);
static_assert(Room::hash_of("a") == 0xaf63dc4c8601ec8cULL);
static_assert(Room::hash_of("foobar") == 0x85944171f73967e8ULL);
static_assert(Room::hash_of("\xc3\xa4") == (((14695981039346656037ULL ^ 0xc3) * 1099511628211ULL) ^
                                            0xa4) * 1099511628211ULL, "bytes are unsigned");

TEST_CASE(
    "room table: a room is found by its name until it is erased, wherever others come and go") {
    RoomTable table;
    std::vector<Room*> rooms;
    for (int i = 0; i < 3000; ++i) {
        std::string const name = "room " + std::to_string(i);
        REQUIRE(table.find(name) == nullptr);
        rooms.push_back(&table.add(name));
    }
    CHECK(table.size() == 3000);
    for (std::size_t i = 0; i < 3000; i += 2) table.erase(*rooms[i]);
    CHECK(table.size() == 1500);
    for (std::size_t i = 0; i < 3000; ++i) {
        Room* const found = table.find("room " + std::to_string(i));
        if (found != (i % 2 == 0 ? nullptr : rooms[i])) FAIL("room " << i);
    }
}

TEST_CASE("room table: names that are prefixes of each other, or hold zero bytes, are different") {
    RoomTable table;
    using namespace std::string_view_literals;
    for (auto const name : {"a"sv, "ab"sv, "a\0"sv, "a\0b"sv}) table.add(name);
    CHECK(table.size() == 4);
    for (auto const name : {"a"sv, "ab"sv, "a\0"sv, "a\0b"sv}) {
        REQUIRE(table.find(name) != nullptr);
        CHECK(table.find(name)->name == name);
    }
    CHECK(table.find("b") == nullptr);
}

TEST_CASE("room table: clearing ends each room once") {
    RoomTable table;
    for (int i = 0; i < 100; ++i) table.add(std::to_string(i));
    int ended = 0;
    table.clear([&](Room&) { ++ended; });
    CHECK(ended == 100);
    CHECK(table.size() == 0);
    CHECK(table.find("5") == nullptr);
    table.add("5");
    CHECK(table.find("5") != nullptr);
}
