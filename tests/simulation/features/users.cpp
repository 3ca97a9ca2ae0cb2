// SPDX-License-Identifier: MIT
// Bodies of users.hpp.
#include "users.hpp"

namespace simulation {

void Users::identify(World& world, Local& hub, Person& person) {
    std::string_view const user = names[world.random().below(names.size())];
    if (!hub.identify(person.id, user)) return;
    world.tell("is ", user);
    world.require(person.user.empty(), "a client was identified twice");
    person.user = user;
}

std::vector<Person*> Users::devices_of(std::string_view user) const {
    std::vector<Person*> devices;
    for (Person* const each : world.living()) {
        if (each->user == user && is_device(*each)) devices.push_back(each);
    }
    return devices;
}

std::size_t Users::write(std::string_view user) {
    letters_.push_back({.user = std::string{user}, .devices = devices_of(user)});
    std::size_t const number = first_ + letters_.size() - 1;
    world.tell("letter ", number, " to ", user);
    return number;
}

void Users::notify(World& world) {
    auto& users = world.feature<Users>();
    std::string_view const user = names[world.random().below(names.size())];
    std::size_t const number = users.write(user);
    users.letters_.back().is_counted = true;
    auto const done = [&users, number](std::size_t count) {
        Letter& letter = users.letters_.at(number - users.first_);
        letter.count = count;
        ++letter.answers;
    };
    auto const answer = world.hub().notify(user, text("user " + std::to_string(number)), done);
    users.letters_.back().is_refused = answer != Accepted::accepted;
}

void Users::send(World& world, Local& hub, Person&) {
    auto& users = world.feature<Users>();
    std::string_view const user = names[world.random().below(names.size())];
    std::size_t const number = users.write(user);
    auto const answer = hub.send_to_user(user, text("user " + std::to_string(number)));
    world.require(answer != Accepted::full, "a hook was told full");
    users.letters_.back().is_refused = answer != Accepted::accepted;
}

bool Users::received(Person& person, pumphouse::Opcode, std::string_view payload) {
    if (!payload.starts_with("user ")) return false;
    std::size_t const number = std::stoull(std::string{payload.substr(5)});
    world.mix(number);
    if (number < first_) return true;  // of a client that was torn when all else was dry
    Letter& letter = letters_.at(number - first_);
    world.require(letter.user == person.user, "a user got what was another's");
    world.require(letter.got.insert(&person).second, "a device got a letter twice");
    return true;
}

void Users::users_changed(pumphouse::UserChange const& change) {
    for (auto const& user : change.came) {
        world.require(announced_.insert(user).second, "a user was announced who was there");
    }
    for (auto const& user : change.went) {
        world.require(announced_.erase(user) == 1, "a user was said to go who was not there");
    }
}

void Users::found_offline(std::string_view user, std::string_view payload) {
    Letter& letter = letters_.at(std::stoull(std::string{payload.substr(5)}) - first_);
    world.require(letter.user == user, "another user was said to be offline");
    world.require(letter.answers == 0, "on_offline came after the count");
    world.require(!std::exchange(letter.was_offline, true), "on_offline came twice");
}

// Whether some device that may have been there when it was sent is there no more.
bool Users::has_lost_devices(Letter const& letter) const {
    for (Person const* each : ended_) {
        if (each->user == letter.user) return true;
    }
    for (Person const* each : world.living()) {
        if (each->user == letter.user && !is_device(*each)) return true;
    }
    return false;
}

void Users::check_dry() {
    for (Letter const& letter : letters_) {
        if (letter.is_refused) continue;
        for (Person* const each : letter.devices) {
            world.require(!is_device(*each) || letter.got.contains(each),
                          "a device did not get what was sent to its user");
        }
        if (!letter.is_counted) continue;
        world.require(letter.answers == 1, "a notification was not answered exactly once");
        world.require(letter.was_offline == (letter.count == 0),
                      "on_offline is not what the count says");
        world.require(letter.got.size() <= letter.count, "more devices got it than were counted");
        world.require(letter.got.size() == letter.count || has_lost_devices(letter),
                      "fewer devices got it than were counted");
    }
    first_ += letters_.size();
    letters_.clear();
    ended_.clear();
}

void Users::check_quiet() {
    for (std::string_view const user : names) {
        auto const devices = devices_of(user).size();
        world.require(devices <= most_devices, "a user has more devices than he may");
        world.require(announced_.contains(std::string{user}) == (devices != 0),
                      "who is there is not who was announced");
    }
}

}  // namespace simulation
