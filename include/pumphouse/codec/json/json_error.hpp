// SPDX-License-Identifier: MIT
//
// JsonError: why a text is not the value that was expected: what kind of problem, for programs;
// where and what, for people: "moves[2].x: expected a whole number, got a string".
#pragma once

#include <cstdint>
#include <string>

namespace pumphouse {

struct JsonError {
    enum class Kind : std::uint8_t {
        none,
        not_json,          // syntax, or bytes behind the value
        not_utf8,          // also an escape that is half a surrogate pair
        too_long,          // over `max_bytes`
        too_deep,          // over `max_depth`
        too_many,          // over `max_elements`
        wrong_type,        // a string where a number is expected, and the like
        out_of_range,      // a number that the member cannot hold
        unknown_name,      // a string that is none of an enum's names
        missing_member,
        unknown_member,    // only where unknown members are refused
        duplicate_member,  // the same name twice in one object
        missing_type,      // a message without its "type", or with one that is no string
        unknown_type,      // a "type" that no message has
    };

    Kind kind = Kind::none;
    std::string path;  // from the outermost value; empty: that one itself
    std::string what;  // valid UTF-8; of what was received at most 40 bytes

    /// Both, as one line.
    std::string text() const { return path.empty() ? what : path + ": " + what; }
};

}  // namespace pumphouse
