// SPDX-License-Identifier: MIT
//
// Presence: which users are in a room, whatever the number of their devices: the first one in
// brings a user, the last one out takes him away. Changes are collected until somebody takes
// them; a user who left and came back meanwhile has not changed, unless somebody has seen the list
// in between: then he is told of again, so that whoever applies all changes to the list he was
// given always ends with the truth. One thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pumphouse {

/// Who came and who went, each by name.
struct PresenceChange {
    std::vector<std::string> joined;
    std::vector<std::string> left;

    bool empty() const noexcept { return joined.empty() && left.empty(); }
};

class Presence {
public:
    void came(std::string_view user) {
        auto found = users_.find(user);
        if (found == users_.end()) found = users_.emplace(std::string{user}, User{}).first;
        if (++found->second.devices == 1) note(found);
    }

    void went(std::string_view user) {
        auto const found = users_.find(user);
        if (--found->second.devices == 0) note(found);
    }

    bool has_changes() const noexcept { return !changed_.empty(); }

    PresenceChange take_changes() {
        PresenceChange change;
        for (std::string const& name : changed_) {
            auto const found = users_.find(name);
            User& user = found->second;
            bool const is_here = user.devices != 0;
            if (is_here && user.some_think_gone) change.joined.push_back(name);
            if (!is_here && user.some_think_here) change.left.push_back(name);
            user = {.devices = user.devices, .some_think_here = is_here,
                    .some_think_gone = !is_here};
            if (!is_here) users_.erase(found);
        }
        changed_.clear();
        return change;
    }

    /// Who is here now, for a device of `viewer`'s that will be told of all changes taken from here
    /// on. Of himself he needs no news.
    std::vector<std::string> show(std::string_view viewer) {
        for (std::string const& name : changed_) {
            if (name == viewer) continue;
            User& user = users_.find(name)->second;
            (user.devices != 0 ? user.some_think_here : user.some_think_gone) = true;
        }
        std::vector<std::string> names;
        for (auto const& [name, user] : users_) {
            if (user.devices != 0) names.push_back(name);
        }
        return names;
    }

    /// Users who are here.
    std::size_t size() const noexcept { return here_; }

    std::uint32_t devices_of(std::string_view user) const noexcept {
        auto const found = users_.find(user);
        return found != users_.end() ? found->second.devices : 0;
    }

private:
    struct User {
        std::uint32_t devices = 0;
        bool is_noted = false;  // stands in `changed_`
        bool some_think_here = false;
        bool some_think_gone = true;
    };
    using Users = std::map<std::string, User, std::less<>>;

    // Called when he has come or gone.
    void note(Users::iterator user) {
        user->second.devices != 0 ? ++here_ : --here_;
        if (user->second.is_noted) return;
        user->second.is_noted = true;
        changed_.push_back(user->first);
    }

    std::size_t here_ = 0;
    Users users_;                       // ordered, so that lists are the same everywhere
    std::vector<std::string> changed_;  // in the order of their first change
};

}  // namespace pumphouse
