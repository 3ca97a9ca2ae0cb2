// SPDX-License-Identifier: MIT
//
// Dot, and DotCodec: a line "x y color" of text, such as "3 -4 red", to a struct and back.
#pragma once

#include <pumphouse/codec/codec.hpp>

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct Dot {
    int x = 0;
    int y = 0;
    std::string color;
};

struct DotCodec {
    using value_type = Dot;

    /// Runs once for each dot that is sent, however many get it, on the thread that sends it.
    pumphouse::Opcode encode(Dot const& dot, std::string& out) const {
        out.append(std::to_string(dot.x)).append(" ");
        out.append(std::to_string(dot.y)).append(" ").append(dot.color);
        return pumphouse::Opcode::text;
    }

    /// A dot, or a sentence that says why it is none.
    pumphouse::Decoded<Dot> decode(pumphouse::Message message) const {
        std::string_view rest = message.payload;
        auto const x = take_number(rest);
        auto const y = take_number(rest);
        if (!message.is_text() || !x || !y) return failure("a dot is \"x y color\"");
        if (rest.empty() || rest.size() > 20) return failure("a color has 1 to 20 letters");
        return Dot{*x, *y, std::string{rest}};
    }

private:
    static pumphouse::Decoded<Dot> failure(std::string why) {
        return pumphouse::Decoded<Dot>::failure(std::move(why));
    }

    // A number and the space behind it.
    static std::optional<int> take_number(std::string_view& text) {
        int number = 0;
        char const* const end = text.data() + text.size();
        auto const [stop, error] = std::from_chars(text.data(), end, number);
        if (error != std::errc{} || stop == end || *stop != ' ') return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(stop + 1 - text.data()));
        return number;
    }
};

static_assert(pumphouse::Codec<DotCodec>);
