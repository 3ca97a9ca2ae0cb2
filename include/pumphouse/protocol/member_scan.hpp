// SPDX-License-Identifier: MIT
//
// MemberScan: walks over a frame's JSON once and keeps the members that the protocol knows, with
// where in the frame they stand, so that `data` can be passed on as it came. Everything is checked
// to be JSON and UTF-8, also what is not kept. Which message it is, and whether the members fit
// together, is for `read` to say.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace pumphouse::protocol {

class MemberScan {
public:
    enum class Member : std::uint8_t {
        type,
        request_id,
        room,
        to,
        history,
        data,
        traceparent,
        token,
        since,
        epoch,   // of since
        offset,  // of since
    };
    enum class Kind : std::uint8_t { absent, null, no, yes, number, string, object, array };

    struct Value {
        /// Null says as much as nothing, but in `data`.
        bool is_there() const noexcept { return kind > Kind::null; }
        bool is_boolean() const noexcept { return kind == Kind::no || kind == Kind::yes; }

        Kind kind = Kind::absent;
        std::size_t begin = 0;  // where it stands in the frame
        std::size_t end = 0;
        std::string text{};     // of a string, without escapes; of a number, its digits
    };

    MemberScan(std::string_view frame, std::size_t max_depth)
        : frame_{frame}, max_depth_{max_depth}, stream_{frame.data(), frame.size()} {
        constexpr unsigned flags =
            rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
        rapidjson::Reader reader;
        Handler handler{{}, *this};
        auto const result = reader.Parse<flags>(stream_, handler);
        if (!problem_.empty()) return;
        if (result.IsError()) {
            problem_ = std::string{"at byte "} + std::to_string(result.Offset()) + ": " +
                       rapidjson::GetParseError_En(result.Code());
        } else if (stream_.Tell() < frame.size()) {  // a zero byte ends RapidJSON's stream
            problem_ = "something follows the object";
        }
    }

    explicit operator bool() const noexcept { return problem_.empty(); }

    /// Why this is no JSON object of ours.
    std::string const& problem() const noexcept { return problem_; }

    Value& operator[](Member which) noexcept { return values_[static_cast<std::size_t>(which)]; }

    /// The member as it stands in the frame.
    std::string_view raw(Member which) noexcept {
        Value const& value = (*this)[which];
        return frame_.substr(value.begin, value.end - value.begin);
    }
    std::string_view frame() const noexcept { return frame_; }

    static constexpr std::string_view path_of(Member which) noexcept {
        return paths[static_cast<std::size_t>(which)];
    }

private:
    static constexpr std::size_t outer_count = 9;  // the rest are inside `since`
    static constexpr std::array<std::string_view, 11> paths{
        "/type",        "/request_id", "/room",  "/to",          "/history",     "/data",
        "/traceparent", "/token",      "/since", "/since/epoch", "/since/offset"};

    struct Handler : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Handler> {
        bool Null() { return scan.scalar(Kind::null); }
        bool Bool(bool value) { return scan.scalar(value ? Kind::yes : Kind::no); }
        bool RawNumber(char const* data, rapidjson::SizeType size, bool) {
            return scan.scalar(Kind::number, {data, size});
        }
        bool String(char const* data, rapidjson::SizeType size, bool) {
            return scan.scalar(Kind::string, {data, size});
        }
        bool Key(char const* data, rapidjson::SizeType size, bool) {
            return scan.key({data, size});
        }
        bool StartObject() { return scan.opened(Kind::object); }
        bool StartArray() { return scan.opened(Kind::array); }
        bool EndObject(rapidjson::SizeType) { return scan.closed(); }
        bool EndArray(rapidjson::SizeType) { return scan.closed(); }

        MemberScan& scan;
    };

    bool key(std::string_view name) {
        next_ = nullptr;
        bool const in_since = depth_ == 2 && open_ == &(*this)[Member::since] &&
                              open_->kind == Kind::object;
        if (depth_ != 1 && !in_since) return true;
        std::size_t const first = in_since ? outer_count : 0;
        std::size_t const last = in_since ? paths.size() : outer_count;
        for (std::size_t i = first; i < last; ++i) {
            std::string_view const path = paths[i];
            if (path.substr(path.rfind('/') + 1) != name) continue;
            if (values_[i].kind != Kind::absent) {
                return stop("the member " + std::string{path} + " is there twice");
            }
            next_ = &values_[i];
            next_->begin = stream_.Tell();
        }
        return true;
    }

    bool scalar(Kind kind, std::string_view text = {}) {
        if (depth_ == 0) return stop("no object");
        if (next_ == nullptr) return true;
        next_->kind = kind;
        next_->text = text;
        finish(*std::exchange(next_, nullptr));
        return true;
    }

    bool opened(Kind kind) {
        if (depth_ == 0 && kind != Kind::object) return stop("no object");
        if (depth_ == max_depth_) {
            return stop("nested deeper than " + std::to_string(max_depth_) + " levels");
        }
        if (next_ != nullptr) next_->kind = kind;
        if (depth_ == 1) open_ = next_;
        next_ = nullptr;
        ++depth_;
        return true;
    }

    bool closed() {
        if (--depth_ == 1 && open_ != nullptr) finish(*std::exchange(open_, nullptr));
        return true;
    }

    // It began behind its key: white space, a colon, white space.
    void finish(Value& value) noexcept {
        value.begin = frame_.find_first_not_of(" \t\r\n:", value.begin);
        value.end = stream_.Tell();
    }

    bool stop(std::string why) {
        problem_ = std::move(why);
        return false;
    }

    std::string_view frame_;
    std::size_t max_depth_;
    rapidjson::MemoryStream stream_;
    std::array<Value, paths.size()> values_{};
    std::string problem_;
    std::size_t depth_ = 0;
    Value* next_ = nullptr;  // the member whose value comes next, if it is one of ours
    Value* open_ = nullptr;  // the outermost object's member that is being read
};

}  // namespace pumphouse::protocol
