// SPDX-License-Identifier: MIT
// Bodies of codec/json/json_reader.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <pumphouse/codec/json/fields.hpp>
#include <pumphouse/codec/json/json_reader.hpp>
#include <pumphouse/impl/json_reader_filler.ipp>

namespace pumphouse::json {

namespace detail {

using Parser = rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>,
                                        rapidjson::MemoryPoolAllocator<>>;
inline constexpr unsigned parse_flags = rapidjson::kParseIterativeFlag |
                                        rapidjson::kParseValidateEncodingFlag;
inline constexpr std::size_t more_scratch_bytes = 8192;

inline void not_json(rapidjson::ParseErrorCode code, std::size_t at, JsonError& error) {
    bool const is_encoding = code == rapidjson::kParseErrorStringInvalidEncoding ||
                             code == rapidjson::kParseErrorStringUnicodeSurrogateInvalid;
    error.kind = is_encoding ? JsonError::Kind::not_utf8 : JsonError::Kind::not_json;
    error.path.clear();
    error.what = "not JSON, at byte " + std::to_string(at) + ": ";
    error.what += rapidjson::GetParseError_En(code);
}

// Looks for the tag among the members of the outermost object, and then stops.
class TagFinder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, TagFinder> {
public:
    explicit TagFinder(std::string& tag) : tag_{tag} {}

    enum class State : std::uint8_t { looking, at_tag, found, no_string };
    State state() const noexcept { return state_; }

    bool Default() {
        if (state_ != State::at_tag) return true;
        state_ = State::no_string;
        return false;
    }
    bool Key(char const* text, rapidjson::SizeType bytes, bool) {
        if (depth_ == 1 && std::string_view{text, bytes} == tag_name) state_ = State::at_tag;
        return true;
    }
    bool String(char const* text, rapidjson::SizeType bytes, bool) {
        if (state_ != State::at_tag) return true;
        tag_.assign(text, bytes);
        state_ = State::found;
        return false;
    }
    bool StartObject() { return ++depth_, Default(); }
    bool StartArray() { return StartObject(); }
    bool EndObject(rapidjson::SizeType) { return --depth_, true; }
    bool EndArray(rapidjson::SizeType) { return --depth_, true; }

private:
    std::string& tag_;
    std::size_t depth_ = 0;
    State state_ = State::looking;
};

}  // namespace detail

PUMPHOUSE_DECL bool read(std::string_view text, JsonOptions const& options, Target target,
                         JsonError& error) {
    if (options.max_bytes != 0 && text.size() > options.max_bytes) {
        error.kind = JsonError::Kind::too_long;
        error.what = "more than " + std::to_string(options.max_bytes) + " bytes";
        return false;
    }
    alignas(std::max_align_t) std::array<char, detail::scratch_bytes> scratch;
    rapidjson::MemoryPoolAllocator<> memory{scratch.data(), scratch.size(),
                                            detail::more_scratch_bytes};
    detail::Parser parser{&memory};
    rapidjson::MemoryStream stream{text.data(), text.size()};
    detail::Filler filler{stream, text, options, target, error};
    rapidjson::ParseResult const result = parser.Parse<detail::parse_flags>(stream, filler);
    if (error.kind != JsonError::Kind::none) return false;
    if (result.IsError()) {
        detail::not_json(result.Code(), result.Offset(), error);
        return false;
    }
    // A zero byte looks like the end of the text to the parser.
    if (stream.Tell() == text.size()) return true;
    detail::not_json(rapidjson::kParseErrorDocumentRootNotSingular, stream.Tell(), error);
    return false;
}

PUMPHOUSE_DECL bool find_tag(std::string_view text, std::string& tag, JsonError& error) {
    constexpr unsigned flags = detail::parse_flags | rapidjson::kParseStopWhenDoneFlag;
    alignas(std::max_align_t) std::array<char, detail::scratch_bytes> scratch;
    rapidjson::MemoryPoolAllocator<> memory{scratch.data(), scratch.size(),
                                            detail::more_scratch_bytes};
    detail::Parser parser{&memory};
    rapidjson::MemoryStream stream{text.data(), text.size()};
    detail::TagFinder finder{tag};
    rapidjson::ParseResult const result = parser.Parse<flags>(stream, finder);
    using State = detail::TagFinder::State;
    if (finder.state() == State::found && !detail::has_surrogate(tag)) return true;
    if (result.IsError() && result.Code() != rapidjson::kParseErrorTermination) return false;
    error.path = tag_name;
    if (finder.state() == State::found) {
        error.kind = JsonError::Kind::not_utf8;
        error.what = "an escape is half a surrogate pair";
        return false;
    }
    error.kind = JsonError::Kind::missing_type;
    error.what = finder.state() == State::no_string ? "expected a string" : "missing";
    return false;
}

}  // namespace pumphouse::json
