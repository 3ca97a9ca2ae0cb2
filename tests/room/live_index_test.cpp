// SPDX-License-Identifier: MIT
//
// What room/live_index.hpp guarantees (core rule 20): the newest value of each key in the order of
// records, at most twice as many entries as keys, no memory beyond that, and cursors that are
// numbers, whatever is taken out.
#include <map>
#include <set>
#include <string>

#include <pumphouse/room/live_index.hpp>
#include <pumphouse/transport/length_prefixed_format.hpp>
#include <pumphouse/transport/websocket_format.hpp>

#include <pumphouse/testing/simulation/random.hpp>
#include "support/catch.hpp"

using namespace pumphouse;

namespace {

std::string framed(WireFormat const& format, std::string_view payload) {
    std::string bytes(format.frame_bytes(payload.size()), '\0');
    format.frame(Opcode::text, payload, reinterpret_cast<std::byte*>(bytes.data()));
    return bytes;
}

struct Fixture {
    Memory memory;
    LiveIndex index{memory};
    std::uint64_t number = 0;

    void set(std::uint64_t key, std::string_view payload, ClientId excluded = {}) {
        std::string const frame = framed(websocket_format, payload);
        LiveMessage message{Opcode::text, payload, {}};
        message.frames[0] = frame;
        ++number;
        index.set(number, {number * 10, excluded, key}, message);
    }
    std::vector<std::string> values(std::uint64_t from = 0) const {
        std::vector<std::string> all;
        for (auto* each = index.from(from); each != nullptr; each = index.after(*each)) {
            all.emplace_back(each->get().payload_view());
        }
        return all;
    }
};

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("live index: each key has its newest value, in the order of records") {
    Fixture fixture;
    fixture.set(1, "a1");
    fixture.set(2, "b1");
    fixture.set(3, "c1");
    fixture.set(1, "a2");
    CHECK(fixture.index.size() == 3);
    CHECK(fixture.values() == Strings{"b1", "c1", "a2"});
    CHECK(fixture.values(3) == Strings{"c1", "a2"});
    CHECK(fixture.values(4) == Strings{"a2"});
    CHECK(fixture.values(5).empty());
    fixture.set(1, "a3");
    fixture.set(2, "b2");
    CHECK(fixture.values() == Strings{"c1", "a3", "b2"});
    CHECK(fixture.index.erase(3));
    CHECK_FALSE(fixture.index.erase(3));
    CHECK(fixture.values() == Strings{"a3", "b2"});
    CHECK_FALSE(fixture.index.has(3));
}

TEST_CASE("live index: a frame that ends with its message is kept once, with it") {
    Fixture fixture;
    fixture.set(1, std::string(1000, 'x'));
    LiveValue const& value = fixture.index.from(0)->get();
    CHECK(value.frame(0) == framed(websocket_format, std::string(1000, 'x')));
    CHECK(value.frame(1).empty());
    CHECK(value.payload_view() == std::string(1000, 'x'));
    CHECK(value.used == value.frame(0).size());
    // One in fragments does not end with it; nor does one that is not there.
    fixture.set(1, std::string(100'000, 'y'));
    CHECK(fixture.index.from(0)->get().payload_view() == std::string(100'000, 'y'));
    fixture.index.set(99, {1, {}, 1}, {Opcode::binary, "bare", {}});
    CHECK(fixture.values() == Strings{"bare"});
    CHECK(fixture.index.from(0)->get().opcode == Opcode::binary);
}

TEST_CASE("live index: at most twice as many entries as keys, and memory for one value each") {
    Fixture fixture;
    for (int i = 0; i < 100'000; ++i) {
        fixture.set(static_cast<std::uint64_t>(1 + i % 100), std::string(50, 'x'));
        REQUIRE(fixture.index.entries().size() <= 2 * fixture.index.size());
    }
    CHECK(fixture.index.size() == 100);
    CHECK(fixture.memory.in_use_bytes() == 100 * 256);
    for (std::uint64_t key = 1; key <= 100; ++key) fixture.index.erase(key);
    CHECK(fixture.index.entries().empty());
    CHECK(fixture.memory.in_use_bytes() == 0);
}

TEST_CASE("live index: memory of a large value is given back when small ones follow") {
    Fixture fixture;
    fixture.set(1, std::string(100'000, 'x'));
    CHECK(fixture.memory.in_use_bytes() >= 100'000);
    fixture.set(1, "small");
    CHECK(fixture.memory.in_use_bytes() == 256);
}

TEST_CASE("live index: it counts whom it leaves out") {
    Fixture fixture;
    ClientId const one{1, 1};
    ClientId const two{2, 1};
    fixture.set(1, "a", one);
    fixture.set(2, "b", two);
    fixture.set(3, "c", one);
    fixture.set(4, "d");
    CHECK(fixture.index.count_excluding(one, 0, 99) == 2);
    CHECK(fixture.index.count_excluding(one, 2, 99) == 1);
    CHECK(fixture.index.count_excluding(one, 2, 3) == 0);
    CHECK(fixture.index.count_excluding(two, 0, 99) == 1);
    CHECK(fixture.index.count_from(3) == 2);
    fixture.set(1, "to all");
    CHECK(fixture.index.count_excluding(one, 0, 99) == 1);
}

TEST_CASE("live index: another shard's copy is the same, in the order of its own shard") {
    Fixture home;
    for (std::uint64_t i = 0; i < 50; ++i) {
        home.set(1 + i % 20, "value " + std::to_string(i), {i % 3 == 0 ? 7U : 0U, i % 3 == 0});
    }
    home.index.erase(5);
    LiveSnapshot snapshot;
    home.index.copy_to(snapshot);
    Fixture replica;
    replica.set(77, "of an earlier time");
    replica.index.load(snapshot, 1234);
    CHECK(replica.values() == home.values());
    CHECK(replica.index.size() == 19);
    CHECK_FALSE(replica.index.has(77));
    CHECK(replica.index.from(0)->sequence == 1234);
    CHECK(replica.index.from(0)->number == home.index.from(0)->number);
    CHECK(replica.index.count_excluding({7, 1}, 0, 99) ==
          home.index.count_excluding({7, 1}, 0, 99));
    CHECK(replica.index.from(0)->get().frame(0) == home.index.from(0)->get().frame(0));
    replica.number = home.number;
    replica.set(1, "newer");
    CHECK(replica.values().back() == "newer");
}

TEST_CASE("live index: it is what a map of keys would be, whatever happens") {
    simulation::Random random{42};
    Fixture fixture;
    std::map<std::uint64_t, std::pair<std::uint64_t, std::string>> model;  // key: number, value
    for (int step = 0; step < 20'000; ++step) {
        std::uint64_t const key = 1 + random.below(random.one_in(10) ? 1000 : 40);
        if (random.one_in(4)) {
            CHECK(fixture.index.erase(key) == (model.erase(key) != 0));
        } else {
            auto const value = std::to_string(step) + std::string(random.below(400), '.');
            fixture.set(key, value);
            model[key] = {fixture.number, value};
        }
        REQUIRE(fixture.index.size() == model.size());
        REQUIRE(fixture.index.entries().size() <= 2 * model.size());
        if (step % 50 != 0) continue;
        std::map<std::uint64_t, std::string> expected;  // by number
        for (auto const& [each, value] : model) {
            REQUIRE(fixture.index.has(each));
            expected[value.first] = value.second;
        }
        std::uint64_t const from = random.below(fixture.number + 2);
        Strings wanted;
        for (auto at = expected.lower_bound(from); at != expected.end(); ++at) {
            wanted.push_back(at->second);
        }
        REQUIRE(fixture.values(from) == wanted);
    }
}

TEST_CASE("key table: keys that share their place are found, and go, one by one") {
    KeyTable table;
    std::map<std::uint64_t, std::uint32_t> model;
    simulation::Random random{7};
    for (int step = 0; step < 200'000; ++step) {
        std::uint64_t const key = 1 + (random.below(200) << random.below(3) * 16);
        if (random.one_in(2)) {
            table.erase(key);
            model.erase(key);
        } else {
            table.set(key, static_cast<std::uint32_t>(step));
            model[key] = static_cast<std::uint32_t>(step);
        }
        REQUIRE(table.size() == model.size());
        std::uint64_t const other = 1 + (random.below(200) << random.below(3) * 16);
        auto const at = model.find(other);
        REQUIRE(table.find(other) == (at != model.end() ? at->second : KeyTable::nowhere));
    }
}
