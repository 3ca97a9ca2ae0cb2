// SPDX-License-Identifier: MIT
//
// codec/json/: fields declared once give encode, decode, and errors with path and expectation;
// bounds of every kind; nothing that comes in crashes, throws or overflows.
#include <iomanip>  // before it, for std::quoted must not be taken for the library's own

#include <pumphouse/json.hpp>

#include <limits>
#include <random>
#include <string>

#include <pumphouse/testing/codec_conformance.hpp>

#include "codec/json/messages.hpp"
#include "support/catch.hpp"

using namespace pumphouse;
using messages::Any;
using messages::Order;
using Kind = JsonError::Kind;

namespace theirs {

// As if from somebody else's header.
struct Vector {
    float x;
    float y;
};
constexpr auto json_fields(Vector const*) {
    return json::fields(json::field("x", &Vector::x), json::field("y", &Vector::y));
}

}  // namespace theirs

namespace {

static_assert(Codec<JsonCodec<Any>>);
static_assert(Codec<JsonCodec<Order, JsonOptions{.max_depth = 4}>>);

/// The error's kind and line, for one comparison.
template <typename T = Any>
std::pair<Kind, std::string> error_of(std::string_view text, JsonOptions const& options = {}) {
    auto const result = json::decode<T>(text, options);
    return {result.error.kind, result.error.text()};
}
using Error = std::pair<Kind, std::string>;

template <typename T>
struct Holder {
    T value{};
    static constexpr auto json_fields() { return json::fields(json::field("v", &Holder::value)); }
};

template <typename T>
std::optional<T> decoded(std::string_view text) {
    auto const result = json::decode<Holder<T>>(text);
    if (!result) return std::nullopt;
    return result.value->value;
}

template <typename Whole>
void check_range() {
    using Limits = std::numeric_limits<Whole>;
    for (auto const each : {Limits::min(), Limits::max(), Whole{7}}) {
        CHECK(decoded<Whole>(R"({"v":)" + std::to_string(each) + "}") == each);
        CHECK(json::encode(Holder<Whole>{each}) == R"({"v":)" + std::to_string(each) + "}");
    }
    // One past either end: more digits than a type could hold are no number of it either.
    for (auto const* each : {"18446744073709551616", "-9223372036854775809", "1e30"}) {
        auto const [kind, text] = error_of<Holder<Whole>>(std::string{R"({"v":)"} + each + "}");
        CHECK(kind == Kind::out_of_range);
        CHECK(text.starts_with("v: "));
    }
    if constexpr (sizeof(Whole) < sizeof(std::int64_t)) {
        auto const past = std::to_string(std::int64_t{Limits::max()} + 1);
        CHECK(error_of<Holder<Whole>>(R"({"v":)" + past + "}") ==
              Error{Kind::out_of_range, "v: " + past + " is not in " +
                                            std::to_string(Limits::min()) + " to " +
                                            std::to_string(Limits::max())});
    }
}

}  // namespace

TEST_CASE("json: what was encoded decodes to the same value") {
    for (auto const& each : messages::samples()) {
        std::string const text = json::encode(each);
        auto const back = json::decode<Any>(text);
        INFO(text << ": " << back.error.text());
        REQUIRE(back);
        CHECK(*back.value == each);
        CHECK(json::encode(*back.value) == text);
    }
}

TEST_CASE("json: encode writes the type first, then the fields as declared, without the empty") {
    CHECK(json::encode(Any{messages::Leave{}}) == R"({"type":"leave","why":null})");
    CHECK(json::encode(Any{messages::order("n")}) == R"({"type":"order","name":"n","side":"buy"})");
    Order order = messages::order("");
    order.tiny = -1;
    order.limit = 0;
    order.data.text = R"({"x": 1})";
    CHECK(json::encode(order) ==
          R"({"type":"order","tiny":-1,"name":"","side":"buy","limit":0,"data":{"x": 1}})");
    CHECK(json::encode(theirs::Vector{0.1F, 2}) == R"({"x":0.1,"y":2})");
    CHECK(json::encode(std::vector<theirs::Vector>{}) == "[]");
}

TEST_CASE("json: encode never writes what a peer may not accept") {
    using Strings = std::vector<std::string>;
    CHECK(json::encode(Strings{"\xff", "a\xc3", "\xed\xa0\x80", "\xf0\x9f\x98"}) ==
          "[\"\xef\xbf\xbd\",\"a\xef\xbf\xbd\",\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\","
          "\"\xef\xbf\xbd\"]");
    CHECK(json::encode(Strings{std::string("\0\x1f", 2)}) == R"(["\u0000\u001F"])");
    CHECK(json::encode(std::vector{std::numeric_limits<double>::infinity(),
                                   std::numeric_limits<double>::quiet_NaN()}) == "[null,null]");
    CHECK(json::encode(static_cast<messages::Side>(9)) == "null");
    CHECK(json::encode(RawJson{}) == "null");
}

TEST_CASE("json: every whole number has its range, and says so") {
    check_range<std::int8_t>();
    check_range<std::uint8_t>();
    check_range<std::int16_t>();
    check_range<std::uint16_t>();
    check_range<std::int32_t>();
    check_range<std::uint32_t>();
    check_range<std::int64_t>();
    check_range<std::uint64_t>();
    CHECK(error_of<Holder<int>>(R"({"v":1.5})") ==
          Error{Kind::wrong_type, "v: expected a whole number, got a fraction"});
    CHECK(error_of<Holder<unsigned>>(R"({"v":-1})") ==
          Error{Kind::out_of_range, "v: -1 is not in 0 to 4294967295"});
    CHECK(decoded<double>(R"({"v":18446744073709551615})") == 18446744073709551615.0);
    CHECK(decoded<double>(R"({"v":0.1})") == 0.1);
    CHECK(error_of<Holder<float>>(R"({"v":1e39})") ==
          Error{Kind::out_of_range, "v: the number is too large"});
    CHECK(error_of<Holder<double>>(R"({"v":1e309})").first == Kind::not_json);
}

TEST_CASE("json: an error names the path and what was expected") {
    auto const wrong = [](std::string_view text) { return error_of(text); };
    CHECK(wrong(R"({"type":"order","name":"n","moves":[{"x":1,"y":1},{"x":1,"y":2},{"x":"s"}]})") ==
          Error{Kind::wrong_type, "moves[2].x: expected a whole number, got a string"});
    CHECK(wrong(R"({"type":"order","name":"n","moves":[{"x":1,"y":1},{"x":1}]})") ==
          Error{Kind::missing_member, "moves[1].y: missing"});
    CHECK(wrong(R"({"type":"order","name":null})") ==
          Error{Kind::wrong_type, "name: expected a string, got null"});
    CHECK(wrong(R"({"type":"order","name":true})") ==
          Error{Kind::wrong_type, "name: expected a string, got true"});
    CHECK(wrong(R"({"type":"order","name":[]})") ==
          Error{Kind::wrong_type, "name: expected a string, got an array"});
    CHECK(wrong(R"({"type":"order","name":"","is_urgent":0})") ==
          Error{Kind::wrong_type, "is_urgent: expected true or false, got a number"});
    CHECK(wrong(R"({"type":"order","name":"","at":[]})") ==
          Error{Kind::wrong_type, "at: expected an object, got an array"});
    CHECK(wrong(R"({"type":"order","name":"","moves":{}})") ==
          Error{Kind::wrong_type, "moves: expected an array, got an object"});
    CHECK(wrong(R"({"type":"order","name":"","table":[[],["",{}]]})") ==
          Error{Kind::wrong_type, "table[1][1]: expected a string, got an object"});
    CHECK(wrong(R"({"type":"order","name":"","side":"hold"})") ==
          Error{Kind::unknown_name, R"(side: expected one of "buy" "sell", got "hold")"});
    CHECK(wrong(R"({"type":"order"})") == Error{Kind::missing_member, "name: missing"});
    CHECK(wrong("[]") == Error{Kind::wrong_type, "expected an object, got an array"});
    CHECK(wrong("7") == Error{Kind::wrong_type, "expected an object, got a number"});
}

TEST_CASE("json: a missing type and an unknown one are errors of their own") {
    CHECK(error_of(R"({"name":"n"})") == Error{Kind::missing_type, "type: missing"});
    CHECK(error_of("{}") == Error{Kind::missing_type, "type: missing"});
    CHECK(error_of(R"({"type":7})") == Error{Kind::missing_type, "type: expected a string"});
    CHECK(error_of(R"({"type":{"type":"order"}})").first == Kind::missing_type);
    CHECK(error_of(R"({"type":"fly"})") ==
          Error{Kind::unknown_type, R"(type: unknown type "fly")"});
    CHECK(error_of(R"({"type":"fly\ude00"})") ==
          Error{Kind::not_utf8, "type: an escape is half a surrogate pair"});
    auto const long_type = error_of(R"({"type":")" + std::string(39, 'x') + "\xc3\xa9y\"}");
    CHECK(long_type == Error{Kind::unknown_type,
                             "type: unknown type \"" + std::string(39, 'x') + "...\""});
    // Alone, without a variant around it, a message still is what its type says.
    CHECK(error_of<Order>(R"({"name":"n"})") == Error{Kind::missing_type, "type: missing"});
    CHECK(error_of<Order>(R"({"name":"n","type":"leave"})") ==
          Error{Kind::unknown_type, R"(type: expected "order", got "leave")"});
}

TEST_CASE("json: the type may stand anywhere in the message") {
    std::string const text = R"({"moves":[{"x":1,"y":2,"type":3}],"data":{"type":"leave"},)"
                             R"("name":"n" , "type" : "order" })";
    auto const result = json::decode<Any>(text);
    INFO(result.error.text());
    REQUIRE(result);
    Order const& order = std::get<Order>(*result.value);
    CHECK(order.moves.size() == 1);
    CHECK(order.data.text == R"({"type":"leave"})");
    CHECK(error_of(R"({"name":"n","type":"order","type":"order"})") ==
          Error{Kind::duplicate_member, "type: is there twice"});
    CHECK(error_of(R"({"name":"n",,"type":"order"})").first == Kind::not_json);
}

TEST_CASE("json: raw members keep their bytes, whatever they are") {
    using Raws = std::vector<RawJson>;
    auto const result = json::decode<Raws>(
        " [ 1.50 , -1e2,\"\\u0041\" ,{ \"a\" : [ ] }, [[]] ,null,true,[],{} ] ");
    REQUIRE(result);
    std::vector<std::string> texts;
    for (auto const& each : *result.value) texts.push_back(each.text);
    CHECK(texts == std::vector<std::string>{"1.50", "-1e2", R"("\u0041")", R"({ "a" : [ ] })",
                                            "[[]]", "null", "true", "[]", "{}"});
    CHECK(json::decode<RawJson>(" {} ").value->text == "{}");
    CHECK(json::decode<RawJson>("3").value->text == "3");
    CHECK(error_of<Raws>("[{\"a\":1,\"\\u0061\":2}]") ==
          Error{Kind::duplicate_member, "[0].\"a\": is there twice"});
}

TEST_CASE("json: unknown members are ignored, or refused where that is asked for") {
    std::string_view const text = R"({"type":"leave","why":null,"more":{"a":[1,{"b":null}]}})";
    CHECK(json::decode<Any>(text));
    constexpr JsonOptions strict{.unknown_members = UnknownMembers::refuse};
    CHECK(error_of(text, strict) == Error{Kind::unknown_member, "\"more\": unknown member"});
    using Strict = JsonCodec<Any, strict>;
    CHECK(Strict{}.decode({text}).error == "\"more\": unknown member");
    CHECK(error_of(R"({"type":"order","name":"","at":{"x":1,"y":2,"z":3}})", strict) ==
          Error{Kind::unknown_member, "at.\"z\": unknown member"});
}

TEST_CASE("json: a name that comes twice in one object is refused, known or not") {
    CHECK(error_of(R"({"type":"leave","why":"a","why":"b"})") ==
          Error{Kind::duplicate_member, "why: is there twice"});
    CHECK(error_of(R"({"type":"leave","x":1,"y":{"x":1},"x":2})") ==
          Error{Kind::duplicate_member, "\"x\": is there twice"});
    CHECK(error_of(R"({"type":"leave","x":[{"b":1,"a":2,"c":3,"a":4}]})") ==
          Error{Kind::duplicate_member, "\"x\"[0].\"a\": is there twice"});
    CHECK(json::decode<Any>(R"({"type":"leave","x":{"x":{"x":1}},"y":[{"x":1},{"x":2}]})"));
}

TEST_CASE("json: invalid UTF-8 is refused, as bytes and as escapes") {
    using Texts = std::vector<std::string>;
    for (auto const& bad : Texts{"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80",
                                 R"(\ud800)", R"(\udc00)", R"(\ud800\u0041)"}) {
        for (auto const& text :
             {R"({"type":"leave","why":")" + bad + "\"}", R"({"type":"leave","x":")" + bad + "\"}",
              R"({"type":"leave",")" + bad + R"(":1})", R"({"type":")" + bad + "\"}"}) {
            INFO(text);
            auto const [kind, line] = error_of(text);
            CHECK((kind == Kind::not_utf8 || kind == Kind::unknown_type));
            CHECK_FALSE(line.empty());
        }
    }
    CHECK(decoded<std::string>(R"({"v":"\ud83d\ude00"})") == "\xf0\x9f\x98\x80");
}

TEST_CASE("json: what is no JSON, or more than one value, is an error") {
    for (auto const& text :
         {std::string{""}, std::string{" "}, std::string{"{"}, std::string{"[]]"},
          std::string{"{}{}"}, std::string{"{\"a\" 1}"}, std::string{"[1,]"}, std::string{"nul"},
          std::string{"01"}, std::string{"+1"}, std::string{"NaN"}, std::string{"// c\n1"},
          std::string("1\0", 2), std::string("1\0x", 3), std::string{"\"\n\""},
          std::string{"\xef\xbb\xbf" "1"}}) {
        INFO(text);
        CHECK(error_of<RawJson>(text).first == Kind::not_json);
    }
    CHECK(error_of<RawJson>("[1,]").second == "not JSON, at byte 3: Invalid value.");
}

TEST_CASE("json: bounds hold at their value and not one past it") {
    JsonOptions const options{.max_depth = 3, .max_bytes = 20, .max_elements = 5};
    CHECK(json::decode<RawJson>("[[[1]]]", options));
    CHECK(error_of<RawJson>("[[[[1]]]]", options) == Error{Kind::too_deep,
                                                           "more than 3 levels deep"});
    CHECK(json::decode<RawJson>("[1,2,{\"a\":3}]", options));
    CHECK(error_of<RawJson>("[1,2,{\"a\":3},4]", options) ==
          Error{Kind::too_many, "more than 5 values"});
    CHECK(json::decode<RawJson>(std::string(19, ' ') + "1", options));
    CHECK(error_of<RawJson>(std::string(20, ' ') + "1", options) ==
          Error{Kind::too_long, "more than 20 bytes"});
    JsonOptions const none{.max_depth = 0, .max_bytes = 0, .max_elements = 0};
    CHECK(json::decode<RawJson>(std::string(2'000'000, ' ') + "1", none));
    CHECK(error_of<RawJson>("[]", none).first == Kind::too_deep);
}

TEST_CASE("json: depth is a limit and no crash, however deep the text") {
    std::string const deep(1'000'000, '[');
    CHECK(error_of<RawJson>(deep).first == Kind::too_deep);
    CHECK(error_of(R"({"x":)" + deep).first == Kind::too_deep);  // looked through for the type
    JsonOptions const deeper{.max_depth = 2'000'000, .max_bytes = 0, .max_elements = 0};
    CHECK(json::decode<RawJson>(deep + std::string(1'000'000, ']'), deeper));
    CHECK(error_of<RawJson>(deep, deeper).first == Kind::not_json);
}

TEST_CASE("json: errors hold little of what was received, in valid UTF-8") {
    std::string const name(10'000, 'n');
    auto const [kind, text] =
        error_of("{\"type\":\"leave\",\"" + name + "\":1,\"" + name + "\":2}");
    CHECK(kind == Kind::duplicate_member);
    CHECK(text.size() < 100);
}

TEST_CASE("json: every prefix and every changed byte of a message is a value or an error") {
    std::minstd_rand random{7};
    for (auto const& each : messages::samples()) {
        std::string const text = json::encode(each);
        for (std::size_t i = 0; i < text.size(); ++i) {
            auto const prefix = json::decode<Any>(std::string_view{text}.substr(0, i));
            CHECK_FALSE(prefix);
            CHECK(prefix.error.kind != Kind::none);
            std::string changed = text;
            changed[i] = static_cast<char>(random());
            auto const result = json::decode<Any>(changed);
            CHECK(result.value.has_value() == (result.error.kind == Kind::none));
        }
    }
}

TEST_CASE("json: the codec appends to what is there, and gives text") {
    messages::AnyCodec const codec;
    std::string out = "before";
    CHECK(codec.encode(messages::Leave{}, out) == Opcode::text);
    CHECK(out == R"(before{"type":"leave","why":null})");
    auto const good = codec.decode(binary(R"({"type":"leave"})"));
    REQUIRE(good.value);
    CHECK(codec.decode(text("[")).error == "expected an object, got an array");
}

TEST_CASE("json: the codec conforms") {
    for (auto const& each : testing::codec_conformance(messages::AnyCodec{}, messages::samples())) {
        INFO(each.name);
        CHECK(each.run() == "");
    }
    using Points = JsonCodec<std::vector<messages::Point>>;
    std::vector<std::vector<messages::Point>> const points{{}, {{1, 2}, {-3, 0.5}}};
    for (auto const& each : testing::codec_conformance(Points{}, points)) {
        INFO(each.name);
        CHECK(each.run() == "");
    }
}

TEST_CASE("JSON numbers are read exactly, from zeros with an exponent to the largest") {
    auto const decoded = json::decode<std::vector<double>>(
        "[0e300, -0.0e-9, 0.1, 1.7976931348623157e308, 2.2250738585072014e-308, 5e-324,"
        " 9007199254740993.0, 1e-400]");
    REQUIRE(decoded.value.has_value());
    CHECK(*decoded.value ==
          std::vector<double>{0, 0, 0.1, std::numeric_limits<double>::max(),
                              std::numeric_limits<double>::min(),
                              std::numeric_limits<double>::denorm_min(), 9007199254740992.0, 0});
}
