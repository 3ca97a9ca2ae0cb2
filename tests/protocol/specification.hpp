// SPDX-License-Identifier: MIT
//
// The specification as the tests see it: the examples of docs/protocol.md, and its transcripts.
#pragma once

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace support {

struct Example {
    std::string heading;  // the nearest above
    std::string kind;     // what stands behind the opening fence: "json client", ...
    std::vector<std::string> lines;
};

/// Blocks of that kind, in the page's order.
inline std::vector<Example> examples(std::string_view kind) {
    std::ifstream page{PUMPHOUSE_SPECIFICATION};
    if (!page) throw std::runtime_error{"there is no " PUMPHOUSE_SPECIFICATION};
    std::vector<Example> found;
    std::string heading;
    std::string fence;  // open, of whatever kind
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("```")) {
            bool const opens = fence.empty();
            fence = opens ? line.substr(3) + " " : "";
            if (opens && line.substr(3) == kind) found.push_back({heading, line.substr(3), {}});
        } else if (fence.empty() && line.starts_with("#")) {
            heading = line.substr(line.find(' ') + 1);
        } else if (fence == std::string{kind} + " ") {
            found.back().lines.push_back(line);
        }
    }
    return found;
}

/// The rows of the table below a heading, without its head: cells without blanks around them.
inline std::vector<std::vector<std::string>> table_below(std::string_view heading) {
    std::ifstream page{PUMPHOUSE_SPECIFICATION};
    std::vector<std::vector<std::string>> rows;
    bool is_below = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("#")) is_below = line.substr(line.find(' ') + 1) == heading;
        if (!is_below || !line.starts_with("|")) continue;
        std::vector<std::string> cells;
        std::istringstream row{line.substr(1)};
        for (std::string cell; std::getline(row, cell, '|');) {
            auto const first = cell.find_first_not_of(' ');
            auto const last = cell.find_last_not_of(' ');
            cells.push_back(first == cell.npos ? "" : cell.substr(first, last - first + 1));
        }
        rows.push_back(cells);
    }
    if (rows.size() > 2) rows.erase(rows.begin(), rows.begin() + 2);
    return rows;
}

}  // namespace support
