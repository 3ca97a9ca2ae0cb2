// SPDX-License-Identifier: MIT
//
// docs/protocol.md is right: its examples are what the library reads and writes, its tables name
// what there is.

#include <pumphouse/message/close.hpp>
#include <pumphouse/protocol/envelope.hpp>
#include <pumphouse/protocol/read.hpp>
#include <pumphouse/protocol/write.hpp>

#include "protocol/specification.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <set>

using namespace pumphouse::protocol;
using pumphouse::Position;

namespace {

constexpr Position lobby(std::uint64_t offset) { return {0x71c0de5512ab9f03, offset}; }
constexpr std::string_view ada = "a3f81c5e9d0b7264";
constexpr std::string_view bob = "0e44b7c21f6a9d35";

Timestamp const then = std::chrono::sys_days{std::chrono::January / 2 / 2026} +
                       std::chrono::hours{3} + std::chrono::minutes{4} +
                       std::chrono::milliseconds{5678};

/// As the room's log has it.
template <typename Answer>
std::string in_room(Position at, Answer const& answer) {
    std::string out(envelope_bytes, '?');
    write_envelope(at, out.data());
    write(answer, out, Half::second);
    return out;
}

/// Everything that the page shows the server saying, in its order.
std::vector<std::string> what_the_server_says() {
    std::vector<std::string> const members{"ada", "bob"};
    std::vector<std::string> const came{"eve", "zoe"};
    std::vector<std::string> const went{"bob"};
    std::vector<std::string> const eve{"eve"};
    constexpr auto others = Said::To::others;
    constexpr auto all = Said::To::all;
    using std::chrono::seconds;
    Error unknown{ErrorCode::unknown_type};
    unknown.request_id = "7";
    Error invalid{ErrorCode::invalid_field};
    invalid.path = "/since/offset";
    invalid.detail = "expected an integer from 0 to 9007199254740991";
    Error not_in_room{ErrorCode::not_in_room};
    not_in_room.room = "garden";
    return {
        written(Welcome{.id = ada,
                        .epoch = 0x5d1f0c3b9a8e7742,
                        .user = "ada",
                        .max_rooms = 1024,
                        .ping_interval = seconds{54},
                        .pong_wait = seconds{60},
                        .timestamp = then}),
        written(RoomJoined{.room = "lobby", .position = lobby(0), .timestamp = then}),
        written(RoomJoined{.room = "lobby",
                           .request_id = "7",
                           .position = lobby(45),
                           .recovered = true,
                           .replayed = 3,
                           .members = members,
                           .timestamp = then}),
        written(RoomLeft{.room = "lobby", .request_id = "8"}),
        written(RoomLeft{.room = "ticker", .reason = LeftReason::too_slow}),
        in_room(lobby(43), Said{others, "lobby", ada, "ada", R"({"text":"hello"})", then}),
        in_room(lobby(44), Said{all, "lobby", bob, "", R"({"text":"hello all"})", then}),
        in_room({0xc5a1be0042d97e6f, max_offset},
                Said{all, "lobby", "", "", R"("maintenance at noon")", then}),
        written(Said{all, "", "", "", R"("maintenance at noon")", then}),
        written(Said{others, "cursors/7", ada, "", "[12,40]", then}),
        in_room(lobby(45), Said{others, "lobby", ada, "ada", R"({"text":"traced"})", then,
                                "00-0af7651916cd43dd8448eb211c80319c-3f2a9d0c71b5e846-01"}),
        written(SaidInPrivate{ada, "ada", bob, R"({"text":"psst"})", then}),
        written(Notification{"n-17", "ada", "mention", "Bob mentioned you", "in lobby",
                             R"({"room":"lobby"})", then}),
        in_room(lobby(46), UsersChanged{true, "lobby", came, then}),
        in_room(lobby(47), UsersChanged{false, "lobby", went, then}),
        written(UsersChanged{true, "", eve, then}),
        written(UsersChanged{false, "", eve, then}),
        written(GapNotice{"ticker", {43, 60}}),
        written(GapNotice{"", {3, 3}}),
        written(Ack{"9"}),
        written(EchoAnswer{"12", R"({"any":"thing"})", then}),
        written(Pong{"13", then}),
        written(TokenRefreshed{"14", Milliseconds{3'600'000}, then}),
        written(TokenRefreshed{"15", {}, then}),
        written(ServerShutdown{seconds{5}, then}),
        written(unknown),
        written(invalid),
        written(not_in_room),
    };
}

/// A request as text, to compare with what the page's reader understands.
std::string understood(std::string_view frame) {
    auto const result = read(frame);
    if (auto const* const error = std::get_if<Error>(&result)) return error->code;
    auto const& request = std::get<Request>(result);
    auto const text = [](auto const& body) -> std::string {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<Body, JoinRoom>) {
            auto const since = body.since ? epoch_text(body.since->epoch) + " " +
                                                std::to_string(body.since->offset)
                                          : std::string{body.history ? "history" : "now"};
            return "join_room " + body.room + " " + since;
        } else if constexpr (std::is_same_v<Body, LeaveRoom>) {
            return "leave_room " + body.room;
        } else if constexpr (std::is_same_v<Body, RoomMessage>) {
            return "room_message " + body.room + " " + std::string{body.data};
        } else if constexpr (std::is_same_v<Body, Broadcast>) {
            return "broadcast " + body.room + " " + std::string{body.data};
        } else if constexpr (std::is_same_v<Body, PrivateMessage>) {
            return "private_message " + body.to + " " + std::string{body.data};
        } else if constexpr (std::is_same_v<Body, Echo>) {
            return "echo " + std::string{body.data};
        } else if constexpr (std::is_same_v<Body, Ping>) {
            return "ping";
        } else if constexpr (std::is_same_v<Body, RefreshToken>) {
            return "refresh_token " + body.token;
        } else {
            return "other " + body.type;
        }
    };
    std::string trace;
    if (request.trace) trace = " of " + pumphouse::hexadecimal(request.trace->span_id.data(), 8);
    return std::visit(text, request.body) + " #" + request.request_id + trace;
}

std::vector<std::string> lines_of(std::string_view kind) {
    std::vector<std::string> lines;
    for (auto const& example : support::examples(kind)) {
        lines.insert(lines.end(), example.lines.begin(), example.lines.end());
    }
    return lines;
}

}  // namespace

TEST_CASE("every example of what a client sends is understood as the page says") {
    std::vector<std::string> const expected{
        "join_room lobby history #",
        "join_room lobby now #7",
        "join_room lobby 71c0de5512ab9f03 42 #",
        "leave_room lobby #8",
        R"(room_message lobby {"text":"hello"} #)",
        R"(room_message lobby [1,2.5,"three",null] #9)",
        R"(room_message lobby {"text":"traced"} # of b7ad6b7169203331)",
        R"(broadcast lobby {"text":"hello all"} #10)",
        R"(broadcast  "maintenance at noon" #)",
        R"(private_message 0e44b7c21f6a9d35 {"text":"psst"} #11)",
        R"(echo {"any":"thing"} #12)",
        "ping #",
        "ping #13",
        "refresh_token eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmVk #14",
    };
    std::vector<std::string> seen;
    for (auto const& line : lines_of("json client")) seen.push_back(understood(line));
    CHECK(seen == expected);
}

TEST_CASE("every example of what the server sends is exactly what it writes") {
    auto const examples = lines_of("json server");
    auto const expected = what_the_server_says();
    REQUIRE(examples.size() == expected.size());
    for (std::size_t i = 0; i < examples.size(); ++i) CHECK(examples[i] == expected[i]);
}

TEST_CASE("every example is a JSON object of its own") {
    for (auto const kind : {"json client", "json server"}) {
        for (auto const& line : lines_of(kind)) {
            INFO(line);
            CHECK(std::holds_alternative<Request>(read(line)));
        }
    }
}

TEST_CASE("the page's table of errors is the library's") {
    auto const rows = support::table_below("Errors");
    REQUIRE(rows.size() == error_texts.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        CHECK(rows[i][0] == "`" + std::string{error_texts[i].name} + "`");
        CHECK(rows[i][1] == error_texts[i].sentence);
        CHECK(text_of(error_texts[i].code).name == error_texts[i].name);
    }
}

TEST_CASE("the page's table of close codes has every code that a peer can see") {
    std::set<int> documented;
    for (auto const& row : support::table_below("Close codes")) {
        int code = 0;
        std::from_chars(row[0].data(), row[0].data() + row[0].size(), code);
        documented.insert(code);
        if (code >= 3000) CHECK((row[2].starts_with("comes back")) == (code < 3500));
    }
    std::set<int> expected;
    for (auto const& row : pumphouse::close_code_texts) {
        if (row.code != pumphouse::CloseCode::no_code) expected.insert(static_cast<int>(row.code));
    }
    CHECK(documented == expected);
}

TEST_CASE("the page's table of fields has every member of every example") {
    std::set<std::string> documented{"notification", "limits", "heartbeat", "protocol"};
    for (auto const& row : support::table_below("Fields")) {
        for (std::size_t at = 0; (at = row[0].find('`', at)) != std::string::npos;) {
            auto const end = row[0].find('`', at + 1);
            documented.insert(row[0].substr(at + 1, end - at - 1));
            at = end + 1;
        }
    }
    for (auto const kind : {"json client", "json server"}) {
        for (auto const& line : lines_of(kind)) {
            int depth = 0;
            for (std::size_t at = 0; at < line.size(); ++at) {
                if (line[at] == '{' || line[at] == '[') ++depth;
                if (line[at] == '}' || line[at] == ']') --depth;
                if (line[at] != '"') continue;
                auto const end = line.find('"', at + 1);
                auto const name = line.substr(at + 1, end - at - 1);
                bool const is_key = depth == 1 && end + 1 < line.size() && line[end + 1] == ':';
                if (is_key) CHECK(documented.contains(name));
                at = end;
            }
        }
    }
}
