// SPDX-License-Identifier: MIT
//
// JsonCodec<T>: a Codec for messages in JSON. T is a struct with `json_fields`, or a std::variant
// of such, one per message, told apart by their "type" (see fields.hpp):
//
//   struct Policy : pumphouse::DefaultPolicy {
//       using codec = pumphouse::JsonCodec<std::variant<Join, Leave, Say>>;
//       void on_message(Hub& hub, pumphouse::ClientId client, codec::value_type const& message);
//   };
//
// What is no T ends in `on_bad_message`, with a sentence that names the path. Text and binary
// messages are both read; a policy that wants one of them says so with `accepts`.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include <pumphouse/codec/codec.hpp>
#include <pumphouse/codec/json/compound_shapes.hpp>
#include <pumphouse/codec/json/encode.hpp>
#include <pumphouse/codec/json/json_error.hpp>
#include <pumphouse/codec/json/json_options.hpp>
#include <pumphouse/codec/json/json_reader.hpp>
#include <pumphouse/codec/json/scalar_shapes.hpp>

namespace pumphouse {

namespace json {

/// A value, or why there is none.
template <typename T>
struct Result {
    std::optional<T> value;
    JsonError error;

    explicit operator bool() const noexcept { return value.has_value(); }
};

/// For hosts that want the kind of the error, or JSON outside of messages. Any thread.
template <std::default_initializable T>
Result<T> decode(std::string_view text, JsonOptions const& options = {}) {
    Result<T> result;
    T& value = result.value.emplace();
    if (!read(text, options, {&value, &shape_of<T>()}, result.error)) result.value.reset();
    return result;
}

}  // namespace json

template <std::default_initializable T, JsonOptions options = JsonOptions{}>
struct JsonCodec {
    using value_type = T;

    Opcode encode(T const& value, std::string& out) const {
        json::encode(value, out);
        return Opcode::text;
    }
    Decoded<T> decode(Message message) const {
        Decoded<T> decoded{T{}};
        JsonError error;
        json::Target const target{&*decoded.value, &json::shape_of<T>()};
        if (json::read(message.payload, options, target, error)) return decoded;
        return Decoded<T>::failure(error.text());
    }
};

}  // namespace pumphouse
