// SPDX-License-Identifier: MIT
//
// What room/slab.hpp guarantees: objects begin and end, their places are used again, none is two.
#include <cstdint>
#include <set>
#include <vector>

#include <pumphouse/room/slab.hpp>

#include "support/catch.hpp"

using pumphouse::Slab;

namespace {

struct Counted {
    explicit Counted(int what) : value{what} { ++alive; }
    Counted(Counted const&) = delete;
    Counted& operator=(Counted const&) = delete;
    ~Counted() { --alive; }
    static inline int alive = 0;
    std::uint64_t padding = 0;
    int value;
};

}  // namespace

TEST_CASE("slab: every object begins and ends once, and no two share a place") {
    Slab<Counted> slab;
    std::vector<Counted*> objects;
    std::set<Counted*> places;
    for (int i = 0; i < 200; ++i) {
        objects.push_back(&slab.make(i));
        CHECK(places.insert(objects.back()).second);
    }
    CHECK(Counted::alive == 200);
    for (int i = 0; i < 200; ++i) CHECK(objects[static_cast<std::size_t>(i)]->value == i);
    for (Counted* each : objects) slab.end(*each);
    CHECK(Counted::alive == 0);
}

TEST_CASE("slab: places of ended objects are used again") {
    Slab<Counted> slab;
    std::set<Counted*> places;
    for (int round = 0; round < 100; ++round) {
        Counted& one = slab.make(1);
        Counted& two = slab.make(2);
        places.insert(&one), places.insert(&two);
        slab.end(one);
        slab.end(two);
    }
    CHECK(places.size() == 2);
}
