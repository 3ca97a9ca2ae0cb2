// SPDX-License-Identifier: MIT
//
// What happens to peers in every simulation, each as a function of it.
#pragma once

#include <cstdint>

#include <pumphouse/testing/simulation/sim_peer.hpp>

namespace pumphouse::simulation::happenings {

/// It stalls, takes so many bytes and then none, takes a few at a time, or all.
template <typename S>
void read_slowly(S& simulation) {
    auto* const person = simulation.pick();
    if (person == nullptr) return;
    auto const kind = simulation.random().below(6);
    if (kind == 3) {
        simulation.tell("person ", person->serial, " reads in bits");
        return person->peer->slow_down(simulation.random());
    }
    std::uint64_t const most = kind == 1 ? 200 : kind == 2 ? 4000 : 0;
    std::uint64_t const few = most != 0 ? simulation.random().below(most) : 0;
    std::uint64_t const bytes = kind == 4 ? no_limit : few;
    if (bytes == no_limit) {
        simulation.tell("person ", person->serial, " reads");
    } else {
        simulation.tell("person ", person->serial, " takes ", bytes, " bytes, then none");
    }
    person->peer->release(bytes);
}

/// A ping, or a pong that nobody asked for.
template <typename S>
void send_control(S& simulation) {
    auto* const person = simulation.pick();
    if (person == nullptr) return;
    simulation.tell("person ", person->serial);
    bool const pings = !simulation.random().one_in(3);
    person->peer->push({pings ? Inbound::What::ping : Inbound::What::pong,
                        pings ? "are you there?" : ""});
}

/// It vanishes, closes as it should, or breaks the protocol.
template <typename S>
void go(S& simulation) {
    auto* const person = simulation.pick();
    if (person == nullptr) return;
    auto const how = simulation.random().below(3);
    simulation.tell("person ", person->serial,
                    how == 0 ? " vanishes" : how == 1 ? " closes" : " breaks the protocol");
    if (how == 0) return person->peer->vanish();
    person->peer->push({how == 1 ? Inbound::What::close : Inbound::What::violation, {}});
}

/// The host closes somebody from outside, once or twice.
template <typename S>
void unregister(S& simulation) {
    auto* const person = simulation.pick();
    if (person == nullptr) return;
    simulation.tell("person ", person->serial);
    person->is_to_be_closed = true;
    for (std::uint64_t times = simulation.random().between(1, 2); times-- != 0;) {
        static_cast<void>(simulation.hub().unregister_channel().push(person->id));
    }
}

}  // namespace pumphouse::simulation::happenings
