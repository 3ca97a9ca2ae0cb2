// SPDX-License-Identifier: MIT
//
// Permission: joins are answered once, unless they are taken back; to one room with the host's
// permission only, which may come late, twice, for nobody, or never.
#pragma once

#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "../world.hpp"

namespace simulation {

class Permission final : public Feature {
public:
    using Feature::Feature;

    static constexpr std::string_view room_name = "later-1";

    void add_actions(Actions& actions) override {
        actions.add(40, "the host answers who asked for permission", &answer);
    }

    void asked(Person& person, std::string_view room) override {
        asked_[{person.serial, number_of(room)}] = virtual_now;
    }
    void left(Person& person, std::string_view room) override {
        asked_.erase({person.serial, number_of(room)});
    }
    void closed(Person& person, pumphouse::CloseReason const&) override {
        std::erase_if(asked_, [&](auto const& each) { return each.first.first == person.serial; });
    }
    void joined(Local&, Person& person, std::string_view room,
                pumphouse::Joined const& joined) override {
        if (person.is_observer || number_of(room) == room_names.size()) return;
        world.require(asked_.erase({person.serial, number_of(room)}) == 1,
                      "a join was answered that nobody waits for");
        bool const was_allowed = room != room_name || permits_.contains(person.serial);
        world.require(!joined || was_allowed, "somebody came in without permission");
        world.require(joined.result != pumphouse::JoinResult::refused || room == room_name,
                      "a join was refused for no reason");
        world.seen.refused += joined.result == pumphouse::JoinResult::refused;
    }

    void check_dry() override {
        auto const deadline = world.hub().core()->options.permission_deadline;
        for (auto const& [who, when] : asked_) {
            Person const& person = *world.people()[who.first];
            if (person.is_to_be_closed) continue;
            if (!world.shard_of(person).is_member(person.id, {})) continue;
            if (takes_out(room_names[who.second])) continue;  // may have been taken back
            bool const may_wait = room_names[who.second] == room_name &&
                                  virtual_now - when < (deadline + std::chrono::seconds{1}).count();
            world.require(may_wait, "a join was never answered");
        }
    }

private:
    static void answer(World& world) {
        Person* const person = world.pick();
        if (person == nullptr) return;
        auto& permission = world.feature<Permission>();
        if (world.random().one_in(3)) return world.hub().refuse(person->id, room_name);
        permission.permits_.insert(person->serial);
        world.hub().permit(person->id, room_name);
    }

    std::map<std::pair<std::uint32_t, std::uint16_t>, std::int64_t> asked_;  // and when
    std::set<std::uint32_t> permits_;
};

}  // namespace simulation
