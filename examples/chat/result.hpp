// SPDX-License-Identifier: MIT
// Result<T>: a value, or the Error that stands for it. The chat's parts answer with it and throw
// nothing; C++23 calls it std::expected.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace chat {

struct Error {
    std::string code;     // what programs compare: "name_empty", "storage_failed", ...
    std::string message;  // a sentence for people

    bool operator==(const Error&) const = default;
};

template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_{std::in_place_index<0>, std::move(value)} {}
    Result(Error error) : state_{std::in_place_index<1>, std::move(error)} {}

    explicit operator bool() const { return state_.index() == 0; }

    T& operator*() { return std::get<0>(state_); }
    const T& operator*() const { return std::get<0>(state_); }
    T* operator->() { return &std::get<0>(state_); }
    const T* operator->() const { return &std::get<0>(state_); }

    const Error& error() const { return std::get<1>(state_); }

private:
    std::variant<T, Error> state_;
};

}  // namespace chat
