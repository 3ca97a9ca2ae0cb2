// SPDX-License-Identifier: MIT
// People: who is in which room, and under which name. A name belongs to one in a room.
// Used by one thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace chat {

class People {
public:
    // False when the name is taken in that room.
    bool enter(const std::string& room, const std::string& name) {
        return rooms_[room].insert(name).second;
    }

    void leave(const std::string& room, const std::string& name) {
        const auto found = rooms_.find(room);
        if (found == rooms_.end()) return;
        found->second.erase(name);
        if (found->second.empty()) rooms_.erase(found);
    }

    // By name.
    std::vector<std::string> in(const std::string& room) const {
        const auto found = rooms_.find(room);
        if (found == rooms_.end()) return {};
        return {found->second.begin(), found->second.end()};
    }

private:
    std::map<std::string, std::set<std::string>> rooms_;
};

}  // namespace chat
