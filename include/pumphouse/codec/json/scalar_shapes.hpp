// SPDX-License-Identifier: MIT
//
// Shapes of what is neither object nor array: booleans, numbers, strings, names of an enum, text
// that stays text, and what may be missing.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pumphouse/codec/json/fields.hpp>
#include <pumphouse/codec/json/json_shape.hpp>
#include <pumphouse/codec/json/raw_json.hpp>

namespace pumphouse::json {

/// The shape of a type; only of those that JSON can hold.
template <typename T>
struct ShapeOf;

template <typename T>
concept HasShape = requires { sizeof(ShapeOf<T>); };

template <typename T>
Shape const& shape_of() noexcept {
    static_assert(HasShape<T>,
                  "JSON: a type is bool, a number, std::string, RawJson, an enum with json_names, "
                  "a struct with json_fields, or a std::optional, std::vector or std::variant "
                  "of such");
    static constexpr ShapeOf<T> shape;
    return shape;
}

template <>
struct ShapeOf<bool> final : Shape {
    std::string_view expected() const noexcept override { return "true or false"; }
    bool scalar(void* object, Scalar const& value, JsonError& error) const override {
        if (value.kind != Scalar::Kind::boolean) return Shape::scalar(object, value, error);
        *static_cast<bool*>(object) = value.boolean;
        return true;
    }
};

template <WholeNumber T>
struct ShapeOf<T> final : Shape {
    std::string_view expected() const noexcept override { return "a whole number"; }
    bool scalar(void* object, Scalar const& value, JsonError& error) const override {
        switch (value.kind) {
            case Scalar::Kind::integer: return put(object, value.integer, error);
            case Scalar::Kind::large: return put(object, value.large, error);
            case Scalar::Kind::real:
                if (std::trunc(value.real) == value.real) return out_of_range("it", error);
                return wrong_type(expected(), "a fraction", error);
            default: return Shape::scalar(object, value, error);
        }
    }

private:
    static bool put(void* object, auto number, JsonError& error) {
        if (!std::in_range<T>(number)) return out_of_range(std::to_string(number), error);
        *static_cast<T*>(object) = static_cast<T>(number);
        return true;
    }
    static bool out_of_range(std::string const& number, JsonError& error) {
        using Limits = std::numeric_limits<T>;
        error.kind = JsonError::Kind::out_of_range;
        error.what = number + " is not in " + std::to_string(Limits::min()) + " to " +
                     std::to_string(Limits::max());
        return false;
    }
};

template <typename T>
    requires std::same_as<T, float> || std::same_as<T, double>
struct ShapeOf<T> final : Shape {
    std::string_view expected() const noexcept override { return "a number"; }
    bool scalar(void* object, Scalar const& value, JsonError& error) const override {
        T& number = *static_cast<T*>(object);
        switch (value.kind) {
            case Scalar::Kind::integer: number = static_cast<T>(value.integer); return true;
            case Scalar::Kind::large: number = static_cast<T>(value.large); return true;
            case Scalar::Kind::real:
                if (std::abs(value.real) > std::numeric_limits<T>::max()) break;
                number = static_cast<T>(value.real);
                return true;
            default: return Shape::scalar(object, value, error);
        }
        error.kind = JsonError::Kind::out_of_range;
        error.what = "the number is too large";
        return false;
    }
};

template <>
struct ShapeOf<std::string> final : Shape {
    std::string_view expected() const noexcept override { return "a string"; }
    bool scalar(void* object, Scalar const& value, JsonError& error) const override {
        if (value.kind != Scalar::Kind::string) return Shape::scalar(object, value, error);
        static_cast<std::string*>(object)->assign(value.string);
        return true;
    }
};

template <HasNames T>
struct ShapeOf<T> final : Shape {
    std::string_view expected() const noexcept override { return "a name"; }
    bool scalar(void* object, Scalar const& value, JsonError& error) const override {
        if (value.kind != Scalar::Kind::string) return Shape::scalar(object, value, error);
        for (auto const& each : json_names(T{})) {
            if (each.name != value.string) continue;
            *static_cast<T*>(object) = each.value;
            return true;
        }
        error.kind = JsonError::Kind::unknown_name;
        error.what = "expected one of";
        for (auto const& each : json_names(T{})) error.what += ' ' + json::quoted(each.name);
        error.what += ", got " + json::quoted(value.string);
        return false;
    }
};

template <>
struct ShapeOf<RawJson> final : Shape {
    std::string_view expected() const noexcept override { return "anything"; }
    std::string* raw_text(void* object) const noexcept override {
        return &static_cast<RawJson*>(object)->text;
    }
};

// Null is nothing; anything else is for the value inside.
template <typename T>
struct ShapeOf<std::optional<T>> final : Shape {
    std::string_view expected() const noexcept override { return shape_of<T>().expected(); }
    Target resolve(void* object, bool is_null) const override {
        if (is_null) return {object, this};
        T& inside = static_cast<std::optional<T>*>(object)->emplace();
        return shape_of<T>().resolve(&inside, is_null);
    }
    bool scalar(void* object, Scalar const&, JsonError&) const override {
        static_cast<std::optional<T>*>(object)->reset();
        return true;
    }
};

}  // namespace pumphouse::json
