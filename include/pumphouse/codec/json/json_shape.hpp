// SPDX-License-Identifier: MIT
//
// Shape: what the reader of a text has to know of the type it fills, type-erased: one stateless
// object per type. The reader is then no template, keeps its own stack, and never recurses,
// whatever comes in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pumphouse/codec/json/json_error.hpp>
#include <pumphouse/config.hpp>

namespace pumphouse::json {

/// A value that is neither object nor array.
struct Scalar {
    enum class Kind : std::uint8_t {
        null,
        boolean,
        integer,  // fits std::int64_t
        large,    // fits std::uint64_t only
        real,
        string,
    };

    Kind kind = Kind::null;
    bool boolean = false;
    std::int64_t integer = 0;
    std::uint64_t large = 0;
    double real = 0;
    std::string_view string = {};  // borrowed until the call returns

    /// "a number", for what was received instead of what was expected.
    std::string_view noun() const noexcept;
};

class Shape;

/// Where the next value goes. Without a shape it is read and forgotten.
struct Target {
    void* object = nullptr;
    Shape const* shape = nullptr;
};

/// A member of an object, by its name.
struct Member {
    static constexpr unsigned unknown = 64;
    Target target;
    std::string_view name;       // with static storage
    unsigned number = unknown;   // among the fields: which may come once
};

class Shape {
public:
    /// "a whole number", for errors.
    virtual std::string_view expected() const noexcept = 0;

    /// Whom the value is really for: what is inside an optional, unless the value is null.
    virtual Target resolve(void* object, bool /*is_null*/) const { return {object, this}; }

    /// Where the text of the value goes, of any kind; null: it is to be parsed.
    virtual std::string* raw_text(void* /*object*/) const noexcept { return nullptr; }

    /// The value. False: it is not what it must be, and `error` says why.
    virtual bool scalar(void* object, Scalar const& value, JsonError& error) const;

    /// An object or an array begins, and with it `text`. Its members go to what is returned;
    /// without a shape: it may not begin here, and `error` says why; without an error either:
    /// the text is no JSON, and is read on only to find out where.
    virtual Target begin_object(void* object, std::string_view text, JsonError& error) const;
    virtual Target begin_array(void* object, JsonError& error) const;

    /// The member of that name of an object that has begun.
    virtual Member member(void* /*object*/, std::string_view /*name*/) const { return {}; }

    /// The next element of an array that has begun.
    virtual Target element(void* /*object*/) const { return {}; }

    /// An object ends. `seen`: a bit per field. False: it lacks something.
    virtual bool end_object(std::uint64_t /*seen*/, JsonError& /*error*/) const { return true; }

protected:
    constexpr Shape() = default;
    ~Shape() = default;
};

/// Fills `error` with "expected ..., got ..."; false, for returning it.
bool wrong_type(std::string_view expected, std::string_view got, JsonError& error);

/// At most 40 bytes of something received, in quotes, cut between characters.
std::string quoted(std::string_view received);

}  // namespace pumphouse::json

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/json_shape.ipp>
#endif
