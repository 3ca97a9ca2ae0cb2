// SPDX-License-Identifier: MIT
#include <pumphouse/hub/processing_times.hpp>

#include <array>
#include <cstddef>
#include <latch>
#include <thread>
#include <utility>

#include "support/catch.hpp"

using namespace pumphouse;

namespace {

template <std::size_t I>
constexpr std::array<char, 4> name{'t', static_cast<char>('0' + I / 10),
                                   static_cast<char>('0' + I % 10), '\0'};

template <std::size_t I>
MessageType type_number() {
    static constexpr char text[] = {name<I>[0], name<I>[1], name<I>[2], name<I>[3]};
    static constexpr MessageType type{text};
    return type;
}

template <std::size_t... I>
std::array<MessageType, sizeof...(I)> make_types(std::index_sequence<I...>) {
    return {type_number<I>()...};
}

auto const types = make_types(std::make_index_sequence<MessageTypes::max_named + 2>{});

}  // namespace

TEST_CASE("types of messages: unnamed ones are of their opcode's") {
    MessageTypes known;
    CHECK(known.number_of({}, Opcode::text) == 0);
    CHECK(known.number_of({}, Opcode::binary) == 1);
    CHECK(known.number_of(text_messages, Opcode::binary) == 0);
    CHECK(known[0] == text_messages);
    CHECK(known[1] == binary_messages);
    CHECK(known[2].is_none());
}

TEST_CASE("types of messages: the first 32 have a place each, the rest is of its opcode's") {
    MessageTypes known;
    for (std::size_t i = 0; i < MessageTypes::max_named; ++i) {
        CHECK(known.number_of(types[i], Opcode::text) == i + 2);
    }
    for (std::size_t i = 0; i < MessageTypes::max_named; ++i) {
        CHECK(known.number_of(types[i], Opcode::binary) == i + 2);
        CHECK(known[i + 2] == types[i]);
    }
    CHECK(known.number_of(types[MessageTypes::max_named], Opcode::text) == 0);
    CHECK(known.number_of(types[MessageTypes::max_named + 1], Opcode::binary) == 1);
}

TEST_CASE("types of messages: threads that name them at once agree on their numbers") {
    for (int round = 0; round < 50; ++round) {
        MessageTypes known;
        std::array<std::array<std::size_t, MessageTypes::max_named>, 2> numbers{};
        std::latch both{2};
        {
            std::jthread const upwards{[&] {
                both.arrive_and_wait();
                for (std::size_t i = 0; i < MessageTypes::max_named; ++i) {
                    numbers[0][i] = known.number_of(types[i], Opcode::text);
                }
            }};
            std::jthread const downwards{[&] {
                both.arrive_and_wait();
                for (std::size_t i = MessageTypes::max_named; i-- != 0;) {
                    numbers[1][i] = known.number_of(types[i], Opcode::text);
                }
            }};
        }
        REQUIRE(numbers[0] == numbers[1]);
        for (std::size_t i = 0; i < MessageTypes::max_named; ++i) {
            REQUIRE(known[numbers[0][i]] == types[i]);
        }
    }
}
