// SPDX-License-Identifier: MIT
//
// Writes values as JSON, by what their types declare (fields.hpp).
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>

#include <pumphouse/codec/json/fields.hpp>
#include <pumphouse/codec/json/json_writer.hpp>
#include <pumphouse/codec/json/raw_json.hpp>

namespace pumphouse::json {

template <typename T>
void write(JsonWriter& out, T const& value);

namespace detail {

template <typename T>
bool is_empty(T const& value) {
    if constexpr (IsOptional<T>::value) {
        return !value.has_value();
    } else if constexpr (std::is_arithmetic_v<T>) {
        return value == T{};
    } else if constexpr (requires { value.empty(); }) {
        return value.empty();
    } else {
        return false;
    }
}

template <typename T>
void write_fields(JsonWriter& out, T const& value) {
    out.begin_object();
    if constexpr (HasTag<T>) {
        out.member(tag_name);
        out.string(T::json_tag);
    }
    static constexpr auto all = fields_of<T>();
    std::apply(
        [&](auto const&... each) {
            [[maybe_unused]] auto const one = [&](auto const& field) {
                auto const& member = value.*field.member;
                if (field.presence == Presence::omit_empty && is_empty(member)) return;
                out.member(field.name);
                write(out, member);
            };
            (one(each), ...);
        },
        all);
    out.end_object();
}

// A value without a name is null: there is no better word for it.
template <typename E>
void write_name(JsonWriter& out, E value) {
    for (auto const& each : json_names(E{})) {
        if (each.value == value) return out.string(each.name);
    }
    out.null();
}

}  // namespace detail

template <typename T>
void write(JsonWriter& out, T const& value) {
    if constexpr (std::same_as<T, bool>) {
        out.boolean(value);
    } else if constexpr (WholeNumber<T> && std::is_signed_v<T>) {
        out.integer(value);
    } else if constexpr (WholeNumber<T>) {
        out.unsigned_integer(value);
    } else if constexpr (std::same_as<T, float> || std::same_as<T, double>) {
        out.real(value);
    } else if constexpr (HasNames<T>) {
        detail::write_name(out, value);
    } else if constexpr (std::same_as<T, RawJson>) {
        out.raw(value.text);
    } else if constexpr (IsOptional<T>::value) {
        value ? write(out, *value) : out.null();
    } else if constexpr (IsVector<T>::value) {
        out.begin_array();
        for (auto const& each : value) {
            out.element();
            write(out, each);
        }
        out.end_array();
    } else if constexpr (IsVariant<T>::value) {
        std::visit([&out](auto const& message) { write(out, message); }, value);
    } else if constexpr (std::convertible_to<T const&, std::string_view>) {
        out.string(value);
    } else {
        static_assert(HasFields<T>, "JSON: a struct has json_fields (codec/json/fields.hpp)");
        detail::write_fields(out, value);
    }
}

/// Appends the value to `out`, as text.
template <typename T>
void encode(T const& value, std::string& out) {
    JsonWriter writer{out};
    write(writer, value);
}

template <typename T>
std::string encode(T const& value) {
    std::string out;
    encode(value, out);
    return out;
}

}  // namespace pumphouse::json
