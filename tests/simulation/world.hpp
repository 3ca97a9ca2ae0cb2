// SPDX-License-Identifier: MIT
//
// World: a whole hub with its hosts, clients and clock in one thread, driven by one seed. Every
// step does one random thing; after every step each shard is audited and each client's ledger is
// held against what its peer has parsed. Now and then everything is let run dry, and each stream
// is held against the order of its room.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <pumphouse/hub/audit.hpp>
#include <pumphouse/hub/hub.hpp>

#include "random.hpp"
#include "sim_transport.hpp"

namespace simulation {

using pumphouse::Accepted;
using pumphouse::ClientId;
using pumphouse::Message;

class World;

/// Where the policy's clock comes from.
inline thread_local std::int64_t virtual_now = 0;  // nanoseconds

struct SimClock {
    static std::chrono::steady_clock::time_point now() noexcept {
        return std::chrono::steady_clock::time_point{std::chrono::nanoseconds{virtual_now}};
    }
};

inline pumphouse::Opcode announce_gap(std::string_view room, pumphouse::Gap gap,
                                      std::string& out) {
    out = "gap " + std::string{room} + " " + std::to_string(gap.last - gap.first + 1);
    return pumphouse::Opcode::text;
}

struct SimPolicy : pumphouse::DefaultPolicy {
    using clock = SimClock;
    struct Session {
        std::uint64_t check = 0x5e5510;
    };
    static constexpr std::array room_kinds{
        pumphouse::RoomKind{"skip", {.overflow = pumphouse::Overflow::skip,
                                     .gap_encoder = &announce_gap,
                                     .max_lag_messages = 7,
                                     .max_lag_bytes = 4000}},
        pumphouse::RoomKind{"silent", {.overflow = pumphouse::Overflow::skip,
                                       .gap_encoder = pumphouse::silent,
                                       .max_lag_messages = 5}},
        pumphouse::RoomKind{"small", {.max_lag_messages = 12, .max_members = 4}},
        pumphouse::RoomKind{"bytes", {.max_lag_messages = 0, .max_lag_bytes = 3000}},
    };

    void on_open(auto& hub, ClientId client);
    void on_message(auto& hub, ClientId client, Message message);
    void on_joined(auto& hub, ClientId client, std::string_view room,
                   pumphouse::Joined const& joined);
    void on_close(auto& hub, ClientId client, pumphouse::CloseReason const& reason);

    World* world = nullptr;
};

/// A finding: what guarantee was broken.
struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class World {
public:
    static constexpr std::array<char const*, 6> room_names{"lobby", "skip-1",  "silent-1",
                                                           "small-1", "bytes-1", "churn"};
    static constexpr std::size_t watched_rooms = 5;  // have an observer; "churn" comes and goes
    static constexpr std::size_t producers = 4;      // of the host; hooks are one more per shard

    explicit World(std::uint64_t seed);
    ~World();
    World(World const&) = delete;
    World& operator=(World const&) = delete;

    /// One random thing, then every check. Throws Broken.
    void step();

    /// Everybody is let go; nothing may be left. Throws Broken.
    void finish();

    /// A number that stands for all that peers have seen: equal runs have equal ones.
    std::uint64_t hash() const noexcept { return hash_; }
    std::uint64_t steps() const noexcept { return steps_; }

    struct Seen {
        std::uint64_t delivered = 0, excluded = 0, skipped = 0, evicted = 0, gaps = 0, closed = 0,
                      torn = 0, full = 0, reordered = 0, shutdowns = 0;
    };
    Seen const& seen() const noexcept { return seen_; }

private:
    friend struct SimPolicy;
    using Local = pumphouse::LocalHub<SimPolicy>;
    using Shard = pumphouse::Shard;

    /// What a message says of itself, at the start of its payload.
    struct Header {
        std::uint64_t id;
        std::uint64_t number;  // of its producer
        std::uint32_t excluded;  // serial of the client left out + 1
        std::uint16_t producer;
        std::uint16_t room;
    };
    static constexpr std::uint16_t everybody = 100;
    static constexpr std::uint16_t direct = 101;

    struct Receipt {
        std::uint64_t id;    // of the message; or
        std::uint64_t gap;   // records announced as lost
        bool is_break;       // left and came back
    };

    struct Person {
        std::unique_ptr<SimPeer> peer;
        ClientId id;
        std::uint32_t serial = 0;
        int opened = 0;
        int closed = 0;
        bool is_observer = false;
        bool is_to_be_closed = false;  // somebody of the host asked for it
        std::map<std::uint16_t, std::uint64_t> received;  // by room, in the present membership
        std::map<std::uint16_t, std::vector<Receipt>> receipts;  // since the last dry run
        std::map<std::uint16_t, std::map<std::uint16_t, std::uint64_t>> last;  // room, producer
        std::int64_t pinged_at = 0;  // or opened
        std::uint16_t stale_room = 0xffff;  // its torn frame belongs to a membership that is over
        std::uint16_t shard = 0;
    };

    struct SimWaker final : pumphouse::Waker {
        void wake() noexcept override { is_awake = true; }
        bool is_awake = true;
    };

    struct Driven {
        std::shared_ptr<SimWaker> waker;
        pumphouse::Time deadline = pumphouse::Time::max();
        bool is_finished = false;
    };

    pumphouse::HubOptions random_options();
    void add_person(bool is_observer, std::uint16_t watched);
    void received(Person& person, pumphouse::Opcode opcode, std::string_view payload);
    void received_message(Person& person, std::string_view payload);
    void check_producer_order(Person& person, Header const& header);
    std::string make_payload(std::uint16_t room, std::uint16_t producer, std::uint32_t excluded);
    std::uint16_t room_number(std::string_view name) const;

    // Things that happen.
    void broadcast_from_outside();
    void send_from_outside();
    void peer_does_something();
    void peer_is_slow();
    void unregister_somebody();
    void turn_some_shard();
    void time_passes();
    void act_in_hook(Local& hub, ClientId client);
    void left(Local& hub, Person& person, std::string_view room);

    void run_shard(std::size_t index, pumphouse::TurnBudget budget);
    void run_dry();
    void check_step();
    void check_ledgers(Shard& shard);
    void check_heartbeats();
    void check_streams();
    void check_stream(Person& person, std::uint16_t room, std::vector<Receipt> const& receipts);
    Person* random_person();
    Person& person_of(ClientId id) { return *by_id_.at(id.value()); }
    void mix(std::uint64_t what) noexcept { hash_ = (hash_ ^ what) * 0x100000001b3ULL; }
    // Kept as well as thrown: a hub does not let a hook's exception through.
    void require(bool holds, char const* what) {
        if (holds) return;
        if (finding_.empty()) finding_ = what;
        throw Broken{what};
    }

    Random random_;
    std::unique_ptr<pumphouse::Hub<SimPolicy>> hub_;
    std::vector<Driven> driven_;
    std::vector<std::unique_ptr<Person>> people_;
    std::vector<Person*> living_;  // not closed yet
    std::map<std::uint64_t, Person*> by_id_;
    std::vector<std::uint32_t> excluded_;  // by message id: serial + 1
    std::array<std::uint64_t, 16> next_number_{};
    std::array<std::vector<std::uint64_t>, watched_rooms> order_;  // of a room: its observer's
    std::array<bool, watched_rooms> is_watched_{};
    std::uint64_t steps_ = 0;
    std::uint64_t hash_ = 0xcbf29ce484222325ULL;
    std::string finding_;
    std::size_t max_people_ = 0;
    bool is_shutting_down_ = false;
    Seen seen_;
};

}  // namespace simulation
