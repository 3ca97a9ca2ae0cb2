// SPDX-License-Identifier: MIT
//
// World: the game. Ships that fly, and know nothing of networks.
#pragma once

#include <cstdint>
#include <map>
#include <string>

struct Ship {
    double place = 0;
    double speed = 0;
};

class World {
public:
    void enter(std::uint64_t who) { ships_[who]; }
    void leave(std::uint64_t who) { ships_.erase(who); }
    void steer(std::uint64_t who, double speed) { ships_[who].speed = speed; }

    void step(double seconds) {
        for (auto& [_, ship] : ships_) ship.place += ship.speed * seconds;
    }

    /// Where everybody is, as text.
    std::string snapshot(std::uint64_t tick) const {
        std::string text = "tick " + std::to_string(tick);
        for (auto const& [_, ship] : ships_) text.append(" ").append(std::to_string(ship.place));
        return text;
    }

private:
    std::map<std::uint64_t, Ship> ships_;
};
