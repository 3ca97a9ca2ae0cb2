// SPDX-License-Identifier: MIT
//
// SimulationBase: what a run of one seed is, whatever it runs: steps, each of which does one
// thing drawn from a table of actions, and checks after each.
//
// Chance comes in streams. Each step draws from one of its own, made of the seed and the step's
// number, so that a step that is left out changes as little as may be of what the others do; that
// is what lets a failing seed be shrunk. What happens inside something else (a person's hooks)
// draws from that one's stream: `Inside`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pumphouse/testing/simulation/broken.hpp>
#include <pumphouse/testing/simulation/random.hpp>
#include <pumphouse/testing/simulation/weighted_table.hpp>

namespace pumphouse::simulation {

/// How often things happened, over many seeds: to see that they do.
using Tally = std::map<std::string, std::uint64_t>;

class SimulationBase {
public:
    explicit SimulationBase(std::uint64_t seed) : seed_{seed}, step_{stream(Stream::beginning)} {}
    virtual ~SimulationBase() = default;
    SimulationBase(SimulationBase const&) = delete;
    SimulationBase& operator=(SimulationBase const&) = delete;

    // --- for whoever runs it ---

    /// Does the thing of that number, then checks. Throws what a check threw.
    void step(std::uint64_t number) {
        step_ = Random::sub(seed_, number);
        auto const& action = actions_.draw(step_);
        tell(action.name);
        action.act();
        check_step();
    }

    /// Ends everything and checks that nothing is left. Throws what a check threw.
    void finish() {
        step_ = stream(Stream::end);
        tell("everything ends");
        end();
        for (auto const& each : end_checks_) each();
    }

    /// A number that stands for all that peers have seen: equal runs have equal ones.
    std::uint64_t hash() const noexcept { return hash_; }
    virtual void add_to(Tally&) const {}

    /// Who hears what happens: in each step first its action, then what was told of it.
    void listen(std::function<void(std::string_view)> told) { told_ = std::move(told); }

    // --- for actions and checks ---

    std::uint64_t seed() const noexcept { return seed_; }
    Random& random() noexcept { return *stream_; }

    /// The finding is kept as well as thrown: a hub lets no exception of a hook through.
    void require(bool holds, char const* what) {
        if (!holds) fail(what);
    }
    [[noreturn]] void fail(std::string const& what) {
        if (finding_.empty()) finding_ = what;
        throw Broken{what};
    }

    /// Says more of what happens, to whoever reads a shrunk seed; else it costs nothing.
    template <typename... Pieces>
    void tell(Pieces const&... pieces) {
        if (told_) told_((std::string{} + ... + word(pieces)));
    }

    void mix(std::uint64_t what) noexcept { hash_ = (hash_ ^ what) * 0x100000001b3ULL; }

    /// Chance is somebody's own, for as long as this is there.
    class Inside {
    public:
        Inside(SimulationBase& simulation, Random& its) noexcept
            : simulation_{simulation}, before_{std::exchange(simulation.stream_, &its)} {}
        ~Inside() { simulation_.stream_ = before_; }
        Inside(Inside const&) = delete;
        Inside& operator=(Inside const&) = delete;

    private:
        SimulationBase& simulation_;
        Random* before_;
    };

    /// Lets everybody read and turns until nothing is left to do, then checks.
    void run_dry() {
        dry();
        check_step();
        if (is_ending()) return;
        for (auto const& each : dry_checks_) each();
    }

    // --- while it is made ---

    void add_action(std::uint64_t weight, std::string name, std::function<void()> act) {
        actions_.add(weight, std::move(name), std::move(act));
    }
    void check_each_step(std::function<void()> check) { checks_.push_back(std::move(check)); }
    void check_when_dry(std::function<void()> check) { dry_checks_.push_back(std::move(check)); }
    void check_at_end(std::function<void()> check) { end_checks_.push_back(std::move(check)); }

protected:
    virtual void dry() = 0;
    virtual void end() = 0;
    virtual bool is_ending() const noexcept { return false; }  // no dry checks any more
    virtual void has_checked() noexcept {}

    void check_step() {
        if (!finding_.empty()) throw Broken{finding_};
        for (auto const& each : checks_) each();
        has_checked();
    }

private:
    enum class Stream : std::uint64_t { beginning = ~std::uint64_t{0}, end = beginning - 1 };
    Random stream(Stream which) const noexcept {
        return Random::sub(seed_, static_cast<std::uint64_t>(which));
    }
    static std::string word(std::string_view text) { return std::string{text}; }
    static std::string word(std::uint64_t number) { return std::to_string(number); }

    std::uint64_t const seed_;
    Random step_;
    Random* stream_ = &step_;
    WeightedTable<> actions_;
    std::vector<std::function<void()>> checks_, dry_checks_, end_checks_;
    std::string finding_;
    std::function<void(std::string_view)> told_;
    std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

}  // namespace pumphouse::simulation
