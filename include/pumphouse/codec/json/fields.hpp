// SPDX-License-Identifier: MIT
//
// How a host declares, once, what its messages look like in JSON:
//
//   struct Join {
//       std::string room;
//       std::optional<int> limit;
//       static constexpr std::string_view json_tag = "join";      // a message: its "type"
//       static constexpr auto json_fields() {
//           return pumphouse::json::fields(
//               pumphouse::json::field("room", &Join::room),
//               pumphouse::json::field("limit", &Join::limit, pumphouse::json::omit_empty));
//       }
//   };
//   enum class Side { buy, sell };
//   constexpr auto json_names(Side) {
//       return pumphouse::json::names<Side>({{"buy", Side::buy}, {"sell", Side::sell}});
//   }
//
// For a struct that is not the host's own: `constexpr auto json_fields(Theirs const*)` in its
// namespace. A protocol is a std::variant of messages, each with a `json_tag` of its own.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace pumphouse::json {

/// What it means when a member is not there. A std::optional member need never be there.
enum class Presence : std::uint8_t {
    required,    // an error
    optional,    // it keeps the value that its struct gives it
    omit_empty,  // the same, and it is left out when it is empty: nothing, "", [], 0 or false
};
inline constexpr Presence required = Presence::required;
inline constexpr Presence optional = Presence::optional;
inline constexpr Presence omit_empty = Presence::omit_empty;

/// The member that says which message an object is.
inline constexpr std::string_view tag_name = "type";

template <typename T, typename M>
struct Field {
    using member_type = M;
    std::string_view name;
    M T::*member;
    Presence presence;
};

template <typename T, typename M>
constexpr Field<T, M> field(std::string_view name, M T::*member, Presence presence = required) {
    return {name, member, presence};
}

template <typename... F>
constexpr std::tuple<F...> fields(F... declared) {
    static_assert(sizeof...(F) < 64, "JSON: an object has at most 63 fields");
    return {declared...};
}

template <typename E>
struct Name {
    std::string_view name;
    E value;
};

template <typename E, std::size_t N>
constexpr std::array<Name<E>, N> names(Name<E> const (&declared)[N]) {
    return std::to_array(declared);
}

template <typename T>
concept HasOwnFields = requires { T::json_fields(); };
template <typename T>
concept HasAdlFields = requires { json_fields(static_cast<T const*>(nullptr)); };
template <typename T>
concept HasFields = std::is_class_v<T> && (HasOwnFields<T> || HasAdlFields<T>);
template <typename T>
concept HasTag = requires {
    { T::json_tag } -> std::convertible_to<std::string_view>;
};
template <typename E>
concept HasNames = std::is_enum_v<E> && requires { json_names(E{}); };

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsVariant : std::false_type {};
template <typename... T>
struct IsVariant<std::variant<T...>> : std::true_type {};

/// Whole numbers; characters are none.
template <typename T>
concept WholeNumber = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                      !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                      !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

namespace detail {

// Names are written as they are, so none may need an escape.
constexpr bool is_plain(std::string_view name) noexcept {
    for (char const each : name) {
        if (each < 0x20 || each == '"' || each == '\\' || each == 0x7f) return false;
    }
    return !name.empty();
}

template <typename T, typename Fields>
constexpr bool are_names_good(Fields const& fields) {
    return std::apply(
        [](auto const&... each) {
            std::array<std::string_view, sizeof...(each)> const all{each.name...};
            for (std::size_t i = 0; i < all.size(); ++i) {
                if (!is_plain(all[i]) || (HasTag<T> && all[i] == tag_name)) return false;
                for (std::size_t j = 0; j < i; ++j) {
                    if (all[i] == all[j]) return false;
                }
            }
            return true;
        },
        fields);
}

}  // namespace detail

/// The declared fields of a struct.
template <HasFields T>
constexpr auto fields_of() {
    constexpr auto declared = [] {
        if constexpr (HasOwnFields<T>) {
            return T::json_fields();
        } else {
            return json_fields(static_cast<T const*>(nullptr));
        }
    }();
    static_assert(detail::are_names_good<T>(declared),
                  "JSON: field names must be plain and differ from each other, and from \"type\" "
                  "where there is a json_tag");
    return declared;
}

}  // namespace pumphouse::json
