// SPDX-License-Identifier: MIT
//
// Users: clients say who they are, and hosts send to users. What goes to one reaches all of his
// devices; of how many there are the host is told the truth; the first to come and the last to go
// are announced.
#pragma once

#include <array>
#include <set>
#include <string>
#include <vector>

#include "../world.hpp"

namespace simulation {

class Users final : public Feature {
public:
    using Feature::Feature;

    static constexpr std::array<std::string_view, 3> names{"ada", "bob", "cid"};

    void add_actions(Actions& actions) override {
        actions.add(40, "the host notifies a user", &notify);
    }
    void add_hook_actions(HookActions& actions) override {
        actions.add(300, "a hook says who its client is", &identify);
        actions.add(300, "a hook sends to a user", &send);
    }

    void opened(Local& hub, Person& person) override {
        if (world.random().one_in(2)) identify(world, hub, person);
    }
    void closed(Person& person, pumphouse::CloseReason const&) override { ended_.insert(&person); }
    bool received(Person& person, pumphouse::Opcode, std::string_view payload) override;
    void users_changed(pumphouse::UserChange const& change) override;
    void found_offline(std::string_view user, std::string_view payload) override;
    void check_dry() override;
    void check_quiet() override;

private:
    /// Something for a user.
    struct Letter {
        std::string user;
        std::vector<Person*> devices;  // when it was sent
        std::set<Person*> got{};
        std::size_t count = 0;  // as the host was told
        int answers = 0;
        bool is_counted = false;
        bool is_refused = false;
        bool was_offline = false;
    };

    static void identify(World& world, Local& hub, Person& person);
    static void notify(World& world);
    static void send(World& world, Local& hub, Person& person);

    bool is_device(Person const& person) const {
        return person.closed == 0 && !person.user.empty() &&
               world.shard_of(person).is_member(person.id,
                                                pumphouse::user_rooms::name_of(person.user));
    }
    std::vector<Person*> devices_of(std::string_view user) const;
    std::size_t write(std::string_view user);
    bool has_lost_devices(Letter const& letter) const;

    std::vector<Letter> letters_;     // since all was dry; the first has the number `first_`
    std::size_t first_ = 0;
    std::set<Person*> ended_;         // since then
    std::set<std::string> announced_;
};

}  // namespace simulation
