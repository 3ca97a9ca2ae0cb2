// SPDX-License-Identifier: MIT
// Bodies of codec/json/json_reader.hpp: where each value of a text goes.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <memory_resource>
#include <string>
#include <utility>
#include <vector>

#include <rapidjson/memorystream.h>

#include <pumphouse/codec/json/json_reader.hpp>

namespace pumphouse::json::detail {

inline constexpr std::size_t scratch_bytes = 1024;  // on the stack; a long text takes more

// RapidJSON 1.1.0 lets the escape of half a surrogate pair through, as three bytes that are no
// UTF-8.
inline bool has_surrogate(std::string_view text) noexcept {
    for (std::size_t at = text.find('\xed'); at != text.npos; at = text.find('\xed', at + 1)) {
        if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xa0) return true;
    }
    return false;
}

// RapidJSON's handler: it knows where the next value goes. The stream is the one with an end of
// its own: RapidJSON before 2025 reads past a zero-terminated text that ends within a character.
class Filler {
public:
    Filler(rapidjson::MemoryStream const& stream, std::string_view text,
           JsonOptions const& options, Target root, JsonError& error)
        : stream_{stream}, text_{text}, options_{options}, root_{root}, error_{error} {
        frames_.reserve(8);
    }

    bool Null() { return scalar({}); }
    bool Bool(bool value) { return scalar({.kind = Scalar::Kind::boolean, .boolean = value}); }
    bool Int(int value) { return Int64(value); }
    bool Uint(unsigned value) { return Int64(value); }
    bool Int64(std::int64_t value) {
        return scalar({.kind = Scalar::Kind::integer, .integer = value});
    }
    bool Uint64(std::uint64_t value) {
        if (value <= std::uint64_t{INT64_MAX}) return Int64(static_cast<std::int64_t>(value));
        return scalar({.kind = Scalar::Kind::large, .large = value});
    }
    // Read again, exactly: RapidJSON's own exact reading has no result for a zero with an exponent.
    bool Double(double value) {
        std::string_view number = text_.substr(0, stream_.Tell());
        number.remove_prefix(number.find_last_not_of("+-.0123456789eE") + 1);
        std::from_chars(number.data(), number.data() + number.size(), value);
        return scalar({.kind = Scalar::Kind::real, .real = value});
    }
    bool RawNumber(char const*, rapidjson::SizeType, bool) { return false; }  // not asked for
    bool String(char const* text, rapidjson::SizeType bytes, bool) {
        if (!is_text({text, bytes})) return false;
        return scalar({.kind = Scalar::Kind::string, .string = {text, bytes}});
    }
    bool Key(char const* text, rapidjson::SizeType bytes, bool);
    bool StartObject() { return begin(false); }
    bool StartArray() { return begin(true); }
    bool EndObject(rapidjson::SizeType);
    bool EndArray(rapidjson::SizeType) {
        end();
        return true;
    }

private:
    struct Frame {
        Target target;
        bool is_array = false;
        std::uint64_t seen = 0;         // a bit per field
        std::size_t index = 0;          // array: of the next element
        std::size_t first_key = 0;      // object: of its keys that no field has
        Member current;
        std::size_t current_key = 0;    // of the member that no field has
    };
    struct Key_ {
        std::size_t begin;
        std::size_t bytes;
    };

    bool scalar(Scalar const& value);
    bool begin(bool is_array);
    void end();
    bool count();
    bool is_text(std::string_view text);
    bool unknown_member(Frame& frame, std::string_view name);
    Target next();
    std::size_t value_begins() const noexcept;
    std::string_view key(std::size_t number) const noexcept {
        return {keys_text_.data() + keys_[number].begin, keys_[number].bytes};
    }
    bool are_keys_distinct(Frame const& frame);
    bool over(JsonError::Kind kind, std::size_t limit, std::string_view of_what);
    bool fail();
    bool fail(JsonError::Kind kind, std::string what);

    rapidjson::MemoryStream const& stream_;
    std::string_view text_;
    JsonOptions const& options_;
    Target root_;
    JsonError& error_;
    std::size_t elements_ = 0;
    std::size_t mark_ = 0;          // behind the last token
    std::string* raw_ = nullptr;    // where the text of an object or array goes
    std::size_t raw_begin_ = 0;
    std::size_t raw_depth_ = 0;
    std::array<std::byte, 2 * scratch_bytes> scratch_;
    std::pmr::monotonic_buffer_resource memory_{scratch_.data(), scratch_.size()};
    std::pmr::vector<Frame> frames_{&memory_};
    std::pmr::vector<Key_> keys_{&memory_};  // that no field has, of the objects that are open
    std::pmr::string keys_text_{&memory_};
};

inline bool Filler::scalar(Scalar const& value) {
    if (!count()) return false;
    std::size_t const begins = value_begins();
    mark_ = stream_.Tell();
    Target target = next();
    if (target.shape == nullptr) return true;
    target = target.shape->resolve(target.object, value.kind == Scalar::Kind::null);
    if (std::string* const raw = target.shape->raw_text(target.object)) {
        raw->assign(text_.substr(begins, mark_ - begins));
        return true;
    }
    return target.shape->scalar(target.object, value, error_) || fail();
}

// The parser stands before the bracket here, and behind every other token.
inline bool Filler::begin(bool is_array) {
    if (!count()) return false;
    if (frames_.size() >= options_.max_depth) {
        return over(JsonError::Kind::too_deep, options_.max_depth, "levels deep");
    }
    std::size_t const begins = stream_.Tell();
    mark_ = begins + 1;
    Target target = next();
    if (target.shape != nullptr) target = target.shape->resolve(target.object, false);
    if (target.shape != nullptr) {
        if (std::string* const raw = target.shape->raw_text(target.object)) {
            raw_ = raw;
            raw_begin_ = begins;
            raw_depth_ = frames_.size();
            target = {};
        } else {
            target = is_array ? target.shape->begin_array(target.object, error_)
                              : target.shape->begin_object(target.object, text_.substr(begins),
                                                           error_);
            // No error: what follows is no JSON, and the parser will say where.
            if (target.shape == nullptr && error_.kind != JsonError::Kind::none) return fail();
        }
    }
    Frame& frame = frames_.emplace_back();
    frame.target = target;
    frame.is_array = is_array;
    frame.first_key = keys_.size();
    return true;
}

inline bool Filler::EndObject(rapidjson::SizeType) {
    Frame const frame = frames_.back();
    if (!are_keys_distinct(frame)) return false;
    end();
    Shape const* const shape = frame.target.shape;
    return shape == nullptr || shape->end_object(frame.seen, error_) || fail();
}

inline void Filler::end() {
    Frame const& frame = frames_.back();
    if (frame.first_key < keys_.size()) {
        keys_text_.resize(keys_[frame.first_key].begin);
        keys_.resize(frame.first_key);
    }
    frames_.pop_back();
    mark_ = stream_.Tell() + 1;
    if (raw_ == nullptr || frames_.size() != raw_depth_) return;
    raw_->assign(text_.substr(raw_begin_, mark_ - raw_begin_));
    raw_ = nullptr;
}

inline bool Filler::Key(char const* text, rapidjson::SizeType bytes, bool) {
    std::string_view const name{text, bytes};
    if (!is_text(name)) return false;
    mark_ = stream_.Tell();
    Frame& frame = frames_.back();
    Shape const* const shape = frame.target.shape;
    frame.current = shape != nullptr ? shape->member(frame.target.object, name) : Member{};
    if (frame.current.number == Member::unknown) return unknown_member(frame, name);
    std::uint64_t const bit = std::uint64_t{1} << frame.current.number;
    if ((frame.seen & bit) != 0) return fail(JsonError::Kind::duplicate_member, "is there twice");
    frame.seen |= bit;
    return true;
}

inline bool Filler::unknown_member(Frame& frame, std::string_view name) {
    frame.current_key = keys_.size();
    keys_.push_back({keys_text_.size(), name.size()});
    keys_text_.append(name);
    bool const is_refused = frame.target.shape != nullptr &&
                            options_.unknown_members == UnknownMembers::refuse;
    return !is_refused || fail(JsonError::Kind::unknown_member, "unknown member");
}

inline bool Filler::are_keys_distinct(Frame const& frame) {
    auto const first = keys_.begin() + static_cast<std::ptrdiff_t>(frame.first_key);
    auto const text_of = [this](Key_ const& each) {
        return std::string_view{keys_text_}.substr(each.begin, each.bytes);
    };
    std::size_t const texts_begin = first != keys_.end() ? first->begin : 0;
    std::sort(first, keys_.end(),
              [&](Key_ const& a, Key_ const& b) { return text_of(a) < text_of(b); });
    auto const twice = std::adjacent_find(
        first, keys_.end(), [&](Key_ const& a, Key_ const& b) { return text_of(a) == text_of(b); });
    if (twice == keys_.end()) {
        if (first != keys_.end()) first->begin = texts_begin;  // where `end` cuts
        return true;
    }
    frames_.back().current = {};
    frames_.back().current_key = static_cast<std::size_t>(twice - keys_.begin());
    return fail(JsonError::Kind::duplicate_member, "is there twice");
}

inline Target Filler::next() {
    if (frames_.empty()) return root_;
    Frame& frame = frames_.back();
    if (!frame.is_array) return frame.current.target;
    ++frame.index;
    return frame.target.shape != nullptr ? frame.target.shape->element(frame.target.object)
                                         : Target{};
}

// Of the value that the parser has just passed, or stands before.
inline std::size_t Filler::value_begins() const noexcept {
    std::size_t const at = text_.find_first_not_of(" \t\r\n,:", mark_);
    return at != text_.npos ? at : mark_;
}

inline bool Filler::count() {
    if (options_.max_elements == 0 || ++elements_ <= options_.max_elements) return true;
    return over(JsonError::Kind::too_many, options_.max_elements, "values");
}

inline bool Filler::is_text(std::string_view text) {
    if (!has_surrogate(text)) return true;
    return fail(JsonError::Kind::not_utf8, "an escape is half a surrogate pair");
}

// A limit of the whole text; where it was met tells nobody anything.
inline bool Filler::over(JsonError::Kind kind, std::size_t limit, std::string_view of_what) {
    error_.kind = kind;
    error_.what.assign("more than ").append(std::to_string(limit)).append(" ").append(of_what);
    return false;
}

inline bool Filler::fail(JsonError::Kind kind, std::string what) {
    error_.kind = kind;
    error_.what = std::move(what);
    return fail();
}

// Puts the way to where the parser is in front of the path.
inline bool Filler::fail() {
    std::string path;
    for (Frame const& frame : frames_) {
        if (frame.is_array) {
            if (frame.index != 0) path += '[' + std::to_string(frame.index - 1) + ']';
            continue;
        }
        if (!path.empty()) path += '.';
        if (frame.current.number != Member::unknown) {
            path += frame.current.name;
        } else if (frame.current_key < keys_.size()) {
            path += quoted(key(frame.current_key));
        }
    }
    if (!path.empty() && !error_.path.empty()) path += '.';
    error_.path.insert(0, path);
    return false;
}

}  // namespace pumphouse::json::detail
