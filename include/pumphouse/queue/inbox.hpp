// SPDX-License-Identifier: MIT
//
// Inbox: the one way into a shard. Any number of producers push nodes, one consumer takes them.
//
// Guarantees: what one producer pushes is taken in its order, each node once; a push is
// lock-free and never allocates; exactly one push after `sleep()` is told to wake the consumer;
// once the doors are closed every producer hears `closed`, and whatever was pushed before is
// still taken: there is no window in which a node is accepted and lost.
//
// The algorithm is a LIFO list that is taken whole and reversed (Linux's llist; Folly's
// AtomicIntrusiveLinkedList). No node is ever popped singly, so there is no ABA problem.
// Memory ordering: the release in `push` pairs with the acquire of the exchange in `take`, and
// makes everything the producer wrote before the push visible to the consumer.
#pragma once

#include <atomic>
#include <cstdint>

#include <pumphouse/queue/node.hpp>

namespace pumphouse {

class Inbox {
public:
    enum class Push : std::uint8_t { queued, queued_and_wake, closed };

    Inbox() = default;
    Inbox(Inbox const&) = delete;
    Inbox& operator=(Inbox const&) = delete;

    /// Any thread, through the front doors: answers `closed` once they are closed.
    [[nodiscard]] Push push(Node& node) noexcept { return push(node, doors_closed | closed); }

    /// Shards among themselves: passes closed doors, stops only at the end of the inbox.
    [[nodiscard]] Push push_from_peer(Node& node) noexcept { return push(node, closed); }

    /// Consumer only. Everything pushed so far, oldest first, linked by `next`.
    [[nodiscard]] Node* take() noexcept {
        Word const keep = head_.load(std::memory_order_relaxed) & (doors_closed | closed);
        return in_order(head_.exchange(keep, std::memory_order_acquire));
    }

    /// Consumer only. Whether something has been pushed since the last `take`.
    [[nodiscard]] bool has_nodes() const noexcept {
        return nodes(head_.load(std::memory_order_relaxed)) != nullptr;
    }

    /// Consumer only. False when something has been pushed since the last `take`. After true,
    /// the next push (and no other) answers `queued_and_wake`.
    [[nodiscard]] bool sleep() noexcept {
        Word expected = head_.load(std::memory_order_relaxed);
        if (nodes(expected) != nullptr) return false;
        return head_.compare_exchange_strong(expected, expected | asleep,
                                             std::memory_order_relaxed);
    }

    /// Consumer only. Producers hear `closed` from now on; peers still get through.
    void close_doors() noexcept { head_.fetch_or(doors_closed, std::memory_order_relaxed); }

    /// Consumer only. Nobody gets through any more; answers the last nodes, oldest first.
    [[nodiscard]] Node* close() noexcept {
        return in_order(head_.exchange(closed, std::memory_order_acquire));
    }

private:
    // A node's address and three flags below its alignment share one word, so that "is it
    // open", "is anybody to be woken" and "link me in" are one compare-and-swap.
    using Word = std::uintptr_t;
    static constexpr Word asleep = 1;
    static constexpr Word doors_closed = 2;
    static constexpr Word closed = 4;
    static constexpr Word flags = asleep | doors_closed | closed;
    static_assert(alignof(Node) > flags, "the flags live in the low bits of a node's address");
    static_assert(std::atomic<Word>::is_always_lock_free, "a push must be lock-free");

    static Node* nodes(Word word) noexcept { return reinterpret_cast<Node*>(word & ~flags); }

    Push push(Node& node, Word refusing) noexcept {
        Word old = head_.load(std::memory_order_relaxed);
        Word mine = 0;
        do {
            if (old & refusing) return Push::closed;
            node.next = nodes(old);
            mine = reinterpret_cast<Word>(&node) | (old & doors_closed);
        } while (!head_.compare_exchange_weak(old, mine, std::memory_order_release,
                                              std::memory_order_relaxed));
        return old & asleep ? Push::queued_and_wake : Push::queued;
    }

    static Node* in_order(Word taken) noexcept {
        Node* newest = nodes(taken);
        Node* oldest = nullptr;
        while (newest != nullptr) {
            Node* const older = newest->next;
            newest->next = oldest;
            oldest = newest;
            newest = older;
        }
        return oldest;
    }

    alignas(64) std::atomic<Word> head_{0};  // alone on its cache line: producers contend here
};

}  // namespace pumphouse
