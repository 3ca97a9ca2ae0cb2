// SPDX-License-Identifier: MIT
//
// How the values of settings are written: `8080`, `true`, `1.5s`, `16KiB`. SettingValue<T> has
// three words for a type: what `--help` calls it, how a value is read, how it is shown. Reading
// takes the whole text or nothing, and answers what is wrong with it, empty: nothing.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include <pumphouse/fwd.hpp>

namespace pumphouse {

namespace detail {

struct SettingUnit {
    std::string_view name;
    std::uint64_t size;
};

// The last that divides a value is the one it is shown in.
inline constexpr std::array duration_units{
    SettingUnit{"ns", 1},
    SettingUnit{"us", 1'000},
    SettingUnit{"ms", 1'000'000},
    SettingUnit{"s", 1'000'000'000},
    SettingUnit{"min", 60'000'000'000},
    SettingUnit{"h", 3'600'000'000'000},
};
inline constexpr std::array byte_units{
    SettingUnit{"", 1},
    SettingUnit{"KiB", 1U << 10},
    SettingUnit{"MiB", 1U << 20},
    SettingUnit{"GiB", 1U << 30},
};

template <std::size_t N>
std::string with_unit(std::uint64_t value, std::array<SettingUnit, N> const& units) {
    SettingUnit const* best = &units[0];
    for (SettingUnit const& each : units) {
        if (value % each.size == 0) best = &each;
    }
    return value == 0 ? "0" : std::to_string(value / best->size).append(best->name);
}

// A number, a fraction if it likes, and a unit. Negative: it is none.
template <std::size_t N>
double read_with_unit(std::string_view text, std::array<SettingUnit, N> const& units,
                      bool needs_unit) {
    double number = -1;
    auto const* const end = text.data() + text.size();
    auto const [rest, error] =
        std::from_chars(text.data(), end, number, std::chars_format::fixed);
    if (error != std::errc{} || !(number >= 0)) return -1;
    std::string_view const unit{rest, static_cast<std::size_t>(end - rest)};
    if (unit.empty() && (!needs_unit || number == 0)) return number;
    for (SettingUnit const& each : units) {
        if (each.name == unit) return number * static_cast<double>(each.size);
    }
    return -1;
}

inline std::string quoted(std::string_view text) { return "\"" + std::string{text} + "\""; }

}  // namespace detail

template <typename T>
struct SettingValue;

template <>
struct SettingValue<std::string> {
    static constexpr std::string_view kind = "TEXT";
    static std::string read(std::string_view text, std::string& value) {
        value = text;
        return {};
    }
    static std::string show(std::string const& value) { return value; }
};

template <>
struct SettingValue<bool> {
    static constexpr std::string_view kind = "BOOL";
    static std::string read(std::string_view text, bool& value) {
        if (text != "true" && text != "false") {
            return detail::quoted(text) + " is neither true nor false";
        }
        value = text == "true";
        return {};
    }
    static std::string show(bool value) { return value ? "true" : "false"; }
};

template <typename T>
    requires(std::integral<T> && !std::same_as<T, bool>)
struct SettingValue<T> {
    static constexpr std::string_view kind = "NUMBER";
    static std::string read(std::string_view text, T& value) {
        T number{};
        auto const* const end = text.data() + text.size();
        auto const [rest, error] = std::from_chars(text.data(), end, number);
        if (error == std::errc{} && rest == end && number >= 0) {
            value = number;
            return {};
        }
        return detail::quoted(text) + " is no whole number from 0 to " +
               std::to_string(std::numeric_limits<T>::max());
    }
    static std::string show(T value) { return std::to_string(value); }
};

template <>
struct SettingValue<double> {
    static constexpr std::string_view kind = "NUMBER";
    static std::string read(std::string_view text, double& value) {
        double number = -1;
        auto const* const end = text.data() + text.size();
        auto const [rest, error] =
            std::from_chars(text.data(), end, number, std::chars_format::fixed);
        if (error != std::errc{} || rest != end || !(number >= 0) || std::isinf(number)) {
            return detail::quoted(text) + " is no number from 0 on";
        }
        value = number;
        return {};
    }
    static std::string show(double value) {
        std::array<char, 32> text{};
        auto const end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
        return {text.data(), end};
    }
};

template <>
struct SettingValue<Duration> {
    static constexpr std::string_view kind = "DURATION";
    static std::string read(std::string_view text, Duration& value) {
        double const number = detail::read_with_unit(text, detail::duration_units, true);
        constexpr double most = 9e18;  // nanoseconds, in 63 bits
        if (number < 0 || number > most) {
            return detail::quoted(text) + " is no duration such as 500ms, 10s, 1.5min or 0";
        }
        value = std::chrono::duration_cast<Duration>(
            std::chrono::nanoseconds{static_cast<std::int64_t>(std::llround(number))});
        return {};
    }
    static std::string show(Duration value) {
        auto const count = std::chrono::nanoseconds{value}.count();
        return detail::with_unit(static_cast<std::uint64_t>(count), detail::duration_units);
    }
};

/// Of any whole number whose option's name ends in `_bytes`.
template <std::integral T>
struct SettingBytes {
    static constexpr std::string_view kind = "BYTES";
    static std::string read(std::string_view text, T& value) {
        double const number = detail::read_with_unit(text, detail::byte_units, false);
        // Doubles are exact so far.
        constexpr double most = std::min(9e15, static_cast<double>(std::numeric_limits<T>::max()));
        if (number < 0 || number > most || number != std::floor(number)) {
            return detail::quoted(text) + " is no number of bytes such as 512, 64KiB or 16MiB";
        }
        value = static_cast<T>(number);
        return {};
    }
    static std::string show(T value) {
        return detail::with_unit(static_cast<std::uint64_t>(value), detail::byte_units);
    }
};

}  // namespace pumphouse
