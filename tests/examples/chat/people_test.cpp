// SPDX-License-Identifier: MIT
// Who is in which room: a name belongs to one in a room.
#include "people.hpp"

#include "support/catch.hpp"

using namespace chat;
using Names = std::vector<std::string>;

TEST_CASE("a name is taken in the room it is in, and nowhere else") {
    People people;
    CHECK(people.enter("lobby", "Bob"));
    CHECK(people.enter("lobby", "Ada"));
    CHECK_FALSE(people.enter("lobby", "Ada"));
    CHECK(people.enter("garden", "Ada"));
    CHECK(people.in("lobby") == Names{"Ada", "Bob"});
    CHECK(people.in("garden") == Names{"Ada"});
    CHECK(people.in("kitchen") == Names{});
}

TEST_CASE("who has left makes room for the name") {
    People people;
    CHECK(people.enter("lobby", "Ada"));
    people.leave("lobby", "Bob");
    people.leave("garden", "Ada");
    CHECK(people.in("lobby") == Names{"Ada"});
    people.leave("lobby", "Ada");
    people.leave("lobby", "Ada");
    CHECK(people.in("lobby") == Names{});
    CHECK(people.enter("lobby", "Ada"));
}
