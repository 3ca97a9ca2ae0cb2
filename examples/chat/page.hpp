// SPDX-License-Identifier: MIT
// The files of page/, held inside the program: the build writes their bytes into page_files.inc
// (see embed_page.cmake), so that the program alone is the whole chat.
#pragma once

#include <string_view>

namespace chat {

struct PageFile {
    std::string_view path;  // as asked for: "/chat.js", and "/" for index.html
    std::string_view type;  // for Content-Type
    std::string_view body;
};

inline constexpr PageFile page_files[] = {
#include "page_files.inc"
};

// The file at that path, or nothing.
constexpr const PageFile* find_page_file(std::string_view path) {
    for (const PageFile& file : page_files) {
        if (file.path == path) return &file;
    }
    return nullptr;
}

}  // namespace chat
