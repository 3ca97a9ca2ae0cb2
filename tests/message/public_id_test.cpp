// SPDX-License-Identifier: MIT
#include <pumphouse/message/public_id.hpp>

#include <bit>
#include <set>

#include "support/catch.hpp"

using namespace pumphouse;

TEST_CASE("public id: it is 16 digits, no two are the same, and each leads back") {
    PublicIds const ids{0x0123456789abcdefULL};
    std::set<std::string> seen;
    for (std::uint32_t slot = 0; slot < 2000; ++slot) {
        for (std::uint32_t const generation : {1U, 2U, 0xffffffffU}) {
            ClientId const client{slot, generation};
            std::string const text = ids.of(client);
            REQUIRE(text.size() == 16);
            REQUIRE(text.find_first_not_of("0123456789abcdef") == std::string::npos);
            REQUIRE(seen.insert(text).second);
            REQUIRE(ids.client_of(text) == client);
        }
    }
}

TEST_CASE("public id: what is no id names nobody") {
    PublicIds const ids{42};
    CHECK_FALSE(ids.client_of(""));
    CHECK_FALSE(ids.client_of("0123456789abcde"));
    CHECK_FALSE(ids.client_of("0123456789abcdef0"));
    CHECK_FALSE(ids.client_of("0123456789ABCDEF"));
    CHECK_FALSE(ids.client_of("0123456789abcde\xff"));
}

TEST_CASE("public id: another secret gives other ids, and one bit changes half of an id") {
    ClientId const client{7, 1};
    CHECK(PublicIds{1}.of(client) != PublicIds{2}.of(client));
    PublicIds const ids{99};
    int changed = 0;
    for (int bit = 0; bit < 64; ++bit) {
        changed += std::popcount(ids.conceal(5) ^ ids.conceal(5 ^ std::uint64_t{1} << bit));
    }
    CHECK(changed > 64 * 26);
    CHECK(changed < 64 * 38);
}

