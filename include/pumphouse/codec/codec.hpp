// SPDX-License-Identifier: MIT
//
// Codec: how the host's values become messages and back. `encode` runs once per message, on the
// thread that sends it; `decode` on the shard of the client that sent it. Both must be safe to
// call from several threads at once.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <utility>

#include <pumphouse/message/message.hpp>

namespace pumphouse {

/// A value, or a sentence that says what was wrong with the message.
template <typename T>
struct Decoded {
    Decoded(T decoded) : value{std::move(decoded)} {}
    static Decoded failure(std::string why) {
        Decoded result;
        result.error = std::move(why);
        return result;
    }

    std::optional<T> value;
    std::string error;

private:
    Decoded() = default;
};

template <typename C>
concept HasValueType = requires { typename C::value_type; };

template <typename C>
concept HasEncode = requires(C const& codec, typename C::value_type const& value,
                             std::string& out) {
    { codec.encode(value, out) } -> std::same_as<Opcode>;
};

template <typename C>
concept HasDecode = requires(C const& codec, Message message) {
    { codec.decode(message) } -> std::same_as<Decoded<typename C::value_type>>;
};

template <typename C>
concept Codec = std::default_initializable<C> && HasValueType<C> && HasEncode<C> && HasDecode<C>;

}  // namespace pumphouse
