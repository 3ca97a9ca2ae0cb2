// SPDX-License-Identifier: MIT
//
// What room/members.hpp guarantees: two members without an allocation, O(1) removal, and a walk
// from the end that misses nobody who stays.
#include <deque>
#include <set>

#include <pumphouse/client/client_base.hpp>
#include <pumphouse/room/members.hpp>

#include "support/catch.hpp"

using pumphouse::Members;
using pumphouse::Membership;

static_assert(sizeof(Members) <= 24, "two members without an allocation");

TEST_CASE("members: each knows its place, also after others were removed") {
    Members members;
    std::deque<Membership> all(40);
    for (auto& each : all) members.add(each);
    CHECK(members.size() == 40);
    std::set<Membership*> left;
    for (auto& each : all) left.insert(&each);
    for (std::size_t i = 0; i < 40; i += 3) {
        members.remove(all[i]);
        left.erase(&all[i]);
        REQUIRE(members.size() == left.size());
        for (std::uint32_t at = 0; at < members.size(); ++at) {
            CHECK(members[at].place == at);
            CHECK(left.count(&members[at]) == 1);
        }
    }
    for (Membership* each : left) members.remove(*each);
    CHECK(members.empty());
    members.add(all[0]);
    CHECK(&members[0] == &all[0]);
}

TEST_CASE("members: a walk from the end meets everybody who stays, whoever goes meanwhile") {
    for (std::size_t gone_by = 1; gone_by < 5; ++gone_by) {
        Members members;
        std::deque<Membership> all(20);
        std::set<Membership*> stay;
        for (auto& each : all) members.add(each), stay.insert(&each);
        std::set<Membership*> met;
        std::uint32_t walk = members.size();
        for (std::size_t step = 0; walk != 0; ++step) {
            walk = std::min(walk, members.size());
            if (walk == 0) break;
            met.insert(&members[--walk]);
            Membership& going = all[step * gone_by % all.size()];
            if (stay.erase(&going) == 1) members.remove(going);
        }
        for (Membership* each : stay) CHECK(met.count(each) == 1);
    }
}
