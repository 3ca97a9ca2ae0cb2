// SPDX-License-Identifier: MIT
//
// A small protocol in JSON with one member of every kind, for the tests of the JSON codec.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <pumphouse/json.hpp>

namespace messages {

enum class Side : std::uint8_t { buy, sell };

constexpr auto json_names(Side) {
    return pumphouse::json::names<Side>({{"buy", Side::buy}, {"sell", Side::sell}});
}

struct Point {
    int x = 0;
    double y = 0;

    friend bool operator==(Point const&, Point const&) = default;
    static constexpr auto json_fields() {
        return pumphouse::json::fields(pumphouse::json::field("x", &Point::x),
                                       pumphouse::json::field("y", &Point::y));
    }
};

/// A message with every kind of member.
struct Order {
    bool is_urgent = false;
    std::int8_t tiny = 0;
    std::uint64_t huge = 0;
    float ratio = 0;
    std::string name;
    Side side = Side::buy;
    std::optional<std::int64_t> limit;
    std::vector<Point> moves;
    std::vector<std::vector<std::string>> table;
    std::optional<Point> at;
    pumphouse::RawJson data;

    friend bool operator==(Order const&, Order const&) = default;
    static constexpr std::string_view json_tag = "order";
    static constexpr auto json_fields() {
        using namespace pumphouse::json;
        return fields(field("is_urgent", &Order::is_urgent, omit_empty),
                      field("tiny", &Order::tiny, omit_empty),
                      field("huge", &Order::huge, omit_empty),
                      field("ratio", &Order::ratio, omit_empty), field("name", &Order::name),
                      field("side", &Order::side, optional),
                      field("limit", &Order::limit, omit_empty),
                      field("moves", &Order::moves, omit_empty),
                      field("table", &Order::table, omit_empty),
                      field("at", &Order::at, omit_empty),
                      field("data", &Order::data, omit_empty));
    }
};

struct Leave {
    std::optional<std::string> why;

    friend bool operator==(Leave const&, Leave const&) = default;
    static constexpr std::string_view json_tag = "leave";
    static constexpr auto json_fields() {
        return pumphouse::json::fields(pumphouse::json::field("why", &Leave::why));
    }
};

/// Holds others of its own kind.
struct Tree {
    std::string name;
    std::vector<Tree> branches;

    friend bool operator==(Tree const&, Tree const&) = default;
    static constexpr std::string_view json_tag = "tree";
    static constexpr auto json_fields() {
        using namespace pumphouse::json;
        return fields(field("name", &Tree::name),
                      field("branches", &Tree::branches, omit_empty));
    }
};

using Any = std::variant<Leave, Order, Tree>;
using AnyCodec = pumphouse::JsonCodec<Any>;

inline Order order(std::string name) {
    Order only_named;
    only_named.name = std::move(name);
    return only_named;
}

/// Values that use every kind of member, with what is hard in it.
inline std::vector<Any> samples() {
    using Small = std::numeric_limits<std::int8_t>;
    using Large = std::numeric_limits<std::uint64_t>;
    Order full{true,
               Small::min(),
               Large::max(),
               0.1F,
               "a \"name\"\n\t\\ \x01 \x7f \xc3\xa9 \xf0\x9f\x98\x80",
               Side::sell,
               std::numeric_limits<std::int64_t>::min(),
               {{-1, 0.1}, {2, 1e300}, {0, -0.0}},
               {{}, {"", "x"}},
               Point{7, 5e-324},
               {R"({"kept": [1.50, 1e2, "\u0041"]})"}};
    return {Leave{}, Leave{"bored"}, order("n"), full,
            Tree{"root", {{"left", {}}, {"right", {{"leaf", {}}}}}}};
}

}  // namespace messages
