// SPDX-License-Identifier: MIT
// expect: JSON: a type is bool, a number, std::string, RawJson, an enum with json_names, a struct
// expect: with json_fields
#include <pumphouse/json.hpp>

struct Plain {
    int x = 0;
};

auto const value = pumphouse::json::decode<Plain>("{}");
