// SPDX-License-Identifier: MIT
//
// What queue/inbox.hpp guarantees: order per producer, each node once, one wake per sleep, doors
// that close without a window. tests/queue/inbox.pml is its algorithm as a model, for every
// interleaving.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

#include <pumphouse/queue/inbox.hpp>

#include "support/catch.hpp"
#include "support/sanitizers.hpp"

using pumphouse::Inbox;
using pumphouse::Node;

namespace {

struct Numbered : Node {
    std::uint32_t producer = 0;
    std::uint32_t number = 0;
};

std::vector<std::uint32_t> numbers_of(Node* first) {
    std::vector<std::uint32_t> numbers;
    for (; first != nullptr; first = first->next) {
        numbers.push_back(static_cast<Numbered*>(first)->number);
    }
    return numbers;
}

// The wake of a real driver: what the consumer waits for when `sleep` says that it may.
class Bell {
public:
    void ring() noexcept {
        rings_.fetch_add(1);
        rings_.notify_one();
    }
    void wait() noexcept {
        rings_.wait(seen_);
        seen_ = rings_.load();
    }
    std::uint64_t rings() const noexcept { return rings_.load(); }

private:
    std::atomic<std::uint64_t> rings_{0};
    std::uint64_t seen_ = 0;
};

// Takes until everything has come; false when a producer's order was broken.
bool consume_all(Inbox& inbox, Bell& bell, std::uint64_t all, std::vector<std::uint32_t>& next,
                 std::uint64_t& sleeps) {
    bool in_order = true;
    for (std::uint64_t taken = 0; taken < all;) {
        Node* each = inbox.take();
        if (each == nullptr && inbox.sleep()) {
            ++sleeps;
            bell.wait();
        }
        while (each != nullptr) {
            Node* const following = each->next;
            auto const& node = static_cast<Numbered&>(*each);
            in_order &= node.number == next[node.producer]++;
            ++taken;
            each = following;
        }
    }
    return in_order;
}

}  // namespace

static_assert(std::atomic<std::uintptr_t>::is_always_lock_free);
static_assert(alignof(Inbox) == 64 && sizeof(Inbox) == 64, "alone on its cache line");
static_assert(!std::is_copy_constructible_v<Inbox>);

TEST_CASE("inbox: nodes come out in the order in which one producer pushed them") {
    Inbox inbox;
    std::vector<Numbered> nodes(5);
    for (std::uint32_t i = 0; i < 5; ++i) {
        nodes[i].number = i;
        CHECK(inbox.push(nodes[i]) == Inbox::Push::queued);
    }
    CHECK(numbers_of(inbox.take()) == std::vector<std::uint32_t>{0, 1, 2, 3, 4});
    CHECK(inbox.take() == nullptr);
}

TEST_CASE("inbox: exactly one push after each sleep is told to wake") {
    Inbox inbox;
    std::vector<Numbered> nodes(6);
    CHECK(inbox.sleep());
    CHECK(inbox.push(nodes[0]) == Inbox::Push::queued_and_wake);
    CHECK(inbox.push(nodes[1]) == Inbox::Push::queued);
    CHECK_FALSE(inbox.sleep());  // something has come in
    CHECK(inbox.take() == &nodes[0]);
    CHECK(inbox.sleep());
    CHECK(inbox.sleep());  // saying it twice changes nothing
    CHECK(inbox.push_from_peer(nodes[2]) == Inbox::Push::queued_and_wake);
    CHECK(inbox.push(nodes[3]) == Inbox::Push::queued);
    CHECK(inbox.take() == &nodes[2]);

    CHECK(inbox.sleep());
    CHECK(inbox.take() == nullptr);  // awake by itself: a deadline
    CHECK(inbox.push(nodes[4]) == Inbox::Push::queued);
}

TEST_CASE("inbox: behind closed doors producers hear closed and peers still pass") {
    Inbox inbox;
    std::vector<Numbered> nodes(4);
    for (std::uint32_t i = 0; i < 4; ++i) nodes[i].number = i;
    CHECK(inbox.push(nodes[0]) == Inbox::Push::queued);
    inbox.close_doors();
    CHECK(inbox.push(nodes[1]) == Inbox::Push::closed);
    CHECK(inbox.push_from_peer(nodes[2]) == Inbox::Push::queued);
    CHECK(numbers_of(inbox.take()) == std::vector<std::uint32_t>{0, 2});

    CHECK(inbox.push(nodes[1]) == Inbox::Push::closed);  // a take does not open them
    CHECK(inbox.sleep());
    CHECK(inbox.push(nodes[1]) == Inbox::Push::closed);  // and who is refused wakes nobody
    CHECK(inbox.push_from_peer(nodes[3]) == Inbox::Push::queued_and_wake);
    CHECK(inbox.push(nodes[1]) == Inbox::Push::closed);  // nor does a wake
    CHECK(numbers_of(inbox.close()) == std::vector<std::uint32_t>{3});
    CHECK(inbox.push_from_peer(nodes[2]) == Inbox::Push::closed);
    CHECK(inbox.take() == nullptr);
    CHECK(inbox.push_from_peer(nodes[2]) == Inbox::Push::closed);
}

TEST_CASE("inbox: four producers times a million commands, every one once and in its order") {
    constexpr std::uint32_t producers = 4;
    constexpr std::uint32_t each = support::fewer_under_sanitizers(1'000'000, 50'000);
    Inbox inbox;
    Bell bell;
    std::vector<std::unique_ptr<Numbered[]>> nodes;
    for (std::uint32_t p = 0; p < producers; ++p) {
        nodes.push_back(std::make_unique<Numbered[]>(each));
    }
    std::atomic<std::uint64_t> wakes{0};
    std::vector<std::thread> threads;
    for (std::uint32_t p = 0; p < producers; ++p) {
        threads.emplace_back([&, p] {
            for (std::uint32_t i = 0; i < each; ++i) {
                Numbered& node = nodes[p][i];
                node.producer = p;
                node.number = i;
                if (inbox.push(node) != Inbox::Push::queued_and_wake) continue;
                wakes.fetch_add(1);
                bell.ring();
            }
        });
    }
    std::vector<std::uint32_t> next(producers, 0);
    std::uint64_t sleeps = 0;
    bool const in_order =
        consume_all(inbox, bell, std::uint64_t{each} * producers, next, sleeps);
    for (auto& thread : threads) thread.join();
    CHECK(in_order);
    CHECK(next == std::vector<std::uint32_t>(producers, each));
    CHECK(inbox.take() == nullptr);
    CHECK(wakes.load() == sleeps);
}

TEST_CASE("inbox: whatever was accepted before the doors closed is taken, the rest heard closed") {
    constexpr std::uint32_t each = support::fewer_under_sanitizers(20'000, 2'000);
    for (int round = 0; round < 20; ++round) {
        Inbox inbox;
        std::vector<std::vector<Numbered>> nodes(3);
        std::array<std::uint32_t, 3> accepted{};
        std::atomic<int> running{3};
        std::vector<std::thread> threads;
        for (std::uint32_t p = 0; p < 3; ++p) {
            nodes[p].resize(each);
            threads.emplace_back([&, p] {
                for (Numbered& node : nodes[p]) {
                    if (inbox.push(node) == Inbox::Push::closed) break;
                    ++accepted[p];
                }
                running.fetch_sub(1);
            });
        }
        std::uint64_t taken = 0;
        auto const count = [&](Node* first) {
            for (; first != nullptr; first = first->next) ++taken;
        };
        for (int i = 0; i < round; ++i) count(inbox.take());
        inbox.close_doors();
        count(inbox.take());
        count(inbox.close());
        for (auto& thread : threads) thread.join();
        CHECK(taken == std::uint64_t{accepted[0]} + accepted[1] + accepted[2]);
    }
}
