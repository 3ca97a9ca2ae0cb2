// SPDX-License-Identifier: MIT
//
// Values: the keyed rooms, one of which conflates. Each has an observer that reads all, whose
// stream is the truth: everybody else gets a part of it in its order, and when all has run dry the
// newest value of each key that it was due. Then the home's live index is held against the
// observer's last values, and every other shard's against the home's.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "../world.hpp"

namespace simulation {

class Values final : public Feature {
public:
    using Feature::Feature;

    void add_actions(Actions& actions) override;
    void add_hook_actions(HookActions& actions) override;
    bool received(Person& person, pumphouse::Opcode opcode, std::string_view payload) override;
    void joined(Local& hub, Person& person, std::string_view room,
                pumphouse::Joined const& joined) override;
    void closed(Person& person, pumphouse::CloseReason const&) override;
    void left(Person& person, std::string_view room) override;
    void check_dry() override;

private:
    struct Header {
        std::array<char, 8> mark;  // no message's number is so high
        std::uint64_t id;
        std::uint64_t key;
        std::uint32_t excluded;  // serial of the client left out + 1
        std::uint16_t room;
    };
    struct Value {
        std::uint64_t key;
        std::uint32_t excluded;
        std::uint64_t position = 0;  // in its room, from 1, as its observer got them; 0: not yet
    };
    // What a person has of a room.
    struct View {
        std::map<std::uint64_t, std::uint64_t> known;  // key: id
        std::vector<std::uint64_t> got;                // since the last dry run
        std::uint64_t last_position = 0;
        std::uint64_t due = 0;            // at the last dry run
        bool is_member_since_dry = false;
        bool has_caught_up = false;  // all has run dry since it joined: its position holds
        bool knows_all = false;           // joined with all values, and has been there since
        pumphouse::Position position{};
    };
    struct Truth {
        std::map<std::uint64_t, std::uint64_t> newest;  // key: id
        std::set<std::uint64_t> changed;                // keys, since the last dry run
        std::set<std::uint64_t> erased;                 // keys that may be gone
        std::uint64_t count = 0;
        std::uint64_t count_at_dry = 0;
    };

    static void set_some(World& world);
    static void erase_some(World& world);
    static void join_for_values(World& world, Local& hub, Person& person);

    std::string make(std::uint16_t room, std::uint64_t key, std::uint32_t excluded);
    std::uint64_t draw_key(std::uint16_t room);
    void check_room(std::uint16_t room);
    void check_index(std::uint16_t room);
    void check_copies(std::uint16_t room);
    void check_person(Person& person, std::uint16_t room);
    void check_newest(View const& view, Person const& person, std::uint16_t room,
                      std::uint64_t key);
    static Header header_of(std::string_view payload);
    pumphouse::LiveIndex const* index_of(std::uint16_t room, std::size_t shard);
    View& view(Person const& person, std::uint16_t room) {
        return views_[{person.serial, room}];
    }
    Truth& truth(std::uint16_t room) { return truths_[room - first_keyed_room]; }

    std::vector<Value> values_ = std::vector<Value>(1);  // by id, from 1
    std::array<Truth, keyed_rooms> truths_;
    std::map<std::pair<std::uint32_t, std::uint16_t>, View> views_;
};

}  // namespace simulation
