// SPDX-License-Identifier: MIT
//
// WhoIsThere: rooms with presence. Each member is sent the list it joined with, and from the hook
// each change; whoever applies the changes to his list has the truth when all is quiet.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../world.hpp"
#include "messages.hpp"

namespace simulation {

class WhoIsThere final : public Feature {
public:
    using Feature::Feature;

    void joined(Local& hub, Person& person, std::string_view room,
                pumphouse::Joined const& joined) override {
        auto const number = number_of(room);
        if (!has_presence(room) || !joined) return;
        auto const& members = joined.members;
        world.require(std::is_sorted(members.begin(), members.end()), "members are not sorted");
        world.require(std::binary_search(members.begin(), members.end(), name_of(person)),
                      "a member does not see itself");
        auto const payload = world.feature<Messages>().make(direct, world.producer_of(person));
        news_[Messages::id_of(payload)] = {number, members, {}};
        hub.send(person.id, text(payload));
    }

    void presence_changed(Local& hub, std::string_view room,
                          pumphouse::PresenceChange const& change) override {
        auto const number = number_of(room);
        world.require(!change.empty(), "nothing was announced");
        apply(announced_[number], change);
        if (room.starts_with("here")) {
            auto& last = told_at_[number];
            world.require(virtual_now - last >= 100'000'000, "changes were not collected");
            last = virtual_now;
        }
        std::size_t const home = world.hub().core()->home_of(room);
        auto const producer = static_cast<std::uint16_t>(World::producers + home);
        auto const payload = world.feature<Messages>().make(number, producer);
        news_[Messages::id_of(payload)] = {number, std::nullopt, change};
        hub.broadcast(room, text(payload));
    }

    void left(Person& person, std::string_view room) override {
        seen_by_[person.serial].erase(number_of(room));
    }
    void closed(Person& person, pumphouse::CloseReason const&) override {
        seen_by_.erase(person.serial);
    }

    bool received(Person& person, pumphouse::Opcode, std::string_view payload) override {
        auto const found = news_.find(Messages::id_of(payload));
        if (found == news_.end()) return false;
        auto const& [room, list, change] = found->second;
        auto& seen = seen_by_[person.serial];
        if (list) {
            seen[room] = {list->begin(), list->end()};
        } else if (auto const at = seen.find(room); at != seen.end()) {
            apply(at->second, change);
        }
        return false;  // it is a message like any other, too
    }

    void check_quiet() override {
        for (std::uint16_t room = 0; room < room_names.size(); ++room) {
            if (!has_presence(room_names[room])) continue;
            std::set<std::string> truth;
            for (Person const* each : world.living()) {
                if (is_in(*each, room)) truth.insert(name_of(*each));
            }
            world.require(announced_[room] == truth, "who is there is not what was announced");
            for (Person const* each : world.living()) {
                if (!is_in(*each, room) || each->is_to_be_closed) continue;
                world.require(seen_by_[each->serial][room] == truth,
                              "a member does not see who is there");
            }
        }
    }

private:
    using Names = std::set<std::string>;
    struct News {
        std::uint16_t room = no_room;
        std::optional<std::vector<std::string>> list;
        pumphouse::PresenceChange change;
    };

    static void apply(Names& names, pumphouse::PresenceChange const& change) {
        for (auto const& name : change.joined) names.insert(name);
        for (auto const& name : change.left) names.erase(name);
    }
    bool is_in(Person const& person, std::uint16_t room) const {
        return person.closed == 0 && world.shard_of(person).is_member(person.id, room_names[room]);
    }
    std::string name_of(Person const& person) const {
        return person.user.empty() ? world.hub().public_id(person.id) : person.user;
    }

    std::map<std::uint64_t, News> news_;  // by message
    std::map<std::uint32_t, std::map<std::uint16_t, Names>> seen_by_;
    PerRoom<Names> announced_;
    PerRoom<std::int64_t> told_at_{};
};

}  // namespace simulation
