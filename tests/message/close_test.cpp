// SPDX-License-Identifier: MIT
//
// message/close.hpp's table: each code once, in the ranges it promises, and which may be sent.
#include <set>

#include <pumphouse/message/close.hpp>
#include <pumphouse/message/opcode.hpp>

#include "support/catch.hpp"

using namespace pumphouse;

TEST_CASE("close: every code is in the table once, with a text that fits a close frame") {
    std::set<CloseCode> codes;
    for (auto const& row : close_code_texts) {
        CHECK(codes.insert(row.code).second);
        CHECK_FALSE(row.text.empty());
        CHECK(row.text.size() <= max_control_bytes - 2);
        CHECK(text_of(row.code) == row.text);
    }
}

TEST_CASE("close: codes are RFC 6455's, or say by their range whether to reconnect") {
    for (auto const& row : close_code_texts) {
        auto const code = static_cast<int>(row.code);
        bool const is_rfc = code >= 1000 && code <= 1015;
        bool const is_ours = code >= 3000 && code <= 3999;
        CHECK((is_rfc || is_ours));
    }
    for (auto code : {CloseCode::drain, CloseCode::token_expired, CloseCode::slow,
                      CloseCode::position_lost, CloseCode::no_pong, CloseCode::rate}) {
        CHECK(static_cast<int>(code) < 3500);
    }
    for (auto code : {CloseCode::invalid_token, CloseCode::bad_request, CloseCode::kicked,
                      CloseCode::not_permitted}) {
        CHECK(static_cast<int>(code) >= 3500);
    }
}

TEST_CASE("close: a code that RFC 6455 keeps off the wire is not sendable") {
    for (int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
        CHECK_FALSE(is_sendable(static_cast<std::uint16_t>(code)));
    }
    for (int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000,
                     3999, 4000, 4999}) {
        CHECK(is_sendable(static_cast<std::uint16_t>(code)));
    }
    for (auto const& row : close_code_texts) {
        bool const is_local = row.code == CloseCode::no_code || row.code == CloseCode::abnormal;
        CHECK(is_sendable(static_cast<std::uint16_t>(row.code)) == !is_local);
    }
}

TEST_CASE("close: an unknown code has a text too") {
    CHECK(text_of(static_cast<CloseCode>(4321)) == "closed");
}

TEST_CASE("close: only closes of a normal day are expected") {
    std::set<CloseCode> const expected{CloseCode::normal, CloseCode::going_away,
                                       CloseCode::no_code};
    for (auto const& row : close_code_texts) {
        CHECK(is_expected(row.code) == (expected.count(row.code) == 1));
    }
}
