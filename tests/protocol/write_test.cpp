// SPDX-License-Identifier: MIT
//
// What the server writes, beyond the specification's examples: whatever is in it, it is JSON.

#include <pumphouse/protocol/envelope.hpp>
#include <pumphouse/protocol/read.hpp>
#include <pumphouse/protocol/write.hpp>

#include "support/catch.hpp"

using namespace pumphouse::protocol;

namespace {

std::string envelope(pumphouse::Position at) {
    std::string text(envelope_bytes, '?');
    write_envelope(at, text.data());
    return text;
}

}  // namespace

TEST_CASE("every character of a string comes back from what was written") {
    std::string every;
    for (char c = 1; c < 127; ++c) every += c;
    every += "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
    std::string out = R"({"type":)";
    pumphouse::append_string(out, every);
    out += '}';
    auto const result = read(out);
    REQUIRE(std::holds_alternative<Request>(result));
    CHECK(std::get<OtherRequest>(std::get<Request>(result).body).type == every);
}

TEST_CASE("an envelope has the same width whatever the position") {
    CHECK(envelope({0, 0}) == R"({"epoch":"0000000000000000","offset":0                   ,)");
    CHECK(envelope({0xabc, 7}) == R"({"epoch":"0000000000000abc","offset":7                   ,)");
    CHECK(envelope({~0ull, ~0ull}) ==
          R"({"epoch":"ffffffffffffffff","offset":18446744073709551615,)");
    CHECK(envelope({1, 9}).size() == envelope({1, 10}).size());
    for (std::uint64_t offset = 1; offset != 0 && offset < 1ull << 63; offset *= 10) {
        auto const text = envelope({1, offset});
        CHECK(text.substr(envelope_offset_at, 21) ==
              std::to_string(offset) + std::string(20 - std::to_string(offset).size(), ' ') + ",");
        if (offset > (1ull << 63) / 10) break;
    }
}

TEST_CASE("an epoch is read as it was written") {
    for (std::uint64_t const epoch : {0ull, 1ull, 0x0123456789abcdefull, ~0ull}) {
        CHECK(read_epoch(epoch_text(epoch)) == epoch);
        CHECK(envelope({epoch, 1}).substr(envelope_epoch_at, 16) == epoch_text(epoch));
    }
}

TEST_CASE("times are RFC 3339 in UTC with milliseconds") {
    using namespace std::chrono;
    CHECK(pumphouse::to_text(Timestamp{}) == "1970-01-01T00:00:00.000Z");
    CHECK(pumphouse::to_text(Timestamp{milliseconds{-1}}) == "1969-12-31T23:59:59.999Z");
    CHECK(pumphouse::to_text(sys_days{February / 29 / 2024} + 23h + 59min + 59s + 7ms) ==
          "2024-02-29T23:59:59.007Z");
    CHECK(pumphouse::to_text(sys_days{December / 31 / 9999} + 0ms) == "9999-12-31T00:00:00.000Z");
}
