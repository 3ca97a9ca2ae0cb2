// SPDX-License-Identifier: MIT
//
// Runs a game through thousands of evenings that never happened: players come, read slowly, say
// things and vanish, in any order. With --bug the game forgets who left, and the simulation says
// after which five steps that shows.
//
//     simulation [--bug] [--seeds 1-20] [--steps 10000] ...
#include "duel.hpp"

#include <pumphouse/testing/simulation/simulate.hpp>
#include <pumphouse/testing/simulation/simulation.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace simulation = pumphouse::simulation;

struct Player : simulation::Person<> {
    std::string told;  // last: "wait" or "play"
};

class DuelSimulation : public simulation::Simulation<Duel, Player> {
public:
    DuelSimulation(std::uint64_t seed, bool has_bug) : Simulation{seed, setup()} {
        policy().has_bug = has_bug;
        add_action(80, "a player moves", [this] {
            Player* const player = pick();
            if (player != nullptr) says(*player, "move " + std::to_string(random().below(9)));
        });
        check_each_step([this] { everybody_plays_with_somebody(); });
        check_when_dry([this] { everybody_knows(); });
    }

private:
    static simulation::Setup setup() {
        simulation::Setup setup;
        setup.max_shards = 1;    // the game is for one thread
        setup.weights.go = 10;   // players have little patience
        return setup;
    }

    void received(Player& player, pumphouse::Opcode, std::string_view text) override {
        if (!text.starts_with("move")) player.told = text;
    }

    void everybody_plays_with_somebody() {
        for (auto const& [player, opponent] : policy().opponents) {
            require(person_of(opponent).closed == 0, "a player's opponent is gone");
        }
    }

    void everybody_knows() {
        for (Player const* player : living()) {
            if (!is_open(*player)) continue;
            bool const plays = policy().opponents.contains(player->id);
            require(player->told == (plays ? "play" : "wait"), "a player was told the wrong thing");
        }
    }
};

int main(int count, char** words) {
    bool const has_bug = count > 1 && std::string_view{words[1]} == "--bug";
    auto const make = [has_bug](std::uint64_t seed) {
        return std::make_unique<DuelSimulation>(seed, has_bug);
    };
    if (!has_bug) return simulation::simulate(count, words, make, "simulation");
    return simulation::simulate(count - 1, words + 1, make, "simulation --bug");
}
