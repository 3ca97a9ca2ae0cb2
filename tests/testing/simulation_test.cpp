// SPDX-License-Identifier: MIT
// What hosts are promised of simulations of their own.
#include <cstdlib>
#include <string>
#include <vector>

#include <pumphouse/testing/simulation/simulate.hpp>
#include <pumphouse/testing/simulation/simulation.hpp>

#include "line_peer.hpp"
#include "support/catch.hpp"

namespace {

using namespace pumphouse::simulation;
using pumphouse::ClientId;

/// No hub: three kinds of steps, and something that goes wrong after the third of one kind.
class Counting : public SimulationBase {
public:
    explicit Counting(std::uint64_t seed, bool crashes = false) : SimulationBase{seed} {
        add_action(1, "counts", [this, crashes] {
            tell("to ", ++count_);
            if (crashes && count_ == 3) std::abort();
        });
        add_action(20, "draws", [this] { drawn.push_back(random().next()); });
        add_action(20, "does nothing", [] {});
        if (!crashes) check_each_step([this] { require(count_ < 3, "it has counted to three"); });
    }

    std::vector<std::uint64_t> drawn;

protected:
    void dry() override {}
    void end() override {}

private:
    std::uint64_t count_ = 0;
};

Failure failure_of(Make const& make) {
    auto const failure = find(make, {.first = 1, .last = 1, .steps = 2000});
    REQUIRE(failure);
    REQUIRE(failure->shrunk);
    return *failure;
}

std::vector<std::uint64_t> list_in(std::string const& arguments) {
    std::string words[3] = {"program", "--only", arguments};
    char* pointers[3] = {words[0].data(), words[1].data(), words[2].data()};
    return Arguments{3, pointers}.only;
}

/// Everybody says what comes to mind to all others. The hooks have exact types.
struct Talk : pumphouse::DefaultPolicy {
    using Local = pumphouse::LocalHub<Talk>;
    static constexpr pumphouse::HubOptions options{.max_clients = 20};

    void on_open(Local& hub, ClientId client) { hub.join(client, "all"); }
    void on_message(Local& hub, ClientId client, pumphouse::Message message) {
        hub.broadcast("all", message, pumphouse::except(client));
    }
};

template <typename Somebody>
class Talking : public Simulation<Talk, Somebody> {
public:
    explicit Talking(std::uint64_t seed) : Simulation<Talk, Somebody>{seed, setup()} {
        this->add_action(80, "somebody talks", [this] {
            auto* const somebody = this->pick();
            if (somebody != nullptr) this->says(*somebody, "so " + std::to_string(++said_));
        });
        this->check_when_dry([this] { this->require(heard_ <= said_ * 20, "echoes"); });
    }
    void received(Somebody&, pumphouse::Opcode, std::string_view) override { ++heard_; }
    void add_to(Tally& tally) const override { tally["heard"] += heard_; }

private:
    static Setup setup() {
        Setup setup;
        setup.observers = 2;
        return setup;
    }

    std::uint64_t said_ = 0;
    std::uint64_t heard_ = 0;
};

struct LineReader : Person<LinePeer> {};

template <typename S>
std::uint64_t heard_in(std::uint64_t seeds) {
    std::uint64_t heard = 0;
    auto const failure = find(make_of<S>(), {.first = 1, .last = seeds, .steps = 3000},
                              [&](Plan const&, Outcome const& outcome) {
                                  heard += outcome.tally.at("heard");
                              });
    INFO((failure ? failure->report("it") : ""));
    CHECK(!failure);
    return heard;
}

}  // namespace

TEST_CASE("a failing seed is shrunk to the steps it takes") {
    Failure const failure = failure_of(make_of<Counting>());
    CHECK(failure.outcome.what == "it has counted to three");
    CHECK(failure.plan.steps == failure.outcome.step + 1);
    CHECK(failure.shrunk->only.size() == 3);
    CHECK(failure.shrunk->only.back() == failure.shrunk_outcome.step);
    CHECK(failure.story.find("  counts: to 3\n") != failure.story.npos);

    Outcome const again = run_here(make_of<Counting>(), *failure.shrunk);
    CHECK(again.what == failure.shrunk_outcome.what);
    CHECK(again.step == failure.shrunk_outcome.step);
}

TEST_CASE("a crash is a finding with a step and a replay") {
    Make const make = [](std::uint64_t seed) { return std::make_unique<Counting>(seed, true); };
    Failure const failure = failure_of(make);
    CHECK(failure.outcome.what.find("it crashed: ") == 0);
    CHECK(failure.shrunk->only.size() == 3);
    CHECK(failure.story.find("  counts: to 3\n") != failure.story.npos);
}

TEST_CASE("a step that is left out changes no draw of the others") {
    Counting all{7};
    Counting some{7};
    std::vector<std::uint64_t> expected;
    for (std::uint64_t i = 0; i < 100; ++i) {
        std::size_t const before = all.drawn.size();
        all.step(i);
        if (i % 3 == 0) continue;
        some.step(i);
        if (all.drawn.size() != before) expected.push_back(all.drawn.back());
    }
    CHECK(expected.size() > 5);
    CHECK(some.drawn == expected);
}

TEST_CASE("the arguments of a replay mean its plan") {
    Plan const plan{17, 900, false, {3, 17, 18, 19, 840}};
    CHECK(plan.arguments() == "--seeds 17-17 --steps 900 --only 3,17-19,840");
    CHECK(list_in("3,17-19,840") == plan.only);
    CHECK(list_in("none").empty());
    CHECK(Plan{17, 900, false, {}}.arguments() == "--seeds 17-17 --steps 900 --only none");
    CHECK(Plan{17, 900}.arguments() == "--seeds 17-17 --steps 900");
    CHECK_THROWS_AS(list_in("3,x"), std::invalid_argument);
}

TEST_CASE("a host's policy runs in a simulation as it is") {
    CHECK(heard_in<Talking<Person<>>>(12) > 1000);
}

TEST_CASE("a host's own transport runs in a simulation") {
    CHECK(heard_in<Talking<LineReader>>(12) > 1000);
}

TEST_CASE("a seed means the same each time") {
    auto const make = make_of<Talking<Person<>>>();
    Outcome const first = run_here(make, {.seed = 3, .steps = 2000});
    CHECK(first.hash != run_here(make, {.seed = 4, .steps = 2000}).hash);
    CHECK(first.hash == run(make, {.seed = 3, .steps = 2000}).hash);
}
