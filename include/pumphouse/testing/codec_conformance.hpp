// SPDX-License-Identifier: MIT
//
// The conformance suite of the concept Codec, for hosts that write their own. It needs no test
// framework: each case has a name and answers what is wrong, or nothing.
//
//   std::vector<Dot> const dots{{3, 4, "red"}, {0, 0, "dark green"}};
//   for (auto const& each : pumphouse::testing::codec_conformance(DotCodec{}, dots)) {
//       SECTION(std::string{each.name}) { CHECK(each.run() == ""); }
//   }
//
// Give it values that use everything the codec can say. Values are compared by ==, where they have
// it, and by their encoding. What borrowed bytes the values hold must live as long as the cases.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <pumphouse/codec/codec.hpp>
#include <pumphouse/testing/conformance_case.hpp>
#include <pumphouse/transport/utf8.hpp>

namespace pumphouse::testing {

template <Codec C>
class CodecCases {
public:
    using Value = typename C::value_type;

    CodecCases(C const& codec, std::vector<Value> const& values)
        : codec_{codec}, values_{values} {}

    // --- values -------------------------------------------------------------------------------

    void decodes_what_it_encoded() {
        for (Value const& each : values_) {
            Encoded const encoded = encode(each);
            auto const back = decode(encoded.bytes, encoded.opcode);
            require(back.value.has_value(), "it refuses " + shown(encoded) + ": " + back.error);
            require(encode(*back.value) == encoded, "another value came back for " +
                                                        shown(encoded));
            if constexpr (std::equality_comparable<Value>) {
                require(*back.value == each, "another value came back for " + shown(encoded));
            }
        }
    }

    void encodes_the_same_each_time() {
        for (Value const& each : values_) {
            Encoded const first = encode(each);
            require(encode(each) == first, "twice encoded, it is another message: " +
                                               shown(first));
        }
    }

    void appends_only() {
        for (Value const& each : values_) {
            Encoded const alone = encode(each);
            std::string out = "before";
            codec_.encode(each, out);
            require(out == "before" + alone.bytes,
                    "encode does more than append to what is there: " + out.substr(0, most_shown));
        }
    }

    void encodes_messages() {
        for (Value const& each : values_) {
            Encoded const encoded = encode(each);
            bool const is_text = encoded.opcode == Opcode::text;
            require(is_text || encoded.opcode == Opcode::binary,
                    "encode answers an opcode that is neither text nor binary");
            require(!is_text || is_utf8(encoded.bytes), "its text is no UTF-8: " + shown(encoded));
        }
    }

    // --- bytes of strangers -------------------------------------------------------------------

    void reads_the_payload_only() {
        for (Value const& each : values_) {
            Encoded const encoded = encode(each);
            std::string const twice = encoded.bytes + encoded.bytes;
            auto const back =
                codec_.decode({std::string_view{twice}.substr(0, encoded.bytes.size()),
                               encoded.opcode});
            require(back.value.has_value() && encode(*back.value) == encoded,
                    "what stands behind the payload makes a difference: " + shown(encoded));
            static_cast<void>(decode(encoded.bytes, encoded.opcode));
        }
    }

    void survives_what_is_cut_off() {
        for (Value const& each : values_) {
            Encoded const encoded = encode(each);
            for (std::size_t size = 0; size < encoded.bytes.size(); size += step_for(encoded)) {
                try_out(encoded.bytes.substr(0, size));
            }
        }
    }

    void survives_what_is_changed() {
        for (Value const& each : values_) {
            Encoded const encoded = encode(each);
            for (std::size_t at = 0; at < encoded.bytes.size(); at += step_for(encoded)) {
                for (int const change : {0x01, 0x20, 0x80, 0xff}) {
                    std::string bytes = encoded.bytes;
                    bytes[at] = static_cast<char>(bytes[at] ^ change);
                    try_out(bytes);
                }
                std::string bytes = encoded.bytes;
                bytes.erase(at, 1);
                try_out(bytes);
                bytes = encoded.bytes;
                bytes.insert(at, 1, bytes[at]);
                try_out(bytes);
            }
        }
    }

    void survives_garbage() {
        try_out("");
        for (int byte = 0; byte < 256; ++byte) {
            for (std::size_t const size : {1U, 2U, 9U, 1000U}) {
                try_out(std::string(size, static_cast<char>(byte)));
            }
        }
        // What is nested, counted or named in one format or another.
        for (std::string_view const piece : {"[", "{", "{\"a\":", "<a>", "(", "\"", "9", "-", "1e",
                                             "\\u", "\xff\xff\xff\xff", "\x80\x80", "null"}) {
            std::string deep;
            while (deep.size() < 200'000) deep += piece;
            try_out(deep);
        }
        std::minstd_rand random{1};
        for (int i = 0; i < 2000; ++i) {
            std::string bytes(random() % 64, '\0');
            for (char& each : bytes) each = static_cast<char>(random() >> 8);
            try_out(bytes);
        }
    }

    // --- threads ------------------------------------------------------------------------------

    void serves_several_threads() {
        std::vector<Encoded> expected;
        for (Value const& each : values_) expected.push_back(encode(each));
        constexpr std::size_t count = 4;
        std::vector<std::string> findings(count);
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < count; ++i) {
            threads.emplace_back([&, i] {
                findings[i] = finding_of([&] { work(expected, i); });
            });
        }
        for (auto& each : threads) each.join();
        for (auto const& each : findings) require(each.empty(), each);
    }

private:
    struct Encoded {
        std::string bytes;
        Opcode opcode = Opcode::text;
        friend bool operator==(Encoded const&, Encoded const&) = default;
    };
    static constexpr std::size_t most_shown = 60;
    static constexpr std::size_t longest_error_bytes = 1024;

    Encoded encode(Value const& value) const {
        Encoded encoded;
        encoded.opcode = codec_.encode(value, encoded.bytes);
        return encoded;
    }

    // From memory that ends where the payload does, so that a sanitizer sees what reads on. A
    // value may borrow from it, as a value that a hook is given may.
    Decoded<Value> decode(std::string_view bytes, Opcode opcode) {
        memory_ = std::make_unique<char[]>(bytes.size());
        bytes.copy(memory_.get(), bytes.size());
        return codec_.decode({{memory_.get(), bytes.size()}, opcode});
    }

    // Whatever it is: a value that can be sent on, or an error in words.
    void try_out(std::string_view bytes) {
        for (Opcode const opcode : {Opcode::text, Opcode::binary}) {
            if (opcode == Opcode::text && !is_utf8(bytes)) continue;  // no transport lets it in
            auto const result = decode(bytes, opcode);
            auto const what = [&] { return shown({std::string{bytes}, opcode}); };
            if (!result.value) {
                require(!result.error.empty(), "it refuses without a word: " + what());
                require(is_utf8(result.error), "its error is no UTF-8: " + what());
                require(result.error.size() <= longest_error_bytes,
                        "its error is as long as what came: " + what());
                continue;
            }
            Encoded const again = encode(*result.value);
            auto const back = decode(again.bytes, again.opcode);
            require(back.value.has_value(),
                    "it makes a value of " + what() + " whose encoding it refuses: " + back.error);
            require(encode(*back.value) == again,
                    "it makes a value of " + what() + " that changes when it is sent on");
        }
    }

    void work(std::vector<Encoded> const& expected, std::size_t first) const {
        for (int round = 0; round < 200; ++round) {
            for (std::size_t i = 0; i < values_.size(); ++i) {
                std::size_t const at = (i + first) % values_.size();
                Encoded const encoded = encode(values_[at]);
                require(encoded == expected[at], "with several threads it encodes another message");
                auto const back = codec_.decode({encoded.bytes, encoded.opcode});
                require(back.value && encode(*back.value) == encoded,
                        "with several threads it decodes another value");
            }
        }
    }

    static std::size_t step_for(Encoded const& encoded) { return encoded.bytes.size() / 2000 + 1; }

    static std::string shown(Encoded const& encoded) {
        std::string text = encoded.opcode == Opcode::text ? "text \"" : "binary \"";
        for (char const each : encoded.bytes.substr(0, most_shown)) {
            bool const is_plain = each >= ' ' && each < 0x7f;
            text += is_plain ? each : '?';
        }
        return text + (encoded.bytes.size() > most_shown ? "...\"" : "\"");
    }

    C const& codec_;
    std::vector<Value> const& values_;
    std::unique_ptr<char[]> memory_;
};

/// The cases keep copies of the codec and of the values.
template <Codec C>
std::vector<ConformanceCase> codec_conformance(C codec,
                                               std::vector<typename C::value_type> values) {
    using Cases = CodecCases<C>;
    struct Subject {
        C codec;
        std::vector<typename C::value_type> values;
    };
    auto const subject = std::make_shared<Subject>(Subject{std::move(codec), std::move(values)});
    std::vector<ConformanceCase> all;
    auto const add = [&](std::string_view name, void (Cases::*verb)()) {
        all.push_back({name, [subject, verb] {
                           Cases cases{subject->codec, subject->values};
                           return finding_of([&] { (cases.*verb)(); });
                       }});
    };
    add("what was encoded decodes to the same value", &Cases::decodes_what_it_encoded);
    add("a value is the same message each time", &Cases::encodes_the_same_each_time);
    add("encode appends, and touches nothing before", &Cases::appends_only);
    add("messages are text in UTF-8, or binary", &Cases::encodes_messages);
    add("only the payload is read", &Cases::reads_the_payload_only);
    add("what is cut off is a value or an error", &Cases::survives_what_is_cut_off);
    add("what is changed is a value or an error", &Cases::survives_what_is_changed);
    add("garbage is a value or an error", &Cases::survives_garbage);
    add("several threads may use it at once", &Cases::serves_several_threads);
    return all;
}

}  // namespace pumphouse::testing
