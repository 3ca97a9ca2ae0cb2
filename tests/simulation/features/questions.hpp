// SPDX-License-Identifier: MIT
//
// Questions: the host asks who is where. Each is answered once, and with the truth when nothing
// has changed meanwhile.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "../world.hpp"

namespace simulation {

class Questions final : public Feature {
public:
    using Feature::Feature;

    void add_actions(Actions& actions) override {
        actions.add(10, "the host asks who is in a room", &ask_members);
        actions.add(5, "the host asks for all rooms", &ask_rooms);
        actions.add(5, "the host names a room", [](World& world) {
            auto const name = room_names[world.random().below(room_names.size())];
            static_cast<void>(world.hub().set_room_info(name, std::string{name}, "{}"));
        });
    }

    void asked(Person& person, std::string_view room) override {
        under_way_[std::string{room}].insert(person.serial);
    }
    void joined(Local&, Person& person, std::string_view room,
                pumphouse::Joined const&) override {
        under_way_[std::string{room}].erase(person.serial);
    }
    void left(Person& person, std::string_view room) override {
        taken_back_[std::string{room}] += under_way_[std::string{room}].erase(person.serial);
    }
    void closed(Person& person, pumphouse::CloseReason const&) override {
        for (auto& [room, people] : under_way_) taken_back_[room] += people.erase(person.serial);
    }

    void check_dry() override {
        taken_back_.clear();  // what was on its way has arrived
        std::size_t rooms = 0;
        for (auto const& [name, members] : truth()) rooms += !members.empty() && !name.empty();
        world.require(world.hub().room_count() >= rooms, "a room was not counted");
        for (auto const& question : questions_) {
            world.require(question->answers == 1, "a question was not answered exactly once");
            if (question->hooks != world.hooks_run || question->truth != truth()) continue;
            question->check(*this, *question);
        }
        questions_.clear();
    }

private:
    using Ids = std::set<std::uint64_t>;
    using Truth = std::map<std::string, Ids>;  // {} is everybody
    using Counts = std::map<std::string, std::size_t>;

    struct Question {
        std::uint64_t hooks = 0;  // that had run
        Truth truth;
        Counts joining{};  // whom the rooms' homes may know of already, or still
        std::string room{};
        int answers = 0;
        std::vector<pumphouse::MemberInfo> members{};
        std::vector<pumphouse::RoomInfo> rooms{};
        void (*check)(Questions&, Question const&) = nullptr;
    };

    static void ask_members(World& world) {
        auto& questions = world.feature<Questions>();
        auto const at = world.random().below(room_names.size() + 1);
        auto const question = questions.ask(&Questions::check_members);
        if (at < room_names.size()) question->room = room_names[at];
        world.hub().members(question->room, [question](auto all) {
            question->members = std::move(all);
            ++question->answers;
        });
    }

    static void ask_rooms(World& world) {
        auto const question = world.feature<Questions>().ask(&Questions::check_rooms);
        world.hub().rooms([question](auto all) {
            question->rooms = std::move(all);
            ++question->answers;
        });
    }

    std::shared_ptr<Question> ask(void (*check)(Questions&, Question const&)) {
        auto const question = std::make_shared<Question>();
        question->hooks = world.hooks_run;
        question->truth = truth();
        question->joining = taken_back_;
        for (auto const& [room, people] : under_way_) question->joining[room] += people.size();
        question->check = check;
        questions_.push_back(question);
        return question;
    }

    static void check_members(Questions& questions, Question const& question) {
        Ids ids;
        for (auto const& each : question.members) {
            questions.world.require(ids.insert(each.client.value()).second, "a member came twice");
            questions.world.require(each.user == questions.world.person_of(each.client).user,
                                    "a member is somebody else");
        }
        auto const& truth = question.truth.at(question.room);
        questions.world.require(ids == truth, "the members are not those who are there");
    }

    static void check_rooms(Questions& questions, Question const& question) {
        std::size_t found = 0;
        std::string last;
        for (auto const& each : question.rooms) {
            questions.world.require(each.name > last, "rooms are not in order");
            last = each.name;
            auto const at = question.truth.find(each.name);
            if (at == question.truth.end()) continue;  // of another feature
            auto const& truth = at->second;
            // A home counts whom it lets in. Whoever has not heard of it yet may take it back, and
            // of that no hook is told.
            auto const joining = question.joining.find(each.name);
            std::size_t const most =
                truth.size() + (joining != question.joining.end() ? joining->second : 0);
            questions.world.require(truth.size() <= each.members && each.members <= most,
                                    "a room has not as many members as there are");
            bool const is_named = each.display_name.empty() || each.display_name == each.name;
            questions.world.require(is_named, "a room has another one's name");
            found += !truth.empty();
        }
        std::size_t rooms = 0;
        for (auto const& [name, ids] : question.truth) rooms += !name.empty() && !ids.empty();
        questions.world.require(found == rooms, "a room is not in the list");
    }

    Truth truth() const {
        Truth truth;
        truth[{}];
        for (auto const& name : room_names) truth[std::string{name}];
        for (Person const* each : world.living()) {
            if (each->opened == 0) continue;
            for (auto& [name, ids] : truth) {
                if (world.shard_of(*each).is_member(each->id, name)) ids.insert(each->id.value());
            }
        }
        return truth;
    }

    std::vector<std::shared_ptr<Question>> questions_;
    std::map<std::string, std::set<std::uint32_t>> under_way_;  // who waits to be told of a join
    Counts taken_back_;  // of them, since the last time when nothing was on its way
};

}  // namespace simulation
