// SPDX-License-Identifier: MIT
// Text is measured in code points, and only well-formed UTF-8 is text.
#include "utf8.hpp"

#include "support/catch.hpp"

#include <string>

using chat::code_points;
using chat::is_blank;

TEST_CASE("characters are counted, not bytes") {
    CHECK(code_points("") == 0u);
    CHECK(code_points("Ada") == 3u);
    CHECK(code_points("\xC3\xA9") == 1u);                      // U+00E9
    CHECK(code_points("\xE4\xBD\xA0\xE5\xA5\xBD") == 2u);      // U+4F60 U+597D
    CHECK(code_points("\xF0\x9F\x98\x80") == 1u);              // U+1F600
    CHECK(code_points("\xF4\x8F\xBF\xBF") == 1u);              // U+10FFFF, the last
    CHECK(code_points(std::string_view{"a\0b", 3}) == 3u);
}

TEST_CASE("what is not UTF-8 has no length") {
    const std::string_view bad[] = {"\x80",         "\xC3",         "\xC3(",
                                    "\xC0\x80",     "\xC1\xBF",     "\xE0\x80\x80",
                                    "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\x80",
                                    "\xF4\x90\x80\x80", "\xF8\x88\x80\x80", "\xFF", "ok\xE4\xBD"};
    for (const auto text : bad) CHECK_FALSE(code_points(text));
}

TEST_CASE("a text without anything to see is blank") {
    CHECK(is_blank(""));
    CHECK(is_blank(" \t\r\n"));
    CHECK(is_blank("\xC2\xA0\xE3\x80\x80"));              // no-break and ideographic space
    CHECK(is_blank("\xE2\x80\x8B\xE2\x80\xAE\xEF\xBB\xBF"));  // zero width, right-to-left, BOM
    CHECK_FALSE(is_blank(" a "));
    CHECK_FALSE(is_blank("\xF0\x9F\x98\x80"));
    CHECK_FALSE(is_blank("\x80"));  // not UTF-8: not for this function to call empty
}
