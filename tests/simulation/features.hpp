// SPDX-License-Identifier: MIT
//
// Every feature of the world: one line each.
#pragma once

#include <memory>
#include <vector>

#include "features/closing.hpp"
#include "features/history.hpp"
#include "features/leaving.hpp"
#include "features/messages.hpp"
#include "features/peers.hpp"
#include "features/permission.hpp"
#include "features/questions.hpp"
#include "features/rates.hpp"
#include "features/rooms.hpp"
#include "features/users.hpp"
#include "features/values.hpp"
#include "features/who_is_there.hpp"

namespace simulation {

inline std::vector<std::unique_ptr<Feature>> all_features(World& world) {
    std::vector<std::unique_ptr<Feature>> all;
    all.push_back(std::make_unique<Peers>(world));
    all.push_back(std::make_unique<Rooms>(world));
    all.push_back(std::make_unique<Closing>(world));
    all.push_back(std::make_unique<Leaving>(world));
    all.push_back(std::make_unique<Permission>(world));
    all.push_back(std::make_unique<Questions>(world));
    all.push_back(std::make_unique<Rates>(world));
    all.push_back(std::make_unique<Users>(world));
    all.push_back(std::make_unique<WhoIsThere>(world));
    all.push_back(std::make_unique<History>(world));
    all.push_back(std::make_unique<Values>(world));
    all.push_back(std::make_unique<Messages>(world));
    return all;
}

}  // namespace simulation
