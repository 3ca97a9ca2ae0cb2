// SPDX-License-Identifier: MIT
//
// Slots: where clients' ids live. A slot outlives its clients; its generation tells them apart,
// so that a late call with an old id finds nobody. It carries the nodes with which a client is
// registered, unregistered and signalled, so that none of the three allocates or can be lost.
//
// `mint`, `begin_close` and `raise` from any thread, lock-free. A slot is reused only after its
// client has ended and none of its nodes is still on its way. Free slots form a Treiber stack of
// tagged indices, as in BlockPool.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <pumphouse/message/client_id.hpp>
#include <pumphouse/message/close.hpp>
#include <pumphouse/queue/node.hpp>
#include <pumphouse/transport/readiness.hpp>

namespace pumphouse {

class ClientBase;
struct Slot;

struct SlotNode : Node {
    SlotNode(Kind what, Slot& of) noexcept : Node{what}, slot{&of} {}
    Slot* slot;
};

struct Slot {
    enum State : std::uint64_t { free = 0, open = 1, closing = 2, ended = 3 };

    // One word, so that "still this client, still open" is one compare-and-swap.
    static constexpr std::uint64_t word(std::uint32_t generation, State state,
                                        CloseCode code = CloseCode::normal) noexcept {
        return std::uint64_t{generation} << 32 | std::uint64_t{static_cast<std::uint16_t>(code)}
               << 8 | state;
    }
    static State state_of(std::uint64_t word) noexcept { return static_cast<State>(word & 0xff); }
    static CloseCode code_of(std::uint64_t word) noexcept {
        return static_cast<CloseCode>(word >> 8 & 0xffff);
    }
    static std::uint32_t generation_of(std::uint64_t word) noexcept {
        return static_cast<std::uint32_t>(word >> 32);
    }

    ClientId id() const noexcept { return {index, generation_of(state.load())}; }

    std::atomic<std::uint64_t> state{word(1, free)};
    std::atomic<std::uint64_t> ready{0};  // generation << 32 | Ready flags not yet told
    std::atomic<std::uint32_t> next_free{0};
    std::uint32_t index = 0;
    ClientBase* incoming = nullptr;  // the registering thread's, until the shard opens it
    ClientBase* client = nullptr;    // the shard's
    bool close_has_come = false;   // shard: its unregister node has been taken in
    bool close_is_queued = false;  // shard: the client has ended and that node is still to come
    // Of the latest client; who asks for one that has gone gets another's, which does no harm.
    std::atomic<bool> takes_compressed{false};
    SlotNode register_node{Node::Kind::register_client, *this};
    SlotNode unregister_node{Node::Kind::unregister_client, *this};
    SlotNode signal_node{Node::Kind::signal, *this};
};

class Slots {
public:
    enum class Close : std::uint8_t { begun, already, gone };

    explicit Slots(std::size_t max_clients);
    ~Slots();
    Slots(Slots const&) = delete;
    Slots& operator=(Slots const&) = delete;

    /// A slot of a new client; null when `max_clients` are there. Throws std::bad_alloc.
    Slot* mint();

    /// Null for an id that was never minted.
    Slot* find(ClientId id) const noexcept;

    bool is_open(ClientId id) const noexcept;

    /// `begun` for exactly one caller per client, who has to push the unregister node.
    Close begin_close(ClientId id, CloseCode code) noexcept;

    /// True when the caller has to push the signal node.
    bool raise(ClientId id, Ready what) noexcept;

    /// Shard: what was raised since the last call.
    static Ready lower(Slot& slot) noexcept;

    /// Shard: the client is over. True: the slot can be reused now; false: when its remaining
    /// nodes have come in, each of which asks `try_reuse`.
    bool end(Slot& slot) noexcept;
    bool try_reuse(Slot& slot) noexcept;

    std::size_t live() const noexcept { return live_.load(std::memory_order_relaxed); }

private:
    static constexpr std::size_t per_chunk = 256;
    static constexpr std::size_t most = std::size_t{1} << 24;

    Slot& at(std::uint32_t index) const noexcept {
        return chunks_[index / per_chunk].load(std::memory_order_acquire)[index % per_chunk];
    }
    Slot* pop() noexcept;
    void push(Slot& slot) noexcept;
    Slot& fresh(std::uint32_t index);

    std::size_t const max_clients_;
    std::size_t const chunk_count_;
    std::unique_ptr<std::atomic<Slot*>[]> chunks_;
    alignas(64) std::atomic<std::uint64_t> free_{0};
    std::atomic<std::uint32_t> made_{0};
    std::atomic<std::size_t> live_{0};
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/slots.ipp>
#endif
