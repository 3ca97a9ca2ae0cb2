// SPDX-License-Identifier: MIT
#include <pumphouse/room/presence.hpp>

#include "support/catch.hpp"

using namespace pumphouse;
using Names = std::vector<std::string>;

TEST_CASE("presence: the first device brings a user, the last one takes him away") {
    Presence presence;
    presence.came("ada");
    presence.came("ada");
    CHECK(presence.take_changes().joined == Names{"ada"});
    presence.went("ada");
    CHECK(presence.take_changes().empty());
    CHECK(presence.devices_of("ada") == 1);
    presence.went("ada");
    CHECK(presence.take_changes().left == Names{"ada"});
    CHECK(presence.show({}).empty());
}

TEST_CASE("presence: who leaves and returns between two looks has not changed") {
    Presence presence;
    presence.came("ada");
    static_cast<void>(presence.take_changes());
    presence.went("ada");
    presence.came("ada");
    presence.came("bob");
    presence.went("bob");
    CHECK(presence.has_changes());
    CHECK(presence.take_changes().empty());
    CHECK_FALSE(presence.has_changes());
    presence.went("ada");
    CHECK(presence.take_changes().left == Names{"ada"});
}

TEST_CASE("presence: lists are sorted, changes in the order of their coming") {
    Presence presence;
    for (auto const* user : {"cid", "ada", "bob"}) presence.came(user);
    CHECK(presence.show({}) == Names{"ada", "bob", "cid"});
    CHECK(presence.take_changes().joined == Names{"cid", "ada", "bob"});
}

TEST_CASE("presence: whoever applies the changes to a list once shown ends with the truth") {
    Presence presence;
    presence.came("ada");
    static_cast<void>(presence.take_changes());
    presence.went("ada");
    presence.came("bob");
    CHECK(presence.show("bob") == Names{"bob"});
    CHECK(presence.show("cid") == Names{"bob"});
    presence.came("ada");
    presence.went("bob");
    PresenceChange const change = presence.take_changes();
    CHECK(change.joined == Names{"ada"});
    CHECK(change.left == Names{"bob"});
    CHECK(presence.show({}) == Names{"ada"});
    CHECK_FALSE(presence.has_changes());
}

TEST_CASE("presence: who came and went unseen is not mentioned, though he saw himself") {
    Presence presence;
    presence.came("ada");
    CHECK(presence.show("ada") == Names{"ada"});
    presence.went("ada");
    CHECK(presence.take_changes().empty());
}
