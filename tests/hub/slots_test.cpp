// SPDX-License-Identifier: MIT
//
// What hub/slots.hpp guarantees (core rule 14): an id names one client for ever, one caller wins
// the close, and a slot is not used again while one of its nodes is on its way.
#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include <pumphouse/hub/slots.hpp>

#include "support/catch.hpp"
#include "support/sanitizers.hpp"

using namespace pumphouse;
using Close = Slots::Close;

static_assert(sizeof(Slot) <= 128, "the byte budget of a slot");
static_assert(sizeof(ClientId) == 8);

namespace {

// As a shard does when an unregister node comes in for a client that has gone.
void close_node_comes_in(Slots& slots, Slot& slot) {
    slot.close_has_come = true;
    slot.close_is_queued = false;
    static_cast<void>(slots.try_reuse(slot));
}

}  // namespace

TEST_CASE("slots: the id of a client that is gone names nobody, also when its slot has a new one") {
    Slots slots{10};
    Slot& slot = *slots.mint();
    ClientId const old = slot.id();
    CHECK(slots.is_open(old));
    CHECK(slots.end(slot));
    CHECK_FALSE(slots.is_open(old));
    CHECK(slots.begin_close(old, CloseCode::normal) == Close::gone);
    Slot& again = *slots.mint();
    CHECK(&again == &slot);
    CHECK(again.id() != old);
    CHECK(slots.is_open(again.id()));
    CHECK_FALSE(slots.is_open(old));
    CHECK(slots.begin_close(old, CloseCode::normal) == Close::gone);
    CHECK_FALSE(slots.raise(old, Ready::readable));
    CHECK(slots.is_open(again.id()));
}

TEST_CASE("slots: one close is begun, later ones hear already, then gone") {
    Slots slots{10};
    Slot& slot = *slots.mint();
    ClientId const id = slot.id();
    CHECK(slots.begin_close(id, CloseCode::kicked) == Close::begun);
    CHECK(Slot::code_of(slot.state.load()) == CloseCode::kicked);
    CHECK(slots.begin_close(id, CloseCode::normal) == Close::already);
    CHECK(Slot::code_of(slot.state.load()) == CloseCode::kicked);
    slot.close_has_come = true;
    CHECK(slots.end(slot));
    CHECK(slots.begin_close(id, CloseCode::normal) == Close::gone);
}

TEST_CASE("slots: ids that were never minted name nobody") {
    Slots slots{10};
    for (ClientId const id : {ClientId{}, ClientId{0, 1}, ClientId{5, 7}, ClientId{1U << 30, 1}}) {
        CHECK_FALSE(slots.is_open(id));
        CHECK(slots.begin_close(id, CloseCode::normal) == Close::gone);
        CHECK_FALSE(slots.raise(id, Ready::both));
    }
}

TEST_CASE("slots: a slot whose unregister node is still on its way is not used again") {
    Slots slots{10};
    Slot& slot = *slots.mint();
    CHECK(slots.begin_close(slot.id(), CloseCode::normal) == Close::begun);
    CHECK_FALSE(slots.end(slot));  // the client vanished first
    Slot& other = *slots.mint();
    CHECK(&other != &slot);
    close_node_comes_in(slots, slot);
    CHECK(slots.mint() == &slot);
}

TEST_CASE("slots: a slot whose signal node is still on its way is not used again") {
    Slots slots{10};
    Slot& slot = *slots.mint();
    CHECK(slots.raise(slot.id(), Ready::readable));
    CHECK_FALSE(slots.raise(slot.id(), Ready::readable));  // one node for a burst
    CHECK_FALSE(slots.raise(slot.id(), Ready::writable));
    CHECK_FALSE(slots.end(slot));
    CHECK(slots.mint() != &slot);
    CHECK(Slots::lower(slot) == Ready::both);
    CHECK(slots.try_reuse(slot));
    CHECK(slots.mint() == &slot);
}

TEST_CASE("slots: no more clients than the cap, and every one given back can be had again") {
    Slots slots{300};
    std::vector<Slot*> minted;
    std::set<std::uint64_t> ids;
    for (int i = 0; i < 300; ++i) {
        minted.push_back(slots.mint());
        REQUIRE(minted.back() != nullptr);
        CHECK(ids.insert(minted.back()->id().value()).second);
    }
    CHECK(slots.mint() == nullptr);
    CHECK(slots.live() == 300);
    for (Slot* each : minted) CHECK(slots.end(*each));
    CHECK(slots.live() == 0);
    for (int i = 0; i < 300; ++i) {
        Slot* const slot = slots.mint();
        REQUIRE(slot != nullptr);
        CHECK(ids.insert(slot->id().value()).second);
    }
    CHECK(slots.mint() == nullptr);
}

TEST_CASE("slots: of many closers at once exactly one begins") {
    Slots slots{10};
    constexpr int rounds = support::fewer_under_sanitizers(2'000, 300);
    std::atomic<std::uint64_t> word{0};
    std::atomic<int> begun{0};
    std::atomic<int> ready{0};
    std::atomic<int> round{-1};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < rounds; ++i) {
                while (round.load() < i) std::this_thread::yield();
                std::uint64_t const now = word.load();
                ClientId const id{static_cast<std::uint32_t>(now),
                                  static_cast<std::uint32_t>(now >> 32)};
                begun += slots.begin_close(id, CloseCode::normal) == Close::begun;
                ++ready;
            }
        });
    }
    bool is_once = true;
    for (int i = 0; i < rounds; ++i) {
        Slot& slot = *slots.mint();
        word = slot.id().value();
        begun = ready = 0;
        round = i;
        while (ready.load() != 3) std::this_thread::yield();
        is_once &= begun.load() == 1;
        slot.close_has_come = true;
        is_once &= slots.end(slot);
    }
    for (auto& thread : threads) thread.join();
    CHECK(is_once);
}

TEST_CASE("slots: minted by many threads at once, no slot is two clients'") {
    constexpr int rounds = support::fewer_under_sanitizers(20'000, 2'000);
    Slots slots{1000};
    std::vector<std::thread> threads;
    std::vector<std::atomic<int>> owners(2048);
    std::atomic<bool> is_shared{false};
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < rounds; ++i) {
                Slot* const slot = slots.mint();
                if (slot == nullptr) continue;
                if (owners[slot->index].fetch_add(1) != 0) is_shared = true;
                owners[slot->index].fetch_sub(1);
                slots.end(*slot);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK_FALSE(is_shared.load());
    CHECK(slots.live() == 0);
}
