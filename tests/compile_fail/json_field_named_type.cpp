// SPDX-License-Identifier: MIT
// expect: JSON: field names must be plain and differ from each other, and from
#include <pumphouse/json.hpp>

struct Message {
    static constexpr std::string_view json_tag = "message";
    int type = 0;
    static constexpr auto json_fields() {
        return pumphouse::json::fields(pumphouse::json::field("type", &Message::type));
    }
};

auto const value = pumphouse::json::decode<Message>("{}");
