// SPDX-License-Identifier: MIT
//
// Person: somebody at the other end of a connection, and Crowd: all who ever were there. A host
// that remembers more of each (or has peers of its own) derives from Person:
//
//   struct Player : pumphouse::simulation::Person<> { int fields = 0; };
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include <pumphouse/message/client_id.hpp>
#include <pumphouse/testing/simulation/random.hpp>
#include <pumphouse/testing/simulation/sim_peer.hpp>

namespace pumphouse::simulation {

template <SimulatedPeer PeerType = SimPeer>
struct Person {
    using Peer = PeerType;

    std::unique_ptr<Peer> peer;
    Random random;           // what is drawn in its hooks, and by its peer
    std::uint64_t key = 0;   // for being picked, whoever else is there
    ClientId id;
    std::uint32_t serial = 0;  // from 0, in the order of coming
    std::uint16_t shard = 0;
    bool is_observer = false;  // always reads and answers; no action of the library touches it
    bool is_to_be_closed = false;  // the host was asked to, or a hook does it
    int opened = 0;
    int closed = 0;
    bool can_be_pinged = true;     // its wire format has control frames
    std::int64_t pinged_at = 0;    // or opened
};

template <typename P>
class Crowd {
public:
    std::vector<std::unique_ptr<P>> all;  // by serial
    std::vector<P*> living;               // not closed yet

    void add(std::unique_ptr<P> person) {
        by_id_[person->id.value()] = person.get();
        living.push_back(person.get());
        all.push_back(std::move(person));
    }
    void has_closed(P& person) { std::erase(living, &person); }
    P& of(ClientId id) const { return *by_id_.at(id.value()); }

    /// Mostly one of the `recent` who came last: the others are gone. Null: nobody ever came.
    /// Each draws a lot from its key and the highest is picked, so that who is picked stays the
    /// same when others are not there (Thaler, Ravishankar: "Using name-based mappings to increase
    /// hit rates", 1998).
    P* pick(Random& random, std::size_t recent) const {
        std::size_t const from =
            random.one_in(8) ? 0 : all.size() - std::min<std::size_t>(all.size(), recent);
        std::uint64_t const lot = random.next();
        P* picked = nullptr;
        std::uint64_t highest = 0;
        for (std::size_t i = from; i < all.size(); ++i) {
            std::uint64_t const drawn = Random::mix(all[i]->key ^ lot);
            if (picked != nullptr && drawn < highest) continue;
            picked = all[i].get();
            highest = drawn;
        }
        return picked;
    }

private:
    std::unordered_map<std::uint64_t, P*> by_id_;
};

}  // namespace pumphouse::simulation
