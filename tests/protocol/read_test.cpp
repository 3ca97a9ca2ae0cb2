// SPDX-License-Identifier: MIT
//
// What a client may send and what it is answered when it sends something else.

#include <pumphouse/protocol/read.hpp>

#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace pumphouse::protocol;

namespace {

Request request(std::string_view frame) {
    auto result = read(frame);
    INFO("frame: " << frame);
    if (auto const* const error = std::get_if<Error>(&result)) {
        FAIL(error->code << " " << error->path << " " << error->detail);
    }
    return std::get<Request>(std::move(result));
}

Error error(std::string_view frame, ReadLimits const& limits = {}) {
    auto result = read(frame, limits);
    INFO("frame: " << frame.substr(0, 200));
    REQUIRE(std::holds_alternative<Error>(result));
    return std::get<Error>(std::move(result));
}

template <typename Body>
Body body(std::string_view frame) {
    Request const all = request(frame);
    REQUIRE(std::holds_alternative<Body>(all.body));
    return std::get<Body>(all.body);
}

struct Malformed {
    std::string frame;
    std::string_view code;
    std::string_view path = {};
};

std::string nested(std::size_t levels, char open, char close) {
    return std::string(levels, open) + std::string(levels, close);
}

std::string join(std::string const& members) {
    return R"({"type":"join_room","room":"lobby",)" + members + "}";
}

}  // namespace

TEST_CASE("whatever is no JSON object of the protocol is an error with its code") {
    using namespace std::string_literals;
    std::vector<Malformed> const table{
        // no JSON object
        {"", "invalid_format"},
        {" ", "invalid_format"},
        {"nonsense", "invalid_format"},
        {"{", "invalid_format"},
        {"}", "invalid_format"},
        {"[]", "invalid_format"},
        {"null", "invalid_format"},
        {"true", "invalid_format"},
        {"\"ping\"", "invalid_format"},
        {"5", "invalid_format"},
        {R"({"type":"ping"}})", "invalid_format"},
        {R"({"type":"ping"}{"type":"ping"})", "invalid_format"},
        {R"({"type":"ping"} x)", "invalid_format"},
        {R"({"type":"ping",})", "invalid_format"},
        {R"({'type':'ping'})", "invalid_format"},
        {R"({type:"ping"})", "invalid_format"},
        {R"({"type":"ping")", "invalid_format"},
        {R"({"type":"pi)", "invalid_format"},
        {R"({"type" "ping"})", "invalid_format"},
        {R"(// hello
            {"type":"ping"})", "invalid_format"},
        {"\xef\xbb\xbf{\"type\":\"ping\"}", "invalid_format"},
        {"{\"type\":\"ping\"}\0"s, "invalid_format"},
        {"{\"type\":\"ping\"}\0{}"s, "invalid_format"},
        {"{\"type\":\"pi\0ng\"}"s, "invalid_format"},
        {"\0"s, "invalid_format"},
        {"{\"type\":\"echo\",\"data\":\"line\nbreak\"}", "invalid_format"},
        // no Unicode
        {"{\"type\":\"\xff\"}", "invalid_format"},
        {"{\"type\":\"echo\",\"data\":\"\xc0\x80\"}", "invalid_format"},
        {"{\"type\":\"echo\",\"data\":\"\xed\xa0\x80\"}", "invalid_format"},
        {"{\"type\":\"echo\",\"\xfe\":1,\"data\":1}", "invalid_format"},
        {R"({"type":"echo","data":"\ud800"})", "invalid_format"},
        {R"({"type":"echo","data":"\u12g4"})", "invalid_format"},
        {R"({"type":"echo","data":"\x41"})", "invalid_format"},
        // no numbers
        {R"({"type":"echo","data":01})", "invalid_format"},
        {R"({"type":"echo","data":+1})", "invalid_format"},
        {R"({"type":"echo","data":1.})", "invalid_format"},
        {R"({"type":"echo","data":.5})", "invalid_format"},
        {R"({"type":"echo","data":1e})", "invalid_format"},
        {R"({"type":"echo","data":1e309})", "invalid_format"},  // no double holds it
        {R"({"type":"echo","data":NaN})", "invalid_format"},
        {R"({"type":"echo","data":-Infinity})", "invalid_format"},
        // too deep
        {R"({"type":"echo","data":)" + nested(16, '[', ']') + "}", "invalid_format"},
        {R"({"type":"echo","other":)" + nested(16, '[', ']') + R"(,"data":1})", "invalid_format"},
        {std::string(30'000, '['), "invalid_format"},
        {std::string(30'000, '{'), "invalid_format"},
        // the same member twice
        {R"({"type":"echo","type":"ping","data":1})", "invalid_format"},
        {R"({"type":"echo","data":1,"data":2})", "invalid_format"},
        {R"({"type":"leave_room","room":"a","room":"b"})", "invalid_format"},
        {R"({"type":"echo","t\u0079pe":"ping","data":1})", "invalid_format"},
        {join(R"("since":{"epoch":"0000000000000000","offset":1,"offset":2})"), "invalid_format"},
        // no type
        {"{}", "missing_type"},
        {R"({"room":"lobby"})", "missing_type"},
        {R"({"type":null})", "missing_type"},
        {R"({"Type":"ping"})", "missing_type"},
        {R"({"data":{"type":"ping"}})", "missing_type"},
        {R"({"type":5})", "invalid_field", "/type"},
        {R"({"type":["ping"]})", "invalid_field", "/type"},
        {R"({"type":{"type":"ping"}})", "invalid_field", "/type"},
        {R"({"type":""})", "invalid_field", "/type"},
        {R"({"type":"\udc00"})", "invalid_field", "/type"},
        // request_id
        {R"({"type":"ping","request_id":7})", "invalid_field", "/request_id"},
        {R"({"type":"ping","request_id":""})", "invalid_field", "/request_id"},
        {R"({"type":"ping","request_id":")" + std::string(65, 'x') + "\"}", "invalid_field",
         "/request_id"},
        {R"({"type":"ping","request_id":"\udc00"})", "invalid_field", "/request_id"},
        // rooms
        {R"({"type":"join_room"})", "missing_field", "/room"},
        {R"({"type":"join_room","room":null})", "missing_field", "/room"},
        {R"({"type":"join_room","room":""})", "invalid_field", "/room"},
        {R"({"type":"join_room","room":7})", "invalid_field", "/room"},
        {R"({"type":"join_room","room":"\u0000"})", "invalid_field", "/room"},
        {R"({"type":"join_room","room":"\u0001lobby"})", "invalid_field", "/room"},
        {R"({"type":"join_room","room":"a\nb"})", "invalid_field", "/room"},
        {R"({"type":"join_room","room":"a\u007f"})", "invalid_field", "/room"},
        {R"({"type":"join_room","room":"\udc00"})", "invalid_field", "/room"},
        {R"({"type":"join_room","room":")" + std::string(256, 'x') + "\"}", "invalid_field",
         "/room"},
        {R"({"type":"leave_room"})", "missing_field", "/room"},
        {R"({"type":"leave_room","room":false})", "invalid_field", "/room"},
        {R"({"type":"room_message","data":1})", "missing_field", "/room"},
        {R"({"type":"room_message","room":["a"],"data":1})", "invalid_field", "/room"},
        {R"({"type":"broadcast","room":"","data":1})", "invalid_field", "/room"},
        // data
        {R"({"type":"room_message","room":"a"})", "missing_field", "/data"},
        {R"({"type":"broadcast"})", "missing_field", "/data"},
        {R"({"type":"broadcast","room":"a"})", "missing_field", "/data"},
        {R"({"type":"private_message","to":"a"})", "missing_field", "/data"},
        {R"({"type":"echo"})", "missing_field", "/data"},
        // to
        {R"({"type":"private_message","data":1})", "missing_field", "/to"},
        {R"({"type":"private_message","to":1,"data":1})", "invalid_field", "/to"},
        {R"({"type":"private_message","to":"","data":1})", "invalid_field", "/to"},
        // since, history
        {join(R"("since":1)"), "invalid_field", "/since"},
        {join(R"("since":[])"), "invalid_field", "/since"},
        {join(R"("since":["epoch","offset"])"), "invalid_field", "/since"},
        {join(R"("since":"now")"), "invalid_field", "/since"},
        {join(R"("since":{})"), "missing_field", "/since/epoch"},
        {join(R"("since":{"offset":1})"), "missing_field", "/since/epoch"},
        {join(R"("since":{"epoch":"0123456789abcdef"})"), "missing_field", "/since/offset"},
        {join(R"("since":{"x":{"epoch":"0123456789abcdef","offset":1}})"), "missing_field",
         "/since/epoch"},
        {join(R"("since":{"epoch":1,"offset":1})"), "invalid_field", "/since/epoch"},
        {join(R"("since":{"epoch":"0123456789ABCDEF","offset":1})"), "invalid_field",
         "/since/epoch"},
        {join(R"("since":{"epoch":"0123456789abcde","offset":1})"), "invalid_field",
         "/since/epoch"},
        {join(R"("since":{"epoch":"0123456789abcdef0","offset":1})"), "invalid_field",
         "/since/epoch"},
        {join(R"("since":{"epoch":"0123456789abcdef","offset":"1"})"), "invalid_field",
         "/since/offset"},
        {join(R"("since":{"epoch":"0123456789abcdef","offset":-1})"), "invalid_field",
         "/since/offset"},
        {join(R"("since":{"epoch":"0123456789abcdef","offset":1.0})"), "invalid_field",
         "/since/offset"},
        {join(R"("since":{"epoch":"0123456789abcdef","offset":1e3})"), "invalid_field",
         "/since/offset"},
        {join(R"("since":{"epoch":"0123456789abcdef","offset":9007199254740992})"),
         "invalid_field", "/since/offset"},
        {join(R"("since":{"epoch":"0123456789abcdef","offset":99999999999999999999})"),
         "invalid_field", "/since/offset"},
        {join(R"("since":{"epoch":"0123456789abcdef","offset":[1]})"), "invalid_field",
         "/since/offset"},
        {join(R"("history":1)"), "invalid_field", "/history"},
        {join(R"("history":"no")"), "invalid_field", "/history"},
        // too large
        {R"({"type":"echo","data":")" + std::string(65'536, 'x') + "\"}", "too_large"},
    };
    for (auto const& row : table) {
        Error const seen = error(row.frame);
        INFO("frame: " << row.frame.substr(0, 200) << "\ndetail: " << seen.detail);
        CHECK(seen.code == row.code);
        CHECK(seen.path == row.path);
        CHECK_FALSE(seen.message.empty());
    }
}

TEST_CASE("an error names its request when that could be read, wherever it stands") {
    CHECK(error(R"({"type":"echo","request_id":"7"})").request_id == "7");
    CHECK(error(R"({"request_id":"7"})").request_id == "7");
    CHECK(error(R"({"type":"leave_room","room":"","request_id":"7"})").request_id == "7");
    CHECK(error(R"({"type":"echo","request_id":"\ud83d\ude00"})").request_id == "\U0001f600");
    CHECK(error(R"({"type":"echo","request_id":7})").request_id.empty());
}

TEST_CASE("data is passed on byte for byte, wherever it stands") {
    for (std::string_view const data :
         {"1", "-0", "1e308", "123456789012345678901234567890", "0.10", "true", "false", "null",
          "\"\"", R"("a\u00e9\/\"\\")", R"("\udc00")", "[]", "{}", "[ 1 , 2 ]",
          R"({"type":"join_room","data":[{"data":1,"data":2}]})", "\"\xf0\x9f\x98\x80\"",
          "{ \"a\" :\t[\r\n] }"}) {
        INFO("data: " << data);
        std::string const json{data};
        CHECK(body<Echo>(R"({"type":"echo","data":)" + json + "}").data == data);
        CHECK(body<Echo>(R"({"data":)" + json + R"(,"type":"echo"})").data == data);
        CHECK(body<Echo>("{ \"data\" \n:\t " + json + " , \"type\" : \"echo\" } ").data == data);
    }
}

TEST_CASE("a room's name may hold any characters but control characters") {
    for (std::string_view const room :
         {"a", " ", "lobby/1?x=y#z", "\xc3\xa9\xf0\x9f\x98\x80", "<script>", "\\\""}) {
        std::string frame = R"({"type":"leave_room","room":")";
        for (char const c : room) {
            if (c == '"' || c == '\\') frame += '\\';
            frame += c;
        }
        CHECK(body<LeaveRoom>(frame + "\"}").room == room);
    }
    CHECK(body<LeaveRoom>(R"({"type":"leave_room","room":"\u00e9\ud83d\ude00"})").room ==
          "\xc3\xa9\xf0\x9f\x98\x80");
    std::string const longest(255, 'x');
    CHECK(body<LeaveRoom>(R"({"type":"leave_room","room":")" + longest + "\"}").room == longest);
}

TEST_CASE("null is as good as nothing, but in data") {
    auto const joined = body<JoinRoom>(join(R"("since":null,"history":null,"request_id":null)"));
    CHECK_FALSE(joined.since);
    CHECK(joined.history);
    CHECK(body<Broadcast>(R"({"type":"broadcast","room":null,"data":null})").room.empty());
}

TEST_CASE("limits are what they say and no less") {
    ReadLimits const limits{
        .max_message_bytes = 40, .max_depth = 2, .max_room_bytes = 3, .max_request_id_bytes = 2};
    auto const is_fine = [&](std::string_view frame) {
        return std::holds_alternative<Request>(read(frame, limits));
    };
    CHECK(is_fine(R"({"type":"leave_room","room":"abc"})"));
    CHECK(error(R"({"type":"leave_room","room":"abcd"})", limits).path == "/room");
    CHECK(is_fine(R"({"type":"ping","request_id":"ab"})"));
    CHECK(error(R"({"type":"ping","request_id":"abc"})", limits).path == "/request_id");
    CHECK(is_fine(R"({"type":"echo","data":[]})"));
    CHECK(error(R"({"type":"echo","data":[[]]})", limits).code == "invalid_format");
    CHECK(is_fine(R"({"type":"echo","data":"xxxxxxxxxxxxxxx"})"));
    CHECK(error(R"({"type":"echo","data":"xxxxxxxxxxxxxxxx"})", limits).code == "too_large");
}

TEST_CASE("every message cut short anywhere is an error and never crashes") {
    std::string const whole = join(R"("since":{"epoch":"0123456789abcdef","offset":12},)"
                                   R"("history":false,"data":["\u00e9"])");
    request(whole);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        // Bytes of its own, so that a sanitizer sees a read past the end.
        std::vector<char> const cut{whole.begin(), whole.begin() + static_cast<long>(length)};
        CHECK(error({cut.data(), cut.size()}).code == "invalid_format");
    }
}

TEST_CASE("a type of the host's own is passed on whole") {
    std::string_view const frame = R"({"type":"set_name","request_id":"3","name":"Ada"})";
    auto const all = request(frame);
    CHECK(all.request_id == "3");
    CHECK(std::get<OtherRequest>(all.body).type == "set_name");
    CHECK(std::get<OtherRequest>(all.body).json == frame);
}
