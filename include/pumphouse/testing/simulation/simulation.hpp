// SPDX-License-Identifier: MIT
//
// Simulation<Policy>: a whole hub with its host, clients and clock in one thread, driven by one
// seed. A host derives from it and adds what its clients do and what must hold:
//
//   struct GameSimulation : pumphouse::simulation::Simulation<Game> {
//       explicit GameSimulation(std::uint64_t seed) : Simulation{seed} {
//           add_action(50, "a player moves", [this] { if (auto* p = pick()) says(*p, "move 1"); });
//           check_when_dry([this] { require(all_agree(), "players see different boards"); });
//       }
//   };
//
// It brings along people who come, read slowly and vanish, shards that get turns in any order, and
// time; and these checks: the audit of each shard that had a turn, the protocol on each stream,
// delivered = what peers got, the hooks' order, the heartbeat, and that nothing is left at the end.
//
// One at a time on a thread: it owns the thread's virtual clock. docs/simulation.md.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pumphouse/hub/hub.hpp>
#include <pumphouse/testing/simulation/happenings.hpp>
#include <pumphouse/testing/simulation/invariants.hpp>
#include <pumphouse/testing/simulation/person.hpp>
#include <pumphouse/testing/simulation/setup.hpp>
#include <pumphouse/testing/simulation/sim_driver.hpp>
#include <pumphouse/testing/simulation/simulation_base.hpp>
#include <pumphouse/testing/simulation/virtual_clock.hpp>
#include <pumphouse/testing/simulation/watched_hooks.hpp>

namespace pumphouse::simulation {

template <typename Policy, typename PersonType = simulation::Person<>>
class Simulation : public SimulationBase, private HooksListener {
public:
    using Hub = pumphouse::Hub<Policy>;
    using Local = LocalHub<Policy>;
    using Person = PersonType;
    using Peer = typename Person::Peer;

    explicit Simulation(std::uint64_t seed, Setup const& setup = {}, Policy policy = {})
        : SimulationBase{seed}, setup_{setup}, secrets_{Random::mix(seed)}, hooks_{*this} {
        virtual_now = 1'000'000'000;
        max_people_ = random().between(3, std::max<std::size_t>(setup.max_people, 3));
        hub_ = std::make_unique<Hub>(hub_options(), std::move(policy), &hooks_);
        driver_ = std::make_unique<SimDriver>(*hub_);
        got_.resize(hub_->shard_count());
        for (std::size_t i = 0; i < setup.observers; ++i) connect(true);
        check_each_step([this] { check_peers_and_shards(); });
        check_when_dry([this] { invariants::check_heartbeats(*this); });
        check_at_end([this] {
            require(driver_->is_finished(), "shutdown did not finish");
            invariants::check_nothing_is_left(*this);
        });
        add_what_happens(setup.weights);
    }
    ~Simulation() override {
        hooks_.mute();
        hub_.reset();  // while the peers of whoever is left are there
    }

    Hub& hub() noexcept { return *hub_; }
    Policy& policy() noexcept { return hub_->policy(); }
    bool is_shutting_down() const noexcept { return hub_->core()->is_shutting_down(); }
    std::size_t shard_count() const noexcept { return driver_->shard_count(); }
    Shard& shard_of(Person const& person) noexcept { return hub_->shard(person.shard); }
    /// Whether that shard had a turn in this step: else nothing of it can have changed.
    bool had_turn(std::size_t shard) const noexcept { return driver_->had_turn(shard); }
    static void pass(Duration time) noexcept { virtual_now += time.count(); }

    // --- people ---
    std::vector<std::unique_ptr<Person>> const& people() const noexcept { return crowd_.all; }
    std::vector<Person*> const& living() const noexcept { return crowd_.living; }
    Person& person_of(ClientId id) const { return crowd_.of(id); }

    /// It has been opened, and nobody has begun to close it.
    bool is_open(Person const& person) {
        return person.opened != 0 && person.closed == 0 &&
               shard_of(person).is_member(person.id, {});
    }

    /// Somebody who is no observer; may be gone already, or null.
    Person* pick() {
        Person* const person = pick_any();
        return person == nullptr || person->is_observer ? nullptr : person;
    }
    Person* pick_any() { return crowd_.pick(random(), max_people_ + observers_ + 1); }

    void says(Person& person, std::string text) {
        person.peer->push({Inbound::What::message, std::move(text)});
    }

    /// Null when the hub refused.
    Person* connect(bool is_observer = false) {
        auto made = std::make_unique<Person>();
        Person& who = *made;
        who.serial = static_cast<std::uint32_t>(crowd_.all.size());
        who.is_observer = is_observer;
        observers_ += is_observer;
        who.key = random().next();
        who.random = Random{random().next()};
        who.peer = std::make_unique<Peer>(random(), [this, &who](auto opcode, auto payload) {
            got(who, opcode, payload);
        });
        std::unique_ptr<ClientBase> client = who.peer->connect();
        who.can_be_pinged = client->wire_format().has_control_frames;
        auto const answer = hub_->register_channel().push(std::move(client));
        if (!answer) {
            require(client != nullptr, "a refused client was not handed back");
            return nullptr;
        }
        tell("person ", who.serial, " comes");
        who.id = answer.id;
        who.shard = static_cast<std::uint16_t>(hub_->core()->shard_of(who.id));
        crowd_.add(std::move(made));
        return &who;
    }

    // --- what a host may want to know ---
    /// A message that a peer has got whole.
    virtual void received(Person&, Opcode, std::string_view) {}
    /// Whether it is what the policy's gap encoder makes, and no message of the ledger.
    virtual bool is_gap_notice(Person const&, std::string_view) const { return false; }
    virtual void opened(Person&) {}
    virtual void closed(Person&, CloseReason const&) {}

protected:
    void dry() override {
        for (auto const& person : crowd_.all) person->peer->recover();
        driver_->run_dry(random());
    }

    void end() override {
        run_dry();
        hub_->shutdown();
        auto const& options = hub_->core()->options;
        auto const longest =
            options.shutdown.deadline + options.close_wait + options.write_deadline;
        auto const deadline = virtual_now + (longest + std::chrono::seconds{10}).count();
        for (; virtual_now < deadline; pass(std::chrono::seconds{1})) run_dry();
    }

    bool is_ending() const noexcept override { return is_shutting_down(); }
    void has_checked() noexcept override { driver_->forget_turns(); }

private:
    HubOptions hub_options() {
        HubOptions options = setup_.hub.value_or(Policy::options);
        if (setup_.draws_limits) draw_limits(options, random());
        if (setup_.max_shards != 0) options.shards = 1 + seed() % setup_.max_shards;
        return options;
    }

    // --- what happens ---

    void add_what_happens(Weights const& often) {
        add_action(often.turn, "a shard has a turn", [this] { turn(); });
        add_action(often.time, "time passes", [this] {
            pass(std::chrono::milliseconds{20 * random().below(30)});
        });
        add_action(often.long_time, "a long time passes", [this] {
            run_dry();  // observers must have answered before
            pass(std::chrono::seconds{random().below(std::uint64_t{longest_pause.count()})});
        });
        add_action(often.dry, "everybody reads until all is quiet", [this] { run_dry(); });
        add_action(often.connect, "somebody connects", [this] {
            bool const is_room = crowd_.all.size() < setup_.max_visitors &&
                                 hub_->client_count() < max_people_ + observers_;
            if (is_room) connect();
        });
        add_action(often.slow, "a peer reads slowly, or all",
                   [this] { happenings::read_slowly(*this); });
        add_action(often.control, "a peer sends a control frame",
                   [this] { happenings::send_control(*this); });
        add_action(often.go, "a peer goes", [this] { happenings::go(*this); });
        add_action(often.unregister, "the host unregisters somebody",
                   [this] { happenings::unregister(*this); });
    }

    void turn() {
        std::size_t const index = random().below(shard_count());
        TurnBudget budget;
        if (random().one_in(2)) budget.units = random().between(1, 20);
        tell("shard ", index);
        driver_->run(index, budget);
    }

    // --- what is seen ---

    void got(Person& person, Opcode opcode, std::string_view payload) {
        Inside const inside{*this, person.random};
        mix(person.serial * 31 + static_cast<std::uint64_t>(opcode));
        mix(payload.size());
        if (opcode == Opcode::ping) {
            person.pinged_at = virtual_now;
            bool const answers = person.is_observer || !random().one_in(5);
            if (answers) person.peer->push({Inbound::What::pong, {}});
        } else if (opcode == Opcode::close) {
            if (!random().one_in(3)) person.peer->push({Inbound::What::close, {}});
        } else if (!is_control(opcode)) {
            if (!is_gap_notice(person, payload)) ++got_[person.shard];
            received(person, opcode, payload);
        }
    }

    std::uint64_t draw_secret() override { return secrets_.next(); }
    void saw_open(ClientId client) override {
        Person& person = person_of(client);
        require(++person.opened == 1, "on_open ran twice");
        person.pinged_at = virtual_now;
        opened(person);
    }
    void saw_hook(ClientId client) override {
        Person const& person = person_of(client);
        require(person.opened == 1, "a hook ran before on_open");
        require(person.closed == 0, "a hook ran after on_close");
    }
    void saw_close(ClientId client, CloseReason const& reason) override {
        Person& person = person_of(client);
        require(++person.closed == 1, "on_close ran twice");
        mix(static_cast<std::uint64_t>(reason.code));
        crowd_.has_closed(person);
        closed(person, reason);
    }

    // --- what must hold ---

    void check_peers_and_shards() {
        for (Person const* person : living()) {
            if (!had_turn(person->shard)) continue;
            std::string_view const problem = person->peer->problem();
            if (!problem.empty()) fail("a stream: " + std::string{problem});
        }
        require(hub_->core()->budget.messages() >= 0,
                "more of the budget was given back than taken");
        driver_->audit();
        for (std::size_t i = 0; i < shard_count(); ++i) {
            require(!had_turn(i) || hub_->shard(i).stats().ledger.delivered == got_[i],
                    "the messages that peers got are not those that were delivered");
        }
    }

    Setup const setup_;
    Random secrets_;
    WatchedHooks hooks_;
    std::size_t max_people_ = 0;
    std::size_t observers_ = 0;
    Crowd<Person> crowd_;
    std::vector<std::uint64_t> got_;  // messages, by shard
    std::unique_ptr<Hub> hub_;
    std::unique_ptr<SimDriver> driver_;
};

}  // namespace pumphouse::simulation
