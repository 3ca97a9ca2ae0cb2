// SPDX-License-Identifier: MIT
//
// read: a frame's text becomes a request or an error. No document is built: RapidJSON's reader
// walks once over the text, and what is kept is the few members that the protocol knows. Bounded
// in size and depth, without state, from any thread. Throws nothing but std::bad_alloc.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <pumphouse/protocol/error.hpp>
#include <pumphouse/protocol/member_scan.hpp>
#include <pumphouse/protocol/requests.hpp>
#include <pumphouse/transport/utf8.hpp>

namespace pumphouse::protocol {

/// 2^53 - 1: the largest integer that every JSON reader keeps exactly (RFC 8259, section 6).
inline constexpr std::uint64_t max_offset = (std::uint64_t{1} << 53) - 1;

/// 16 hexadecimal digits, lower case, and nothing else.
inline std::optional<std::uint64_t> read_epoch(std::string_view text) noexcept {
    if (text.size() != 16) return std::nullopt;
    for (char const c : text) {
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) return std::nullopt;
    }
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return value;
}

inline std::optional<std::uint64_t> read_offset(std::string_view text) noexcept {
    std::uint64_t value = 0;
    char const* const end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || value > max_offset) return std::nullopt;
    return value;
}

namespace detail {

/// Takes members out of a scanned frame; the first that is wrong is the answer.
class RequestBuilder {
public:
    using Member = MemberScan::Member;

    RequestBuilder(MemberScan& scan, ReadLimits const& limits) : scan_{scan}, limits_{limits} {}

    std::variant<Request, Error> build() {
        Request request;
        if (scan_[Member::request_id].is_there()) {
            request.request_id = text(Member::request_id, limits_.max_request_id_bytes);
        }
        if (failed_) return std::move(error_);
        request.body = body();
        request.trace = trace();
        if (!failed_) return request;
        error_.request_id = std::move(request.request_id);
        return std::move(error_);
    }

private:
    decltype(Request::body) body() {
        if (!scan_[Member::type].is_there()) return fail(ErrorCode::missing_type), Ping{};
        std::string type = text(Member::type, limits_.max_message_bytes);
        if (failed_) return Ping{};
        if (type == "join_room") return join_room();
        if (type == "leave_room") return LeaveRoom{room()};
        if (type == "room_message") return RoomMessage{room(), data()};
        if (type == "broadcast") {
            bool const has_room = scan_[Member::room].is_there();
            return Broadcast{has_room ? room() : std::string{}, data()};
        }
        if (type == "private_message") {
            return PrivateMessage{text(Member::to, limits_.max_message_bytes), data()};
        }
        if (type == "echo") return Echo{data()};
        if (type == "ping") return Ping{};
        if (type == "refresh_token") {
            return RefreshToken{text(Member::token, limits_.max_message_bytes), scan_.frame()};
        }
        return OtherRequest{std::move(type), scan_.frame()};
    }

    JoinRoom join_room() {
        JoinRoom join{room()};
        auto const& history = scan_[Member::history];
        if (history.is_there() && !history.is_boolean()) {
            fail(ErrorCode::invalid_field, Member::history, "expected true or false");
        }
        join.history = history.kind != MemberScan::Kind::no;
        auto const& since = scan_[Member::since];
        if (!since.is_there()) return join;
        if (since.kind != MemberScan::Kind::object) {
            fail(ErrorCode::invalid_field, Member::since, "expected an object");
            return join;
        }
        join.since = Position{number(Member::epoch, MemberScan::Kind::string, &read_epoch,
                                     "expected a string of 16 hexadecimal digits, lower case"),
                              number(Member::offset, MemberScan::Kind::number, &read_offset,
                                     "expected an integer from 0 to 9007199254740991")};
        return join;
    }

    std::uint64_t number(Member which, MemberScan::Kind kind,
                         std::optional<std::uint64_t> (*convert)(std::string_view) noexcept,
                         std::string_view expected) {
        auto const& found = scan_[which];
        if (!found.is_there()) return fail(ErrorCode::missing_field, which), 0;
        auto const value = found.kind == kind ? convert(found.text) : std::nullopt;
        if (!value) fail(ErrorCode::invalid_field, which, expected);
        return value.value_or(0);
    }

    std::string room() {
        std::string name = text(Member::room, limits_.max_room_bytes);
        for (char const c : name) {
            if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) continue;
            fail(ErrorCode::invalid_field, Member::room, "expected no control characters");
            break;
        }
        return name;
    }

    RawJson data() {
        auto const& found = scan_[Member::data];
        if (found.kind == MemberScan::Kind::absent) fail(ErrorCode::missing_field, Member::data);
        return scan_.raw(Member::data);
    }

    // Malformed, it is as good as none: no error is made of what only the operator looks at.
    std::optional<TraceContext> trace() const {
        auto const& found = scan_[Member::traceparent];
        if (found.kind != MemberScan::Kind::string) return std::nullopt;
        return read_traceparent(found.text);
    }

    // An unpaired \udc00 is JSON, and makes a string that is no UTF-8.
    std::string text(Member which, std::size_t max_bytes) {
        auto& found = scan_[which];
        if (!found.is_there()) {
            fail(ErrorCode::missing_field, which);
        } else if (found.kind != MemberScan::Kind::string || found.text.empty() ||
                   found.text.size() > max_bytes || !is_utf8(found.text)) {
            fail(ErrorCode::invalid_field, which,
                 "expected a string of 1 to " + std::to_string(max_bytes) + " bytes of UTF-8");
        }
        return std::move(found.text);
    }

    // The first failure is the one that counts.
    void fail(ErrorCode code) {
        if (!std::exchange(failed_, true)) error_ = Error{code};
    }
    void fail(ErrorCode code, Member where, std::string_view why = {}) {
        if (failed_) return;
        fail(code);
        error_.path = MemberScan::path_of(where);
        error_.detail = why;
    }

    MemberScan& scan_;
    ReadLimits const& limits_;
    bool failed_ = false;
    Error error_;
};

}  // namespace detail

/// The request in a text frame, or what is wrong with it. What the request borrows is the frame's.
inline std::variant<Request, Error> read(std::string_view frame, ReadLimits const& limits = {}) {
    if (frame.size() > limits.max_message_bytes) {
        Error error{ErrorCode::too_large};
        error.detail = "expected at most " + std::to_string(limits.max_message_bytes) + " bytes";
        return error;
    }
    MemberScan scan{frame, limits.max_depth};
    if (!scan) {
        Error error{ErrorCode::invalid_format};
        error.detail = scan.problem();
        return error;
    }
    return detail::RequestBuilder{scan, limits}.build();
}

}  // namespace pumphouse::protocol
