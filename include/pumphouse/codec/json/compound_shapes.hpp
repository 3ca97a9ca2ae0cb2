// SPDX-License-Identifier: MIT
//
// Shapes of what holds other values: std::vector, structs with fields, and std::variant of messages
// that their "type" tells apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <pumphouse/codec/json/fields.hpp>
#include <pumphouse/codec/json/json_reader.hpp>
#include <pumphouse/codec/json/json_shape.hpp>
#include <pumphouse/codec/json/scalar_shapes.hpp>

namespace pumphouse::json {

template <typename T>
struct ShapeOf<std::vector<T>> final : Shape {
    static_assert(!std::is_same_v<T, bool>, "JSON: a std::vector<bool> holds no bool; use another");

    std::string_view expected() const noexcept override { return "an array"; }
    Target begin_array(void* object, JsonError&) const override {
        static_cast<std::vector<T>*>(object)->clear();
        return {object, this};
    }
    Target element(void* object) const override {
        return {&static_cast<std::vector<T>*>(object)->emplace_back(), &shape_of<T>()};
    }
};

/// Of the member "type" of a message that is already known: it must be that message's.
template <HasTag T>
struct TagShape final : Shape {
    std::string_view expected() const noexcept override { return "a string"; }
    bool scalar(void*, Scalar const& value, JsonError& error) const override {
        bool const is_string = value.kind == Scalar::Kind::string;
        if (is_string && value.string == T::json_tag) return true;
        error.kind = is_string ? JsonError::Kind::unknown_type : JsonError::Kind::missing_type;
        error.what = "expected " + json::quoted(T::json_tag) + ", got ";
        error.what += is_string ? json::quoted(value.string) : std::string{value.noun()};
        return false;
    }
};

template <HasFields T>
struct ShapeOf<T> final : Shape {
    std::string_view expected() const noexcept override { return "an object"; }
    Target begin_object(void* object, std::string_view, JsonError&) const override {
        return {object, this};
    }

    Member member(void* object, std::string_view name) const override {
        if constexpr (HasTag<T>) {
            static constexpr TagShape<T> tag;
            if (name == tag_name) return {{object, &tag}, tag_name, tag_number};
        }
        Member found;
        for_each_field([&](auto const& field, unsigned number) {
            using M = typename std::remove_cvref_t<decltype(field)>::member_type;
            if (field.name != name) return false;
            found = {{&(static_cast<T*>(object)->*field.member), &shape_of<M>()},
                     field.name,
                     number};
            return true;
        });
        return found;
    }

    bool end_object(std::uint64_t seen, JsonError& error) const override {
        if (HasTag<T> && (seen >> tag_number & 1U) == 0) {
            return lacks(JsonError::Kind::missing_type, tag_name, error);
        }
        return !for_each_field([&](auto const& field, unsigned number) {
            using M = typename std::remove_cvref_t<decltype(field)>::member_type;
            bool const may_lack = IsOptional<M>::value || field.presence != Presence::required;
            if (may_lack || (seen >> number & 1U) != 0) return false;
            lacks(JsonError::Kind::missing_member, field.name, error);
            return true;
        });
    }

private:
    static constexpr unsigned tag_number = 63;  // `fields` sees to it that no field has it

    static bool lacks(JsonError::Kind kind, std::string_view name, JsonError& error) {
        error.kind = kind;
        error.path = name;
        error.what = "missing";
        return false;
    }

    // Until `visit` says true; whether it did.
    static bool for_each_field(auto&& visit) {
        static constexpr auto all = fields_of<T>();
        return std::apply(
            [&](auto const&... each) {
                [[maybe_unused]] unsigned number = 0;
                return (visit(each, number++) || ...);
            },
            all);
    }
};

template <HasTag... T>
struct ShapeOf<std::variant<T...>> final : Shape {
    static_assert((HasFields<T> && ...), "JSON: each message of a variant has json_fields");

    std::string_view expected() const noexcept override { return "an object"; }
    Target begin_object(void* object, std::string_view text, JsonError& error) const override {
        std::string tag;
        if (!find_tag(text, tag, error)) return {};
        auto& value = *static_cast<std::variant<T...>*>(object);
        Target target;
        auto const is_it = [&]<typename M>(std::type_identity<M>) {
            if (tag != M::json_tag) return false;
            target = {&value.template emplace<M>(), &shape_of<M>()};
            return true;
        };
        if ((is_it(std::type_identity<T>{}) || ...)) return target;
        error.kind = JsonError::Kind::unknown_type;
        error.path = tag_name;
        error.what = "unknown type " + json::quoted(tag);
        return {};
    }
};

}  // namespace pumphouse::json
