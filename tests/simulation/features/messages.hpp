// SPDX-License-Identifier: MIT
//
// Messages: broadcasts and direct messages, from outside and in hooks. Each says in its payload
// what it is, so that what peers get is held against the ledgers after every step, and when all
// has run dry against the order of each room.
#pragma once

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "../world.hpp"

namespace simulation {

class Messages final : public Feature {
public:
    using Feature::Feature;

    /// What a message says of itself, at the start of its payload.
    struct Header {
        std::uint64_t id;
        std::uint64_t number;    // of its producer
        std::uint32_t excluded;  // serial of the client left out + 1
        std::uint16_t producer;
        std::uint16_t room;
    };

    /// Of a message in whole; else a number that none has.
    static std::uint64_t id_of(std::string_view payload) noexcept {
        std::uint64_t id = 0;
        if (payload.size() >= sizeof id) std::memcpy(&id, payload.data(), sizeof id);
        return id;
    }

    /// A payload that nobody else sends.
    std::string make(std::uint16_t room, std::uint16_t producer, std::uint32_t excluded = 0);

    /// A membership is over; if its frame is torn, the rest of that still comes.
    void ended(Person& person, std::uint16_t room, bool is_torn);

    void add_actions(Actions& actions) override;
    void add_hook_actions(HookActions& actions) override;
    void closed(Person& person, pumphouse::CloseReason const&) override {
        person.received = {};
    }
    bool received(Person& person, pumphouse::Opcode opcode, std::string_view payload) override;
    void check_step() override;
    void check_dry() override;
    void check_end() override;

private:
    static void broadcast(World& world);
    static void send(World& world);

    void broadcast_once();
    void received_gap(Person& person, std::string_view notice);
    void check_producer_order(Person& person, Header const& header);
    void check_stream(Person& person, std::uint16_t room);
    std::uint64_t due_between(Person const& person, std::uint16_t room, std::size_t from,
                              std::size_t to) const;

    std::vector<std::uint32_t> excluded_{0};  // by message id: serial + 1
    std::array<std::uint64_t, 16> next_number_{};
    PerRoom<std::vector<std::uint64_t>> order_;  // of a watched room: its observer's
};

}  // namespace simulation
