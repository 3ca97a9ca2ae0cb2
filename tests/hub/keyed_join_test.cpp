// SPDX-License-Identifier: MIT
//
// Joining a keyed room with `from_history` or `after(position)`: the newest value of each key, then
// what is new, as one stream without a gap or a duplicate, on whatever shard.
#include <algorithm>
#include <map>

#include <pumphouse/testing/simulation/random.hpp>

#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;

namespace {

using Strings = std::vector<std::string>;

void update(TestHub& hub, std::string_view key, int value, Delivery how = nobody) {
    hub.broadcast("latest", std::string{key} + "=" + std::to_string(value), how.keyed(key));
}

void join(TestHub& hub, Person& person, Since since) {
    CHECK(hub.local(person.id).join(person.id, "latest", since) == JoinRequest::requested);
}

// On the room's home shard, or on another one.
Person& settled_at(TestHub& hub, bool is_home) {
    for (;;) {
        Person& person = hub.settled();
        bool const is_there =
            hub->core()->shard_of(person.id) == hub->core()->home_of("latest");
        if (is_there == is_home) return person;
    }
}

}  // namespace

TEST_CASE("keyed join: all live values in their order, then what is new, here and elsewhere") {
    for (std::size_t const shards : {1U, 2U, 4U}) {
        HubOptions options;
        options.shards = shards;
        TestHub hub{options};
        std::map<std::uint64_t, Joined> told;
        hub.script.on_joined = [&](Local&, ClientId client, std::string_view,
                                   Joined const& joined) { told[client.value()] = joined; };
        hub.settled({"latest"});
        for (int i = 0; i < 3; ++i) {
            for (char const* key : {"a", "b", "c"}) update(hub, key, i);
        }
        hub.settle();
        CHECK(hub->erase("latest", "b") == Accepted::accepted);
        hub.settle();
        for (int i = 0; i < 8; ++i) {
            Person& late = hub.settled({}, i % 2 == 0);
            join(hub, late, from_history);
            update(hub, "a", 10 + i);
            hub.settle();
            update(hub, "c", 10 + i);
            hub.settle();
            auto const texts = late.wire.texts();
            // `a` may come before the join on another shard, and is then among the values.
            CHECK(std::count(texts.begin(), texts.end(), "a=" + std::to_string(10 + i)) == 1);
            CHECK(texts.back() == "c=" + std::to_string(10 + i));
            CHECK(std::count_if(texts.begin(), texts.end(),
                                [](auto const& each) { return each[0] == 'b'; }) == 0);
            CHECK(told[late.id.value()].replayed == 2);
            CHECK(hub.local(late.id).ledger(late.id, "latest").balances());
            CHECK(late.wire.broken.empty());
        }
    }
}

TEST_CASE("keyed join: what `on_joined` sends goes before the values") {
    TestHub hub;
    hub.settled({"latest"});
    update(hub, "a", 1);
    update(hub, "b", 1);
    hub.settle();
    hub.script.on_joined = [](Local& local, ClientId client, std::string_view, Joined const&) {
        CHECK(local.send(client, text("welcome")) == Accepted::accepted);
    };
    Person& late = hub.settled();
    join(hub, late, from_history);
    update(hub, "a", 2);
    hub.settle();
    CHECK(late.wire.texts() == Strings{"welcome", "b=1", "a=2"});
}

TEST_CASE("keyed join: without `from_history` only what is new") {
    TestHub hub;
    hub.settled({"latest"});
    update(hub, "a", 1);
    hub.settle();
    Person& late = hub.settled({"latest"});
    update(hub, "b", 1);
    hub.settle();
    CHECK(late.wire.texts() == Strings{"b=1"});
}

TEST_CASE("keyed join: who returns gets the newest value of each key that has changed since") {
    for (std::size_t const shards : {1U, 3U}) {
        HubOptions options;
        options.shards = shards;
        TestHub hub{options};
        Joined told;
        hub.script.on_joined = [&](Local&, ClientId, std::string_view, Joined const& joined) {
            told = joined;
        };
        hub.settled({"latest"});
        for (char const* key : {"a", "b", "c"}) update(hub, key, 0);
        hub.settle();
        Person& one = settled_at(hub, shards == 1);
        join(hub, one, from_now);
        hub.settle();
        Position const position = told.position;
        CHECK(position.epoch != 0);
        CHECK(position.offset == 3);
        hub.local(one.id).leave(one.id, "latest");
        hub.settle();
        for (int i = 1; i < 1000; ++i) update(hub, i % 2 == 0 ? "a" : "c", i);
        hub.settle();
        join(hub, one, after(position));
        hub.settle();
        CHECK(told.recovered);
        CHECK(told.replayed == 2);
        CHECK(one.wire.texts() == Strings{"a=998", "c=999"});
        hub.local(one.id).leave(one.id, "latest");
        hub.settle();
        join(hub, one, after({position.epoch + 1, 3}));
        hub.settle();
        CHECK_FALSE(told.recovered);
        CHECK(one.wire.texts().size() == 2);
    }
}

TEST_CASE("keyed join: a format that nobody used when the values were set is made on demand") {
    TestHub hub;
    hub.settled({"latest"}, true);
    update(hub, "a", 1);
    hub.broadcast("latest", std::string(100'000, 'x'), keyed("large"));
    hub.settle();
    Person& late = hub.settled({}, false);
    join(hub, late, from_history);
    hub.settle();
    CHECK(late.wire.texts() == Strings{"a=1", std::string(100'000, 'x')});
    CHECK(late.wire.broken.empty());
}

TEST_CASE("keyed join: a member that is slow from the start gets each key once") {
    TestHub hub;
    hub.settled({"latest"});
    for (int i = 0; i < 300; ++i) update(hub, "key " + std::to_string(i), 0);
    hub.settle();
    Person& late = hub.settled();
    late.wire.credit = 0;
    join(hub, late, from_history);
    hub.settle();
    for (int round = 1; round < 20; ++round) {
        for (int i = 0; i < 300; ++i) update(hub, "key " + std::to_string(i), round);
        hub.settle();
    }
    late.wire.take_all();
    hub.settle();
    auto texts = late.wire.texts();
    CHECK(texts.size() <= 301);
    std::map<std::string, std::string> last;
    for (auto const& text : texts) last[text.substr(0, text.find('='))] = text;
    CHECK(last.size() == 300);
    for (auto const& [key, text] : last) CHECK(text == key + "=19");
}

// The last member of a shard leaves while another one's wish to join is on its way to the home,
// which then takes that shard for one that has the values.
TEST_CASE("keyed join: values are asked for when the shard's last member left meanwhile") {
    HubOptions options;
    options.shards = 2;
    TestHub hub{options};
    Person& stays = settled_at(hub, true);
    Person& leaves = settled_at(hub, false);
    Person& joins = settled_at(hub, false);
    join(hub, stays, from_now);
    join(hub, leaves, from_now);
    hub.settle();
    for (char const* key : {"a", "b", "c"}) update(hub, key, 1);
    hub.settle();
    auto local = hub.local(leaves.id);
    join(hub, joins, from_history);
    CHECK(local.leave(leaves.id, "latest"));
    hub.settle();
    update(hub, "a", 2);
    hub.settle();
    CHECK(joins.wire.texts() == Strings{"a=1", "b=1", "c=1", "a=2"});
    CHECK(hub.script.joined.back().result == JoinResult::joined);
}

TEST_CASE("keyed join: come and go as they like, all end with the newest values") {
    HubOptions options;
    options.shards = 4;
    TestHub hub{options};
    simulation::Random random{3};
    Person& stays = hub.settled({"latest"});
    std::vector<Person*> all;
    for (int i = 0; i < 10; ++i) all.push_back(&hub.settled({}, i % 3 != 0));
    for (int round = 0; round < 600; ++round) {
        Person& person = *all[random.below(all.size())];
        auto local = hub.local(person.id);
        if (local.is_member(person.id, "latest")) {
            if (random.one_in(3)) local.leave(person.id, "latest");
            if (random.one_in(3)) person.wire.take(random.below(30));
        } else {
            local.join(person.id, "latest", from_history);
        }
        for (std::uint64_t more = random.below(4); more-- != 0;) {
            std::string const key{static_cast<char>('a' + random.below(12))};
            if (random.one_in(12)) {
                CHECK(hub->erase("latest", key) == Accepted::accepted);
            } else {
                update(hub, key, round);
            }
        }
        for (std::uint64_t turns = random.below(4); turns-- != 0;) {
            hub.turn({.units = 1 + random.below(6)});
        }
        if (random.one_in(5)) person.wire.take_all();
    }
    for (Person* each : all) each->wire.take_all();
    hub.settle();
    std::map<char, std::string> newest;
    for (auto const& text : stays.wire.texts()) newest[text[0]] = text;
    LiveIndex const& live =
        *hub->shard(hub->core()->home_of("latest")).room("latest")->live();
    CHECK(live.size() > 8);
    for (Person* each : all) {
        CHECK(each->wire.broken.empty());
        if (!hub.local(each->id).is_member(each->id, "latest")) continue;
        std::map<char, std::string> got;
        for (auto const& text : each->wire.texts()) got[text[0]] = text;
        for (auto const& [key, text] : newest) {
            if (live.has(key_of(std::string(1, key)))) CHECK(got[key] == text);
        }
    }
    CHECK(hub.script.closed.empty());
}
