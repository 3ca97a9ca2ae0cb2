// SPDX-License-Identifier: MIT
//
// World: the simulation of the library's own tests. What every simulation brings along comes from
// <pumphouse/testing/simulation/...>; what the library's features add comes from features/. In
// every hook the host does one of the things that a host may do there.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <pumphouse/testing/simulation/simulation.hpp>

#include "feature.hpp"
#include "policy.hpp"
#include "rooms.hpp"

namespace simulation {

using pumphouse::Accepted;
using pumphouse::ClientId;
using pumphouse::Message;
using pumphouse::text;
using pumphouse::simulation::Broken;
using pumphouse::simulation::Inbound;
using pumphouse::simulation::Random;
using pumphouse::simulation::virtual_now;

/// What became of what was due to a person in a room, in the order in which it was seen.
struct Receipt {
    std::uint64_t id;    // of the message; or
    std::uint64_t gap;   // records announced as lost
    bool is_break;       // left and came back
};

struct Person : pumphouse::simulation::Person<> {
    std::uint16_t watched = no_room;  // by an observer
    std::string user;                 // once it has been identified

    // Kept by features/messages.
    PerRoom<std::uint64_t> received{};  // in the present membership
    PerRoom<std::vector<Receipt>> receipts;  // since the last dry run
    std::map<std::uint16_t, std::map<std::uint16_t, std::uint64_t>> last;  // room, producer
    std::uint16_t stale_room = no_room;  // its torn frame belongs to a membership that is over
};

/// How often things happened, to see that they do.
struct Seen {
    std::uint64_t delivered = 0, excluded = 0, skipped = 0, evicted = 0, gaps = 0, closed = 0,
                  torn = 0, full = 0, reordered = 0, shutdowns = 0, refused = 0, limited = 0,
                  quiet = 0, recovered = 0, not_recovered = 0, replayed = 0, pages = 0,
                  conflated = 0, taken_out = 0;
};

class World final : public pumphouse::simulation::Simulation<SimPolicy, Person> {
public:
    explicit World(std::uint64_t seed);

    void received(Person& person, pumphouse::Opcode opcode, std::string_view payload) override;
    bool is_gap_notice(Person const& person, std::string_view payload) const override;
    void closed(Person& person, pumphouse::CloseReason const& reason) override;
    void add_to(pumphouse::simulation::Tally& tally) const override;

    /// The producer whose order a hook of that person's belongs to.
    std::uint16_t producer_of(Person const& person) const noexcept {
        return static_cast<std::uint16_t>(producers + person.shard);
    }
    static constexpr std::uint16_t producers = 4;  // of the host; hooks are one more per shard

    template <typename F>
    F& feature() {
        for (auto const& each : features_) {
            if (auto* const found = dynamic_cast<F*>(each.get())) return *found;
        }
        throw std::logic_error{"no such feature"};
    }

    // What features do through the world, so that each of them hears of it.
    void join(Local& hub, Person& person, std::string_view room,
              pumphouse::Since since = pumphouse::from_now);
    void tell_left(Person& person, std::string_view room);

    Seen seen;
    std::uint64_t hooks_run = 0;

protected:
    void dry() override;

private:
    friend struct SimPolicy;

    static pumphouse::simulation::Setup setup_of(std::uint64_t seed);
    static SimPolicy policy_of(World* world);
    void fall_quiet();
    void act_in_hook(Local& hub, Person& person);

    std::vector<std::unique_ptr<Feature>> features_;
    HookActions hook_actions_;
};

}  // namespace simulation
