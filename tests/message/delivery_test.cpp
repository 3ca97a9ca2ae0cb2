// SPDX-License-Identifier: MIT
#include <pumphouse/message/delivery.hpp>

#include "support/catch.hpp"

using namespace pumphouse;

TEST_CASE("delivery: whom it leaves out and its key are said in one expression") {
    ClientId const client{3, 7};
    static_assert(!nobody.excluded && nobody.key == 0);
    CHECK(except(client).excluded == client);
    CHECK(except(client).key == 0);
    CHECK_FALSE(keyed(12).excluded);
    CHECK(keyed(12).key == 12);
    CHECK(except(client).keyed("AAPL").excluded == client);
    CHECK(except(client).keyed("AAPL").key == key_of("AAPL"));
}

TEST_CASE("delivery: the key of a name is the same everywhere, and never 0") {
    static_assert(key_of("") == 14695981039346656037ULL);   // FNV-1a's offset basis
    static_assert(key_of("a") == 0xaf63dc4c8601ec8cULL);    // its published test vectors
    static_assert(key_of("foobar") == 0x85944171f73967e8ULL);
    // Eight bytes whose hash is 0, as FNV's authors published them.
    constexpr std::string_view hashes_to_zero{"\xd5\x6b\xb9\x53\x42\x87\x08\x36"};
    static_assert(fnv1a(hashes_to_zero) == 0);
    CHECK(key_of(hashes_to_zero) == 1);
}
