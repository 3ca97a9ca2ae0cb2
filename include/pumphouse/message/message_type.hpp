// SPDX-License-Identifier: MIT
//
// MessageType: the name of a type of messages, of the letters, digits and _ of a literal: so there
// are as many names in metrics and spans as the program has in its text, whatever peers send.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace pumphouse {

class MessageType {
public:
    static constexpr std::size_t max_bytes = 40;

    /// No type.
    constexpr MessageType() noexcept = default;

    template <std::size_t N>
    consteval MessageType(char const (&text)[N]) : text_{text} {
        if (N < 2 || N - 1 > max_bytes) throw "a type has 1 to 40 bytes";
        for (std::size_t i = 0; i + 1 < N; ++i) {
            char const c = text[i];
            bool const is_fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
            if (!is_fine) throw "a type is of lower case letters, digits and _";
        }
        if (text[N - 1] != '\0') throw "a type is a literal";
    }

    constexpr bool is_none() const noexcept { return text_ == nullptr; }
    constexpr std::string_view text() const noexcept {
        return is_none() ? std::string_view{} : std::string_view{text_};
    }

    /// The same text is the same type, in whichever translation unit it stands.
    friend bool operator==(MessageType one, MessageType other) noexcept {
        if (one.text_ == other.text_) return true;
        return !one.is_none() && !other.is_none() && std::strcmp(one.text_, other.text_) == 0;
    }

private:
    char const* text_ = nullptr;
};

/// What is not named. Constants, for clang 14 breaks down at `MessageType{"text"}` in an
/// expression.
inline constexpr MessageType text_messages{"text"};
inline constexpr MessageType binary_messages{"binary"};

static_assert(sizeof(MessageType) == sizeof(char const*), "it is passed around for each message");

}  // namespace pumphouse
