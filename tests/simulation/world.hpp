// SPDX-License-Identifier: MIT
//
// World: a whole hub with its hosts, clients and clock in one thread, driven by one seed. Every
// step does one random thing; after every step each shard is audited and the features check what
// they know of. Now and then everything is let run dry.
//
// Chance comes in streams: each step has its own, and so has each person, for what happens in its
// hooks. A step that is left out changes what the others do as little as may be.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <pumphouse/hub/audit.hpp>
#include <pumphouse/hub/hub.hpp>

#include "feature.hpp"
#include "policy.hpp"
#include "random.hpp"
#include "rooms.hpp"
#include "sim_transport.hpp"

namespace simulation {

using pumphouse::Accepted;
using pumphouse::ClientId;
using pumphouse::Message;
using pumphouse::text;

/// A finding: what guarantee was broken.
struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What became of what was due to a person in a room, in the order in which it was seen.
struct Receipt {
    std::uint64_t id;    // of the message; or
    std::uint64_t gap;   // records announced as lost
    bool is_break;       // left and came back
};

/// Somebody at the other end of a connection.
struct Person {
    std::unique_ptr<SimPeer> peer;
    Random random;  // what is drawn in its hooks, and by its peer
    std::uint64_t key = 0;  // for being picked, whoever else is there
    ClientId id;
    std::uint32_t serial = 0;
    std::uint16_t shard = 0;
    int opened = 0;
    int closed = 0;
    bool is_observer = false;
    std::uint16_t watched = no_room;  // by an observer
    bool is_to_be_closed = false;     // somebody of the host asked for it
    std::int64_t pinged_at = 0;       // or opened

    // Kept by features/messages.
    PerRoom<std::uint64_t> received{};  // in the present membership
    PerRoom<std::vector<Receipt>> receipts;  // since the last dry run
    std::map<std::uint16_t, std::map<std::uint16_t, std::uint64_t>> last;  // room, producer
    std::uint16_t stale_room = no_room;  // its torn frame belongs to a membership that is over
};

/// How often things happened, to see that they do.
struct Seen {
    std::uint64_t delivered = 0, excluded = 0, skipped = 0, evicted = 0, gaps = 0, closed = 0,
                  torn = 0, full = 0, reordered = 0, shutdowns = 0;
};

class World {
public:
    explicit World(std::uint64_t seed);
    ~World();
    World(World const&) = delete;
    World& operator=(World const&) = delete;

    /// The one random thing of that number, then every check. Throws Broken.
    void step(std::uint64_t number);

    /// Lets everybody read and turns until nothing is left to do. Throws Broken.
    void run_dry();

    /// Everybody is let go; nothing may be left. Throws Broken.
    void finish();

    /// A number that stands for all that peers have seen: equal runs have equal ones.
    std::uint64_t hash() const noexcept { return hash_; }
    void mix(std::uint64_t what) noexcept { hash_ = (hash_ ^ what) * 0x100000001b3ULL; }

    // --- for features ---
    Random& random() noexcept { return *stream_; }
    pumphouse::Hub<SimPolicy>& hub() noexcept { return *hub_; }
    pumphouse::Shard& shard_of(Person const& person) { return hub_->shard(person.shard); }
    std::size_t shard_count() const noexcept { return driven_.size(); }
    Person& person_of(ClientId id) { return *by_id_.at(id.value()); }
    Person* random_person();    // mostly of those who came last; null: nobody was ever there
    Person* random_customer();  // nor an observer
    void add_person(std::uint16_t watched = no_room);
    void run_shard(std::size_t index, pumphouse::TurnBudget budget);
    /// The producer whose order a hook of that person's belongs to.
    std::uint16_t producer_of(Person const& person) const noexcept;

    // Kept as well as thrown: a hub does not let a hook's exception through.
    void require(bool holds, char const* what) {
        if (holds) return;
        if (finding_.empty()) finding_ = what;
        throw Broken{what};
    }

    template <typename F>
    F& feature() {
        for (auto const& each : features_) {
            if (auto* const found = dynamic_cast<F*>(each.get())) return *found;
        }
        throw std::logic_error{"no such feature"};
    }

    static constexpr std::uint16_t producers = 4;  // of the host; hooks are one more per shard

    std::vector<std::unique_ptr<Person>> people;  // all who ever were there, by serial
    std::vector<Person*> living;                  // not closed yet
    std::size_t max_people = 0;
    bool is_shutting_down = false;
    Seen seen;

private:
    friend struct SimPolicy;

    struct SimWaker final : pumphouse::Waker {
        void wake() noexcept override { is_awake = true; }
        bool is_awake = true;
    };
    struct Driven {
        std::shared_ptr<SimWaker> waker;
        pumphouse::Time deadline = pumphouse::Time::max();
        bool is_finished = false;
    };
    /// Inside: chance is that person's.
    class Inside {
    public:
        Inside(World& world, Person& person)
            : world_{world}, before_{std::exchange(world.stream_, &person.random)} {}
        ~Inside() { world_.stream_ = before_; }
        Inside(Inside const&) = delete;
        Inside& operator=(Inside const&) = delete;

    private:
        World& world_;
        Random* before_;
    };

    pumphouse::HubOptions random_options();
    void received(Person& person, pumphouse::Opcode opcode, std::string_view payload);
    void act_in_hook(Local& hub, Person& person);
    bool is_any_awake() const;
    void check_step();
    void check_heartbeats();

    std::uint64_t const seed_;
    Random step_;
    Random* stream_ = &step_;
    std::unique_ptr<pumphouse::Hub<SimPolicy>> hub_;
    std::vector<Driven> driven_;
    std::vector<std::unique_ptr<Feature>> features_;
    Actions actions_;
    HookActions hook_actions_;
    std::map<std::uint64_t, Person*> by_id_;
    std::uint64_t hash_ = 0xcbf29ce484222325ULL;
    std::string finding_;
};

}  // namespace simulation
