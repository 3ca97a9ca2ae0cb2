// SPDX-License-Identifier: MIT
// Bodies of codec/json/json_shape.hpp.
#pragma once

#include <cstddef>

#include <pumphouse/codec/json/json_shape.hpp>

namespace pumphouse::json {

PUMPHOUSE_DECL std::string_view Scalar::noun() const noexcept {
    switch (kind) {
        case Kind::null: return "null";
        case Kind::boolean: return boolean ? "true" : "false";
        case Kind::string: return "a string";
        default: return "a number";
    }
}

PUMPHOUSE_DECL bool Shape::scalar(void*, Scalar const& value, JsonError& error) const {
    return wrong_type(expected(), value.noun(), error);
}

PUMPHOUSE_DECL Target Shape::begin_object(void*, std::string_view, JsonError& error) const {
    wrong_type(expected(), "an object", error);
    return {};
}

PUMPHOUSE_DECL Target Shape::begin_array(void*, JsonError& error) const {
    wrong_type(expected(), "an array", error);
    return {};
}

PUMPHOUSE_DECL bool wrong_type(std::string_view expected, std::string_view got,
                               JsonError& error) {
    error.kind = JsonError::Kind::wrong_type;
    error.what.assign("expected ").append(expected).append(", got ").append(got);
    return false;
}

PUMPHOUSE_DECL std::string quoted(std::string_view received) {
    constexpr std::size_t most = 40;
    std::size_t end = received.size();
    if (end > most) {
        end = most;
        while ((static_cast<unsigned char>(received[end]) & 0xc0U) == 0x80U) --end;
    }
    std::string text{"\""};
    for (char const each : received.substr(0, end)) {
        text += static_cast<unsigned char>(each) < 0x20 ? ' ' : each;
    }
    return text.append(end < received.size() ? "...\"" : "\"");
}

}  // namespace pumphouse::json
