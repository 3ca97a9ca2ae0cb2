// SPDX-License-Identifier: MIT
// The embedded page: complete, and free of what a chat page must not do.
#include "page.hpp"

#include "support/catch.hpp"

#include <string_view>

TEST_CASE("the page's files are in the program, under their addresses and types") {
    const auto* index = chat::find_page_file("/");
    REQUIRE(index != nullptr);
    CHECK(index->type == "text/html; charset=utf-8");
    CHECK(index->body.starts_with("<!doctype html>"));
    CHECK(index->body.ends_with("</html>\n"));
    REQUIRE(chat::find_page_file("/chat.js") != nullptr);
    CHECK(chat::find_page_file("/chat.js")->type == "text/javascript; charset=utf-8");
    REQUIRE(chat::find_page_file("/chat.css") != nullptr);
    CHECK(chat::find_page_file("/index.htm") == nullptr);
    CHECK(chat::find_page_file("/../main.cpp") == nullptr);
}

TEST_CASE("the page needs nothing from elsewhere and puts no text in as markup") {
    for (const auto& file : chat::page_files) {
        CAPTURE(file.path);
        CHECK(file.body.find("//cdn") == std::string_view::npos);
        CHECK(file.body.find("https://") == std::string_view::npos);
        CHECK(file.body.find("innerHTML") == std::string_view::npos);
        CHECK(file.body.find("insertAdjacentHTML") == std::string_view::npos);
    }
}
