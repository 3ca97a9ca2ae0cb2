// SPDX-License-Identifier: MIT
#include <pumphouse/transport/utf8.hpp>

#include <string>
#include <string_view>

#include "support/catch.hpp"

using pumphouse::is_utf8;
using pumphouse::Utf8;

namespace {

std::string encode(unsigned code_point) {
    auto const byte = [](unsigned value) { return static_cast<char>(value); };
    if (code_point < 0x80) return {byte(code_point)};
    if (code_point < 0x800) return {byte(0xc0 | code_point >> 6), byte(0x80 | (code_point & 0x3f))};
    if (code_point < 0x10000) {
        return {byte(0xe0 | code_point >> 12), byte(0x80 | (code_point >> 6 & 0x3f)),
                byte(0x80 | (code_point & 0x3f))};
    }
    return {byte(0xf0 | code_point >> 18), byte(0x80 | (code_point >> 12 & 0x3f)),
            byte(0x80 | (code_point >> 6 & 0x3f)), byte(0x80 | (code_point & 0x3f))};
}

}  // namespace

TEST_CASE("every code point but the surrogates is valid UTF-8") {
    bool all = true;
    for (unsigned each = 0; each < 0x110000; ++each) {
        bool const is_surrogate = each >= 0xd800 && each <= 0xdfff;
        all = all && is_utf8(encode(each)) == !is_surrogate;
    }
    CHECK(all);
    CHECK_FALSE(is_utf8("\xf4\x90\x80\x80"));
}

TEST_CASE("overlong forms, stray bytes and cut characters are no UTF-8") {
    for (std::string_view const bad :
         {"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80",
          "\xf0\x8f\xbf\xbf", "\x80", "a\xbf", "\xc2", "\xe2\x82", "\xf0\x9f\x98", "\xc2z",
          "\xe2\x28\xa1", "\xf5\x80\x80\x80", "\xff", "\xfe", "12345678\xff", "1234567\xc3"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_utf8(bad));
    }
    CHECK(is_utf8(""));
    CHECK(is_utf8("plain text of more than eight bytes, then \xe2\x82\xac and \xf0\x9f\x98\x80"));
}

TEST_CASE("UTF-8 may be cut anywhere") {
    std::string const text = "ab\xc3\xa9 12345678901234567 \xe2\x82\xac\xf0\x9f\x98\x80 end";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        Utf8 check;
        CHECK(check.feed(std::string_view{text}.substr(0, cut)));
        CHECK(check.feed(std::string_view{text}.substr(cut)));
        CHECK(check.is_complete());
    }
}

TEST_CASE("invalid UTF-8 is found at its first wrong byte") {
    Utf8 check;
    CHECK(check.feed("\xf4"));
    CHECK_FALSE(check.is_complete());
    CHECK_FALSE(check.feed("\x90"));
}
