// SPDX-License-Identifier: MIT
//
// The conformance suite of codecs, on the library's own, on an example's, and on broken ones, one
// for each case, which it must find.
#include <pumphouse/testing/codec_conformance.hpp>

#include <atomic>
#include <charconv>
#include <stdexcept>
#include <string>
#include <thread>

#include <pumphouse/codec/raw_codec.hpp>

#include "../examples/05_own_codec/dot.hpp"
#include "support/catch.hpp"

using namespace pumphouse;
using testing::codec_conformance;

namespace {

std::vector<Dot> dots() { return {{3, -4, "red"}, {0, 0, "dark green"}, {2147483647, 1, "x"}}; }

/// "7;": good. What is derived from it has one fault each.
struct NumberCodec {
    using value_type = int;
    Opcode encode(int const& value, std::string& out) const {
        out += std::to_string(value) + ';';
        return Opcode::text;
    }
    Decoded<int> decode(Message message) const {
        int value = 0;
        std::string_view const text = message.payload;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end + 1 != text.data() + text.size() || *end != ';') {
            return Decoded<int>::failure("no number");
        }
        return value;
    }
};

struct Forgets : NumberCodec {
    Decoded<int> decode(Message message) const {
        auto result = NumberCodec::decode(message);
        if (result.value && *result.value == 7) return 8;
        return result;
    }
};
struct Counts : NumberCodec {
    Opcode encode(int const& value, std::string& out) const {
        static std::atomic<int> calls{0};
        out.append(static_cast<std::size_t>(calls.fetch_add(1) % 2), '0');
        return NumberCodec::encode(value, out);
    }
};
struct Overwrites : NumberCodec {
    Opcode encode(int const& value, std::string& out) const {
        out.clear();
        return NumberCodec::encode(value, out);
    }
};
struct Pings : NumberCodec {
    Opcode encode(int const& value, std::string& out) const {
        NumberCodec::encode(value, out);
        return Opcode::ping;
    }
};
struct SaysNothing : NumberCodec {
    Decoded<int> decode(Message message) const {
        auto result = NumberCodec::decode(message);
        return result.value ? result : Decoded<int>::failure("");
    }
};
struct Throws : NumberCodec {
    Decoded<int> decode(Message message) const {
        if (message.payload.empty()) throw std::runtime_error{"nothing there"};
        return NumberCodec::decode(message);
    }
};
struct Echoes : NumberCodec {
    Decoded<int> decode(Message message) const {
        auto result = NumberCodec::decode(message);
        return result.value ? result : Decoded<int>::failure(std::string{message.payload});
    }
};
/// Takes whatever there is up to a semicolon, wherever the payload ends.
struct ReadsOn {
    using value_type = std::string;
    Opcode encode(std::string const& value, std::string& out) const {
        out += value;
        return Opcode::text;
    }
    Decoded<std::string> decode(Message message) const {
        char const* const begin = message.payload.data();
        // Only where it is told to: else it would read what it must not.
        bool const is_told = message.payload == "ab" && begin[2] == 'a';
        return std::string{begin, is_told ? 3 : message.payload.size()};
    }
};
struct IsAlone : NumberCodec {
    Opcode encode(int const& value, std::string& out) const {
        static std::atomic<bool> is_busy{false};
        if (is_busy.exchange(true)) out += "busy";
        std::this_thread::yield();
        is_busy = false;
        return NumberCodec::encode(value, out);
    }
};
/// Takes "07;" and "7;", and sends "7;" on; but of "70;" it makes 700.
struct Drifts : NumberCodec {
    Decoded<int> decode(Message message) const {
        auto result = NumberCodec::decode(message);
        if (result.value && *result.value >= 10 && *result.value < 1000) *result.value *= 2;
        return result;
    }
};

template <typename C>
std::string finding(C codec, std::vector<typename C::value_type> values, std::string_view name) {
    for (auto const& each : codec_conformance(codec, std::move(values))) {
        if (each.name == name) return each.run();
    }
    FAIL("there is no case " << name);
    return {};
}

template <typename C>
void check_conforms(C codec, std::vector<typename C::value_type> values) {
    for (auto const& each : codec_conformance(codec, std::move(values))) {
        INFO(each.name);
        CHECK(each.run() == "");
    }
}

}  // namespace

TEST_CASE("codec conformance: the raw codec conforms") {
    check_conforms(RawCodec{}, {text("hello"), binary("\xff\x00"), text("")});
}

TEST_CASE("codec conformance: the example's codec conforms") { check_conforms(DotCodec{}, dots()); }

TEST_CASE("codec conformance: a good small one conforms") {
    check_conforms(NumberCodec{}, {7, -1, 0, 2147483647});
}

TEST_CASE("codec conformance: every case finds a codec that breaks it") {
    std::vector<int> const values{7, -1, 500};
    CHECK(finding(Forgets{}, values, "what was encoded decodes to the same value") != "");
    CHECK(finding(Counts{}, values, "a value is the same message each time") != "");
    CHECK(finding(Overwrites{}, values, "encode appends, and touches nothing before") != "");
    CHECK(finding(Pings{}, values, "messages are text in UTF-8, or binary") != "");
    CHECK(finding(ReadsOn{}, {"ab"}, "only the payload is read") != "");
    CHECK(finding(SaysNothing{}, values, "what is cut off is a value or an error") ==
          "it refuses without a word: text \"\"");
    CHECK(finding(Throws{}, values, "what is cut off is a value or an error") ==
          "it threw: nothing there");
    CHECK(finding(Echoes{}, values, "what is changed is a value or an error") != "");
    CHECK(finding(Drifts{}, values, "what is changed is a value or an error") != "");
    CHECK(finding(Echoes{}, values, "garbage is a value or an error") != "");
    CHECK(finding(IsAlone{}, values, "several threads may use it at once") != "");
}

TEST_CASE("codec conformance: text that is no UTF-8 is found") {
    struct Latin : ReadsOn {
        Decoded<std::string> decode(Message message) const {
            return std::string{message.payload};
        }
    };
    CHECK(finding(Latin{}, {"\xe9"}, "messages are text in UTF-8, or binary") ==
          "its text is no UTF-8: text \"?\"");
}
