// SPDX-License-Identifier: MIT
//
// Leaving: members of one room are taken out of it, when they are too slow for it, or by a thread
// of the host; the hook is told, and whoever was taken out keeps its connection.
#pragma once

#include "../world.hpp"

namespace simulation {

class Leaving final : public Feature {
public:
    using Feature::Feature;

    static constexpr std::string_view room_name = "out-1";

    void add_actions(Actions& actions) override {
        actions.add(15, "the host takes somebody out of a room", &take_out);
    }

    void taken_out(Person&, std::string_view room, pumphouse::LeftBecause because) override {
        world.require(room == room_name, "somebody was taken out of a room that keeps its members");
        ++world.seen.taken_out;
        by_host_ += because == pumphouse::LeftBecause::host;
        world.require(by_host_ <= asked_, "the host took out more than it asked for");
    }

    void check_end() override {
        for (std::size_t i = 0; i < world.shard_count(); ++i) {
            world.require(world.hub().shard(i).room(room_name) == nullptr,
                          "a room outlives its members: its home has not forgotten them all");
        }
    }

private:
    static void take_out(World& world) {
        Person* const person = world.pick();
        if (person == nullptr) return;
        auto const answer = world.hub().leave(person->id, room_name);
        world.feature<Leaving>().asked_ += answer == Accepted::accepted;
    }

    std::uint64_t asked_ = 0;
    std::uint64_t by_host_ = 0;
};

}  // namespace simulation
