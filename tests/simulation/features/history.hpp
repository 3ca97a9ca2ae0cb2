// SPDX-License-Identifier: MIT
//
// History: people drop and return with the last place they saw, hosts read pages, rooms linger and
// expire. Each message says where it stands, so every stream is held against the places that the
// homes gave out: whoever is recovered gets exactly what it missed, whoever could have been is.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "../world.hpp"

namespace simulation {

class History final : public Feature {
public:
    explicit History(World& its_world);

    void add_actions(Actions& actions) override;
    void add_hook_actions(HookActions& actions) override;
    void joined(Local&, Person& person, std::string_view room,
                pumphouse::Joined const& outcome) override;
    void closed(Person& person, pumphouse::CloseReason const&) override;
    bool received(Person& person, pumphouse::Opcode, std::string_view payload) override;
    void check_step() override;
    void check_dry() override;

private:
    using Place = std::pair<std::uint64_t, std::uint64_t>;  // epoch, offset
    static constexpr std::array<std::string_view, 3> names{"kept-1", "kept-2", "aged-1"};

    /// What a message says of itself, behind its envelope.
    struct Body {
        std::uint64_t id;
        std::uint32_t excluded;  // serial of the client left out + 1
        std::uint32_t room;
    };
    struct Sighting {
        std::uint64_t id;
        std::uint32_t excluded;
    };

    /// A person in one of the rooms, or on its way in.
    struct Stay {
        pumphouse::Since since;
        std::int64_t asked_at = 0;
        bool is_told = false;
        std::uint64_t epoch = 0;
        std::uint64_t next = 0;       // the offset that is due
        std::uint64_t sure_from = 0;  // what is before may have expired while it was asked for
        std::uint64_t received = 0;  // messages, in this stay
    };
    using Stays = std::array<Stay, names.size()>;

    void join(Local& hub, Person& person, std::size_t room, pumphouse::Since since);
    void leave(Local& hub, Person& person);
    std::string make(std::size_t room, std::uint32_t excluded);
    pumphouse::Delivery draw_delivery(std::uint32_t& excluded);
    void broadcast_from_outside();
    void read_page();
    void check_page(std::size_t room, pumphouse::HistoryRange const& range,
                    pumphouse::HistoryPage const& page, std::int64_t asked_at);
    void see(Place place, std::string_view rest);
    void pass(Person const& person, Stay& stay, std::uint64_t offset);
    std::uint64_t kept_from(std::size_t room, pumphouse::Position newest, std::int64_t now) const;
    static std::size_t number_of(std::string_view room) noexcept;

    std::map<std::uint32_t, Stays> stays_;  // by serial
    std::map<Place, Sighting> seen_;
    std::map<Place, std::vector<std::uint32_t>> claims_;  // passed over; by whom
    std::vector<std::pair<std::size_t, pumphouse::Position>> bookmarks_;
    std::map<std::uint32_t, std::pair<std::size_t, Place>> torn_;  // the rest of it still comes
    std::uint64_t next_id_ = 0;
};

}  // namespace simulation
